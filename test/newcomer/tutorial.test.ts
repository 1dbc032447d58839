/** The tutorial as its reader follows it: every command in its order, in a directory that stands for a fresh checkout. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { adjacentPorts } from '../support/adjacent-ports.ts';
import { createOpenAlgoDatabase, FERNET_SALT, PEPPER } from '../support/openalgo-database.ts';
import { CLI } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { missingOf, readTutorial, type TutorialStep } from '../support/tutorial.ts';
import { until } from '../support/until.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const CHECKOUT = ['package.json', 'src', 'node_modules', 'dashboard', 'deploy'];
/** Of a machine that is busy with other tests. */
const STEP_TIMEOUT_MS = 40_000;

/** A shell and all that it starts, which ends with the test at the latest. */
class Terminal {
  readonly child: ChildProcess;
  output = '';

  constructor(t: TestContext, script: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn('bash', ['-o', 'pipefail', '-ec', script], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    t.after(() => this.signal('SIGKILL'));
  }

  /** As Ctrl-C does it: to everything that runs here. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal);
    } catch {
      // Nobody is left.
    }
  }

  end(): Promise<number | NodeJS.Signals> {
    return until('the end', () => this.child.exitCode ?? this.child.signalCode, STEP_TIMEOUT_MS);
  }

  async prints(expected: readonly RegExp[]): Promise<void> {
    await until('what it prints', () => missingOf(this.output, expected).length === 0, STEP_TIMEOUT_MS).catch(
      () => assert.deepEqual(missingOf(this.output, expected), [], this.output),
    );
  }
}

function openalgoDirectory(t: TestContext): string {
  const directory = temporaryDirectory(t);
  createOpenAlgoDatabase(join(directory, 'db/openalgo.db')).close();
  const env = [
    "DATABASE_URL = 'sqlite:///db/openalgo.db'",
    `API_KEY_PEPPER = '${PEPPER}'`,
    `FERNET_SALT = '${FERNET_SALT}'`,
  ];
  writeFileSync(join(directory, '.env'), `${env.join('\n')}\n`);
  return directory;
}

/** The README has a first client of its own, which is run where the tutorial runs its one. */
function withClientOfReadme(steps: readonly TutorialStep[]): TutorialStep[] {
  const readme = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  const [, body = ''] = /^```js\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const place = steps.findIndex(({ kind }) => kind === 'until');
  const own = steps[place]!;
  const file = { ...own, kind: 'file', argument: 'readme-client.mjs', body, expected: [] } as const;
  const run = { ...own, body: own.body.replace('first-client.mjs', file.argument) };
  return [...steps.slice(0, place + 1), file, run, ...steps.slice(place + 1)];
}

test('who follows the tutorial sees what it says, command by command', async (t) => {
  const checkout = temporaryDirectory(t);
  for (const name of CHECKOUT) symlinkSync(join(REPOSITORY, name), join(checkout, name));
  const bin = join(checkout, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'tickwire'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`, {
    mode: 0o755,
  });
  const [clients, operator] = [await adjacentPorts(), await adjacentPorts()];
  const env = {
    WEBSOCKET_PORT: String(clients),
    TICKWIRE_OPS_PORT: String(operator),
    TICKWIRE_BUS_ENDPOINT: `ipc://${checkout}/bus`,
    PATH: `${bin}:${process.env.PATH}`,
  };
  // Every reader has these ports; here other tests have them, too.
  const withPorts = (text: string) =>
    text
      .replaceAll('127.0.0.1:8765', `127.0.0.1:${clients}`)
      .replaceAll('127.0.0.1:8770', `127.0.0.1:${operator}`);
  let first: Terminal | null = null;

  async function follow({ kind, argument, body, expected }: TutorialStep): Promise<void> {
    const patterns = expected.map(
      ({ source, flags }) =>
        new RegExp(source.replaceAll('1:8765', `1:${clients}`).replaceAll('1:8770', `1:${operator}`), flags),
    );
    if (kind === 'file') return writeFileSync(join(checkout, argument), withPorts(body));
    const key = /^Demo key: (\w+)$/m.exec(first?.output ?? '')?.[1] ?? '';
    const cwd = kind === 'openalgo' ? openalgoDirectory(t) : checkout;
    const terminal = new Terminal(t, withPorts(body).replace('<demo key>', key), cwd, env);
    if (kind === 'start') {
      // Of what it prints, the last line may wait for a client.
      await terminal.prints(patterns.slice(0, 1));
      first = terminal;
      return;
    }
    if (kind === 'until') {
      await until(argument, () => terminal.output.includes(argument), STEP_TIMEOUT_MS);
      terminal.signal('SIGINT');
      await terminal.end();
    } else assert.equal(await terminal.end(), 0, terminal.output);
    assert.deepEqual(missingOf(terminal.output, patterns), [], terminal.output);
  }

  const steps = withClientOfReadme(readTutorial('TUTORIAL.md'));
  assert.ok(steps.filter(({ kind }) => kind !== 'check').length >= 12);
  for (const step of steps) {
    if (step.kind === 'check') continue;
    await t.test(`line ${step.line}: ${step.body.split('\n')[0]}`, () => follow(step));
  }
  const replay = first as Terminal | null;
  assert.ok(replay !== null);
  await replay.prints([/The replay begins/g]);
  replay.signal('SIGINT');
  await replay.end();
});
