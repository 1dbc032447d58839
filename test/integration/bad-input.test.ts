/**
 * What somebody reads who starts the engine with a wrong set-up: one line with a stable code that says what to do, the
 * right exit code, no stack trace, and no process left behind.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TickwireError } from '../../src/main/errors.ts';
import { checkNodeVersion } from '../../src/main/node-version.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const SCRIPT = join(import.meta.dirname, '../../src/main/index.ts');
const CONFIGURATION = 78;
const FAILURE = 1;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The processes that run in a directory, where the system can tell. */
function processesIn(cwd: string): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((id) => {
    try {
      return /^\d+$/.test(id) && readlinkSync(`/proc/${id}/cwd`) === cwd;
    } catch {
      // It ended meanwhile, or belongs to somebody else.
      return false;
    }
  });
}

/** Runs the command line to its end, in a directory of its own, with no environment but `env`. */
async function run(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [SCRIPT, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await until('the end of every process', () => processesIn(cwd).length === 0);
  return { code, stdout, stderr };
}

/** Fails unless the outcome is one line of the code, with a message that fits, and nothing of the program's inside. */
function assertRefused(outcome: Outcome, code: string, exitCode: number, message: RegExp): void {
  const shown = `${outcome.stdout}${outcome.stderr}`;
  const lines = outcome.stderr.split('\n').filter((line) => line.startsWith('tickwire: '));
  assert.equal(lines.length, 1, shown);
  assert.ok(lines[0]!.startsWith(`tickwire: ${code}: `), shown);
  assert.match(lines[0]!, message);
  assert.doesNotMatch(shown, /\n\s+at |node:internal|ERR_|Demo key/);
  assert.equal(outcome.code, exitCode, shown);
}

/** A port that another program listens on. */
async function takenPort(t: TestContext): Promise<number> {
  const server = createServer();
  t.after(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface BadStart {
  readonly title: string;
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  readonly envFile?: string;
  readonly code: string;
  readonly message: RegExp;
}

const BAD_STARTS: readonly BadStart[] = [
  {
    title: 'an unknown flag',
    args: ['--websoket-port=1'],
    code: 'CONFIG_UNKNOWN_KEY',
    message: /--websoket-port\. Did you mean --websocket-port\?/,
  },
  {
    title: 'an unknown TICKWIRE_ key in the environment',
    env: { TICKWIRE_BUS_ENDPIONT: 'tcp://127.0.0.1:1' },
    code: 'CONFIG_UNKNOWN_KEY',
    message: /TICKWIRE_BUS_ENDPIONT.*TICKWIRE_BUS_ENDPOINT/,
  },
  {
    title: 'an unknown TICKWIRE_ key in .env',
    envFile: 'TICKWIRE_RING_BYTE = 1\n',
    code: 'CONFIG_UNKNOWN_KEY',
    message: /TICKWIRE_RING_BYTE.*\.env.*TICKWIRE_RING_BYTES/,
  },
  {
    title: 'a flag without its value',
    args: ['--websocket-port'],
    code: 'CONFIG_INVALID',
    message: /--websocket-port needs a value; it must be /,
  },
  {
    title: 'a value out of its range',
    args: ['--websocket-port=70000'],
    code: 'CONFIG_INVALID',
    message: /--websocket-port is "70000"; it must be .*65535/,
  },
  {
    title: 'an unknown broker',
    args: ['--broker=angle'],
    code: 'CONFIG_INVALID',
    message: /--broker is "angle"; it must be .*angel/,
  },
  {
    title: "a secret of OpenAlgo's sample file",
    envFile: "API_KEY_PEPPER = 'OPENALGO_PLACEHOLDER_API_KEY_PEPPER_ROTATE_ME'\n",
    code: 'SECRET_PLACEHOLDER',
    message:
      /API_KEY_PEPPER \(from \.env\) still holds the text of OpenAlgo's sample file\. Start OpenAlgo once/,
  },
  {
    title: 'a DATABASE_URL that names no file',
    env: { DATABASE_URL: 'sqlite:///db/opnalgo.db' },
    code: 'DATABASE_NOT_FOUND',
    message: /sqlite:\/\/\/db\/opnalgo\.db, but there is no file .*Correct the path/,
  },
  {
    title: 'a DATABASE_URL with a slash too few',
    env: { DATABASE_URL: 'sqlite://db/openalgo.db' },
    code: 'CONFIG_INVALID',
    message: /DATABASE_URL is "sqlite:\/\/db\/openalgo\.db"; it must be sqlite:\/\/\/path/,
  },
  {
    title: 'a database of a kind that is not supported, whose password stays untold',
    env: { DATABASE_URL: 'postgresql://user:hunter2@db/openalgo' },
    code: 'CONFIG_INVALID',
    message: /^(?!.*hunter2).*PostgreSQL/,
  },
];

for (const { title, args = [], env, envFile, code, message } of BAD_STARTS) {
  test(`${title} is refused at the start with what to do`, async (t) => {
    const cwd = temporaryDirectory(t);
    if (envFile !== undefined) writeFileSync(join(cwd, '.env'), envFile);
    // Whoever runs the tests may have an engine on the default port.
    const outcome = await run(cwd, ['start', '--websocket-port=0', ...args], env);
    assertRefused(outcome, code, CONFIGURATION, message);
  });
}

test('a database that cannot be written is refused with its path', async (t) => {
  const cwd = temporaryDirectory(t);
  writeFileSync(join(cwd, 'db'), 'a regular file, where a directory should be');
  const outcome = await run(cwd, ['start', '--websocket-port=0']);
  assertRefused(outcome, 'DATABASE_UNWRITABLE', CONFIGURATION, /db\/tickwire\.db/);
});

test('a port that another program holds is refused, and no other is taken in its place', async (t) => {
  const port = await takenPort(t);
  const outcome = await run(temporaryDirectory(t), ['start', `--websocket-port=${port}`]);
  const message = new RegExp(`127\\.0\\.0\\.1:${port}, but .* listens there\\. Stop that program`);
  assertRefused(outcome, 'PORT_IN_USE', FAILURE, message);
  assert.equal(outcome.stdout, '');
});

test('an address that this machine does not have is refused', async (t) => {
  // Reserved for documentation: no machine has it.
  const outcome = await run(temporaryDirectory(t), [
    'start',
    '--websocket-host=203.0.113.1',
    '--websocket-allow-plain',
  ]);
  assertRefused(
    outcome,
    'PORT_IN_USE',
    FAILURE,
    /203\.0\.113\.1:8765, but it cannot be bound \(EADDRNOTAVAIL\)/,
  );
});

test('a bus endpoint that another program holds is refused, and what had started is stopped', async (t) => {
  const endpoint = `tcp://127.0.0.1:${await takenPort(t)}`;
  const outcome = await run(temporaryDirectory(t), [
    'start',
    '--websocket-port=0',
    `--bus-endpoint=${endpoint}`,
  ]);
  const message = new RegExp(
    `TICKWIRE_BUS_ENDPOINT is ${endpoint}, which cannot be bound(: .* listens there)?\\. .*say TICKWIRE_BUS_ENDPOINT=tcp://127\\.0\\.0\\.1:\\d+$`,
    'm',
  );
  assertRefused(outcome, 'PORT_IN_USE', FAILURE, message);
});

for (const command of ['start', 'simulate']) {
  test(`${command}: a port of the simulated exchange that another program holds is refused`, async (t) => {
    const port = await takenPort(t);
    const cwd = temporaryDirectory(t);
    const args = [
      command,
      '--websocket-port=0',
      `--bus-endpoint=ipc://${cwd}/bus`,
      `--simulate-port=${port}`,
    ];
    const outcome = await run(cwd, args);
    assertRefused(outcome, 'PORT_IN_USE', FAILURE, new RegExp(`TICKWIRE_SIMULATE_PORT is ${port}`));
  });
}

for (const [command, flag, name] of [
  ['feed', '--bus-endpoint=inproc://bus', 'TICKWIRE_BUS_ENDPOINT is'],
  ['proxy', '--feeds=tcp://127.0.0.1:1|inproc://bus', 'TICKWIRE_FEEDS has'],
] as const) {
  test(`${command}: an address that no other process reaches is refused with what to do instead`, async (t) => {
    const outcome = await run(temporaryDirectory(t), [command, flag, '--websocket-port=0']);
    const message = new RegExp(`${name} inproc://bus, .*tickwire start --source bus`);
    assertRefused(outcome, 'CONFIG_INVALID', CONFIGURATION, message);
  });
}

test('an address of a broker on another host without TLS is refused, and its password is not repeated', async (t) => {
  const env = { ANGEL_WS_URL: 'ws://trader:hunter2@stream.example/' };
  const outcome = await run(temporaryDirectory(t), ['start', '--websocket-port=0'], env);
  const message = /ANGEL_WS_URL is an address of stream\.example without TLS.*wss:\/\//;
  assertRefused(outcome, 'CONFIG_INVALID', CONFIGURATION, message);
  assert.doesNotMatch(outcome.stderr, /hunter2/);
});

test('an unknown command is named, with the one that was meant and where to look', async (t) => {
  const { code, stderr } = await run(temporaryDirectory(t), ['recrd']);
  const message = 'There is no command "recrd". Did you mean record? See tickwire help.';
  assert.deepEqual([code, stderr], [64, `tickwire: COMMAND_INVALID: ${message}\n`]);
});

test('a Node.js for which there are no binaries is refused with the version that is needed', () => {
  for (const version of ['20.19.0', '22.17.1', '23.0.0', '24.1.0', '18.0.0']) {
    assert.throws(
      () => checkNodeVersion(version),
      (error) => {
        assert.ok(error instanceof TickwireError);
        assert.deepEqual([error.code, error.exitCode], ['NODE_VERSION', CONFIGURATION]);
        assert.match(error.message, new RegExp(`^this is Node\\.js ${version}; .*22\\.18.*npm start`));
        return true;
      },
    );
  }
  for (const version of ['22.18.0', '22.23.3']) checkNodeVersion(version);
});
