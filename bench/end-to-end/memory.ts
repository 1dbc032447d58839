/**
 * What the engine's memory is made for: 3,000 instruments and 1,000 clients, above a Node process that does nothing.
 *
 *   idle Node                                              VmRSS
 *                                                            ▲
 *   load generator ══3 × WebSocket══▶ engine ══WebSocket══▶ 1,000 JSON clients, with 3 of the instruments each
 *   (10,000 quotes/s)              (a fresh one each round:  (one process)
 *                                   as npm installs it, and from its sources)
 */
import { type Figure, figureOf } from '../harness/figure.ts';
import { idleNodeMiB } from '../harness/idle-node.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import { AskingClient } from './asking-client.ts';
import { benchSymbols } from './bench-instruments.ts';
import { buildPackage } from './built-package.ts';
import type { Contender } from './contender.ts';
import { startEngine } from './engine-contender.ts';
import type { NodeLaunch } from './engine-process.ts';
import type { RunOptions, RunResult } from './run-result.ts';
import { Stage, startGenerator } from './stage.ts';

const INSTRUMENTS = 3000;
const PER_CLIENT = 3;
const PER_SECOND = 10_000;
const CLIENTS = 1000;
const SMOKE_CLIENTS = 20;
/** Symbols that are asked for at once. */
const PER_REQUEST = 200;

/** Resident memory, MiB, in the order in which it is looked at. */
interface Steps {
  readonly 'idle Node': number;
  readonly 'engine that serves nobody': number;
  readonly 'with its clients': number;
  readonly 'after the load': number;
}

interface Round {
  readonly name: string;
  readonly steps: Steps;
  readonly run: RunResult;
}

/**
 * A client that takes all instruments first and leaves when the others have them: of a thousand that fill the broker's quota
 * together the last is refused now and then, since an instrument that moves to another connection takes two places.
 */
async function holdAll({ urls: [url = ''], apiKey }: Contender, instruments: number): Promise<AskingClient> {
  const client = new AskingClient(url, { tick: () => undefined, lost: () => undefined });
  await client.open();
  await client.authenticate(apiKey);
  const symbols = benchSymbols(instruments);
  for (let i = 0; i < symbols.length; i += PER_REQUEST) {
    await client.subscribe(symbols.slice(i, i + PER_REQUEST));
  }
  return client;
}

async function measure(
  context: ScenarioContext,
  name: string,
  launch: NodeLaunch,
  options: RunOptions,
): Promise<Round | null> {
  const generator = await startGenerator(context);
  const idle = await idleNodeMiB(context.cleanup);
  const contender = await startEngine(context, generator, INSTRUMENTS, [], launch);
  const stage = new Stage(context, generator, contender);
  const [engine] = contender.processes;
  const rss = () => engine.usage()?.rssMiB ?? Number.NaN;
  const alone = rss();
  const holder = await holdAll(contender, options.instruments);
  await stage.connect(options);
  holder.close();
  const connected = rss();
  const run = await stage.load(options);
  const steps = {
    'idle Node': idle ?? Number.NaN,
    'engine that serves nobody': alone,
    'with its clients': connected,
    'after the load': rss(),
  };
  await engine.stop();
  return idle === null ? null : { name, steps, run };
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const clients = context.isSmoke ? SMOKE_CLIENTS : CLIENTS;
  const options = {
    framing: 'json',
    perSecond: PER_SECOND,
    instruments: context.isSmoke ? SMOKE_CLIENTS * PER_CLIENT : INSTRUMENTS,
    clients,
    sampled: 1,
    instrumentsPerClient: PER_CLIENT,
    seconds: context.seconds,
  } as const;
  const launches: readonly (readonly [string, NodeLaunch])[] = [
    ['as installed', { entry: await buildPackage(context) }],
    ...(context.isSmoke ? [] : ([['from its sources', {}]] as const)),
  ];
  const rounds: Round[] = [];
  for (let round = 0; round < context.rounds; round++) {
    for (const [name, launch] of launches) {
      context.progress(`memory: round ${round + 1} of ${context.rounds}, ${name}`);
      const measured = await measure(context, name, launch, options);
      if (measured !== null) rounds.push(measured);
    }
  }
  const stepNames = ['idle Node', 'engine that serves nobody', 'with its clients', 'after the load'] as const;
  const figures: Record<string, Figure> = {};
  const rows = launches.flatMap(([name], place) => {
    const own = rounds.filter((round) => round.name === name);
    if (own.length === 0) return [];
    const above = own.map(({ steps }) => steps['after the load'] - steps['idle Node']);
    const figure = place === 0 ? 'RSS above the idle runtime' : `RSS above the idle runtime, ${name}`;
    figures[figure] = figureOf(above, 'MiB');
    const cells = stepNames.map((step) => formatSpread(spreadOf(own.map(({ steps }) => steps[step])), 0));
    return [[name, ...cells, formatSpread(spreadOf(above), 0)]];
  });
  return {
    tables: [
      {
        title: `Memory: resident, MiB, with ${options.instruments} instruments and ${clients} clients`,
        columns: ['the engine', ...stepNames, 'above idle Node'],
        rows,
      },
    ],
    figures,
    conditions: {
      instruments: options.instruments,
      clients,
      instrumentsPerClient: PER_CLIENT,
      ticksPerSecond: PER_SECOND,
      secondsOfLoad: context.seconds,
      rounds: context.rounds,
    },
    rounds: launches.map(([name]) => {
      const own = rounds.filter((round) => round.name === name);
      return { name, runs: own.map(({ run }) => run), steps: own.map(({ steps }) => steps) };
    }),
    failures: rounds.flatMap(({ name, run }) => run.failures.map((failure) => `${name}: ${failure}`)),
  };
}

export const memory: Scenario = {
  name: 'memory',
  group: 'end-to-end',
  summary: 'resident memory above an idle Node at 3,000 instruments and 1,000 clients',
  file: import.meta.filename,
  defaultSeconds: 8,
  smokeSeconds: 0.2,
  defaultRounds: 3,
  run,
};
