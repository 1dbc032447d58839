/**
 * How soon a demo runs, as its user sees it, from the beginning of the process.
 *
 *   npm start ──▶ parent ──▶ engine ──▶ address printed ──▶ client connects ──▶ first tick
 *   0 s                                 │                                       │
 *                                       └── first column                        └── second column
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { WebSocket } from 'ws';
import { childEnvironment } from '../harness/child-environment.ts';
import { figureOf } from '../harness/figure.ts';
import { freeEndpoint } from '../harness/free-endpoint.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import { until } from '../harness/until.ts';
import { buildPackage } from './built-package.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
/** What `npm start` needs of a checkout, so that its database is made in a directory of ours. */
const CHECKOUT = ['package.json', 'src', 'node_modules', 'dashboard'];
const KILL_AFTER_MS = 8000;

interface StartTimes {
  /** Until the line with the address, and until the first tick, s. */
  readonly addressSeconds: number;
  readonly tickSeconds: number;
}

/** A command line, and the directory in which it is started. */
interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
}

/** Starts it, waits for a tick, stops it. */
async function timeStart({ command, args, directory }: Launch): Promise<StartTimes> {
  const flags = ['--websocket-port=0', '--ops-port=0', `--bus-endpoint=${await freeEndpoint()}`];
  const beganAt = performance.now();
  const seconds = () => (performance.now() - beganAt) / 1000;
  // A group of its own: npm does not pass a signal on to what it started.
  const child = spawn(command, [...args, ...flags], {
    cwd: directory,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  try {
    let output = '';
    let addressSeconds = 0;
    const take = (text: string) => {
      output += text;
      if (addressSeconds === 0 && output.includes('Tickwire is running.')) addressSeconds = seconds();
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', take);
    const [, url = '', key = ''] = await until('the demo to run', () => {
      if (child.exitCode !== null) throw new Error(`it ended at its start:\n${output}`);
      return /Clients connect to (ws:\S+)[\s\S]*Demo key: (\S+)/.exec(output);
    });
    await firstTick(url, key);
    return { addressSeconds, tickSeconds: seconds() };
  } finally {
    await end(child);
  }
}

async function firstTick(url: string, key: string): Promise<void> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  socket.send(JSON.stringify({ action: 'authenticate', api_key: key }));
  socket.send(JSON.stringify({ action: 'subscribe', exchange: 'NSE', symbol: 'RELIANCE', mode: 1 }));
  await new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      if (JSON.parse(String(data)).type === 'market_data') resolve();
    });
    socket.on('close', () => reject(new Error('the connection ended before a tick came')));
  });
  socket.terminate();
}

async function end(child: ChildProcess): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, name);
    } catch {
      // Nobody of the group is left.
    }
  };
  const ended = child.exitCode === null ? once(child, 'exit') : null;
  const timer = setTimeout(() => signal('SIGKILL'), KILL_AFTER_MS);
  signal('SIGTERM');
  await ended;
  clearTimeout(timer);
}

/** A directory in which `npm start` finds this checkout. */
function checkout({ cleanup }: ScenarioContext): string {
  const directory = cleanup.temporaryDirectory();
  for (const name of CHECKOUT) symlinkSync(join(REPOSITORY, name), join(directory, name));
  return directory;
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const entry = await buildPackage(context);
  const names = ['npm start in a checkout', 'tickwire start of the package'] as const;
  const cells = new Map<string, StartTimes[]>();
  for (let round = 0; round < context.rounds; round++) {
    const installed = join(dirname(dirname(dirname(entry))), `database-${round}`);
    mkdirSync(installed);
    const launches: readonly Launch[] = [
      { command: 'npm', args: ['start', '--'], directory: checkout(context) },
      { command: process.execPath, args: [entry, 'start'], directory: installed },
    ];
    for (const [i, launch] of launches.entries()) {
      for (const database of ['first start', 'second start']) {
        const name = `${names[i]}, ${database}`;
        context.progress(`start-up: ${name}, round ${round + 1} of ${context.rounds}`);
        cells.set(name, [...(cells.get(name) ?? []), await timeStart(launch)]);
      }
    }
  }
  const rows = [...cells].map(([name, times]) => [
    name,
    formatSpread(spreadOf(times.map(({ addressSeconds }) => addressSeconds)), 2),
    formatSpread(spreadOf(times.map(({ tickSeconds }) => tickSeconds)), 2),
  ]);
  const firstStarts = cells.get(`${names[0]}, first start`) ?? [];
  return {
    tables: [
      {
        title: 'Start-up: s from the beginning of the process',
        columns: ['', 'address printed', 'first tick at a client'],
        rows,
      },
    ],
    figures: {
      'address after npm start': figureOf(
        firstStarts.map(({ addressSeconds }) => addressSeconds),
        's',
      ),
    },
    conditions: { database: 'the embedded one, made by the first start', rounds: context.rounds },
    rounds: [...cells].map(([name, times]) => ({ name, times })),
    failures: [],
  };
}

export const startUp: Scenario = {
  name: 'start-up',
  group: 'end-to-end',
  summary: 'how soon a demo prints its address and its first client has a tick',
  file: import.meta.filename,
  defaultSeconds: 0,
  smokeSeconds: 0,
  defaultRounds: 7,
  run,
};
