/** The socket through which commands reach an engine: who may open it, and what becomes of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TickwireError } from '../../src/main/errors.ts';
import { askEngine, findEngine } from '../../src/main/ops/control-client.ts';
import { controlPath } from '../../src/main/ops/control-path.ts';
import { type ControlCommands, type ControlLine, ControlSocket } from '../../src/main/ops/control-socket.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const COMMANDS: ControlCommands = {
  greet: ({ name }, follow) => {
    const tell = follow();
    setImmediate(() => tell({ news: 'more' }));
    return { ok: true, greeting: `hello ${name}` };
  },
  identify: () => ({ ok: true }),
};

interface Opened {
  readonly path: string;
  readonly warnings: string[];
  readonly control: ControlSocket | null;
}

async function open(t: TestContext, path = join(temporaryDirectory(t), 'tickwire.sock')): Promise<Opened> {
  const warnings: string[] = [];
  const warn = (fields: object, message?: string) =>
    void warnings.push(`${JSON.stringify(fields)} ${message}`);
  const control = await ControlSocket.open(path, COMMANDS, { warn });
  t.after(() => control?.close());
  return { path, warnings, control };
}

/** The first line of the answer to a text. */
async function send(path: string, text: string): Promise<ControlLine> {
  const socket = connect(path);
  socket.write(text);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return JSON.parse(bytes.toString().split('\n')[0]!);
}

async function codeOfFailure(failing: Promise<unknown>): Promise<string> {
  const error: unknown = await failing.then(
    () => null,
    (reason) => reason,
  );
  assert.ok(error instanceof TickwireError, `${error}`);
  return error.code;
}

test('the socket is for its owner alone, answers a command, and goes with the engine', async (t) => {
  const { path, control, warnings } = await open(t);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(await send(path, '{"command": "greet", "name": "you"}\n'), {
    ok: true,
    greeting: 'hello you',
  });
  await control?.close();
  assert.equal(existsSync(path), false);
  assert.deepEqual(warnings, []);
});

test('what is no command is answered with those that there are, and harms nobody', async (t) => {
  const { path } = await open(t);
  const texts = [
    '\n',
    'null\n',
    '[]\n',
    '{"command": 1}\n',
    '{"command": "__proto__"}\n',
    '{"command": "toString"}\n',
  ];
  for (const text of [...texts, 'x'.repeat(5000)]) {
    const { ok, code, message } = await send(path, text);
    assert.equal(ok, false, text);
    assert.equal(code, 'CONTROL_REQUEST_INVALID');
    assert.match(String(message), /greet/);
  }
  assert.equal((await send(path, '{"command": "greet"}\n')).ok, true);
});

test('programs that stay when they have their answer, or ask nothing, take the places of others for a moment, and the log says so once', async (t) => {
  const { path, warnings } = await open(t);
  const ask = (text: string) => {
    const socket = connect({ path, allowHalfOpen: true }).on('error', () => {});
    t.after(() => socket.destroy());
    socket.resume().write(text);
    return socket;
  };
  const watching = ask('{"command": "greet"}\n');
  await once(watching, 'data');
  const staying = Array.from({ length: 15 }, () => ask('{"command": "identify"}\n'));
  await Promise.all(staying.map((socket) => once(socket, 'end')));
  for (const refused of [connect(path), connect(path)]) await once(refused.resume(), 'close');
  assert.equal(warnings.length, 1);
  assert.match(warnings.join(), /CONTROL_SOCKET_FULL.*tickwire drain and reload/);
  const isServed = async () => {
    const socket = connect(path).on('error', () => {});
    socket.end('{"command": "identify"}\n');
    const texts: string[] = [];
    for await (const text of socket.setEncoding('utf8')) texts.push(text);
    return texts.join('') === '{"ok":true}\n';
  };
  await until('a place', () => isServed().catch(() => false));
  assert.ok(!watching.readableEnded, 'who waits for news stays');
});

test('what a killed engine left behind is replaced', async (t) => {
  const path = join(temporaryDirectory(t), 'tickwire.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  assert.ok(statSync(path).isSocket());
  const { warnings } = await open(t, path);
  assert.deepEqual(warnings, []);
  assert.equal((await send(path, '{"command": "greet"}\n')).ok, true);
});

test('the second engine of a directory says so, and the first one keeps its socket', async (t) => {
  const first = await open(t);
  const second = await open(t, first.path);
  assert.equal(second.control, null);
  assert.match(second.warnings.join(), /CONTROL_SOCKET_IN_USE.*TICKWIRE_CONTROL_SOCKET/);
  assert.equal((await send(first.path, '{"command": "greet"}\n')).ok, true);
});

test('a file that is no socket stays as it is, and a place that does not exist is said', async (t) => {
  const path = join(temporaryDirectory(t), 'precious.txt');
  writeFileSync(path, 'precious');
  const { control, warnings } = await open(t, path);
  assert.equal(control, null);
  assert.match(warnings.join(), /no socket/);
  assert.equal(readFileSync(path, 'utf8'), 'precious');
  const nowhere = await open(t, join(temporaryDirectory(t), 'no', 'directory.sock'));
  assert.equal(nowhere.control, null);
  assert.match(nowhere.warnings.join(), /cannot be opened/);
});

test('a command finds the one engine that runs, reads its answer and the news behind it', async (t) => {
  const { path, control } = await open(t);
  const engine = await findEngine([`${path}.not-there`, path]);
  const lines: ControlLine[] = [];
  await askEngine(
    engine,
    { command: 'greet', name: 'engine' },
    (answer) => {
      lines.push(answer);
      return 60_000;
    },
    (news) => {
      lines.push(news);
      engine.socket.end();
    },
  );
  assert.deepEqual(lines, [{ ok: true, greeting: 'hello engine' }, { news: 'more' }]);
  await control?.close();
});

test('a command that finds no engine, or two, or one that refuses, says which it is', async (t) => {
  const [one, other] = [await open(t), await open(t)];
  assert.equal(await codeOfFailure(findEngine([`${one.path}.not-there`])), 'ENGINE_NOT_RUNNING');
  assert.equal(await codeOfFailure(findEngine([one.path, other.path])), 'CONTROL_AMBIGUOUS');
  const engine = await findEngine([one.path]);
  const refused = askEngine(
    engine,
    { command: 'unknown' },
    () => 0,
    () => {},
  );
  assert.equal(await codeOfFailure(refused), 'CONTROL_FAILED');
});

/** Nobody's, on every system that there is. */
const OTHER_USER = 65_534;

/** Does what a user meets who may not open a path: root may open all, so that it becomes another user for it. */
async function whereForbidden<T>(path: string, work: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  const { mode } = statSync(path);
  if (isRoot) process.seteuid?.(OTHER_USER);
  else chmodSync(path, 0);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    else chmodSync(path, mode);
  }
}

test('a command of another user is told whose the engine is, or that it is not its own where even that is hidden', {
  skip: process.platform === 'win32' && 'named pipes have no owner',
}, async (t) => {
  const { path } = await open(t);
  const denied = (message: RegExp) => (error: unknown) =>
    error instanceof TickwireError && error.code === 'CONTROL_DENIED' && message.test(error.message);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(dirname(path), 0o711);
  await whereForbidden(path, () =>
    assert.rejects(findEngine([path]), denied(new RegExp(`the user with number ${process.getuid?.()}:`))),
  );
  chmodSync(dirname(path), 0o700);
  await whereForbidden(dirname(path), () =>
    assert.rejects(findEngine([path]), denied(/that of another user:/)),
  );
  assert.equal((await send(path, '{"command": "greet"}\n')).ok, true);
});

test('an engine that accepts and is not done in its time is given up', async (t) => {
  const { path } = await open(t);
  const waiting = askEngine(
    await findEngine([path]),
    { command: 'greet' },
    () => 1,
    () => {},
  );
  assert.equal(await codeOfFailure(waiting), 'CONTROL_FAILED');
});

test('the socket lies beside the database, or where it is said, or nowhere', () => {
  const path = (
    controlSocket: string | null,
    databaseUrl: string | null,
    role: 'engine' | 'proxy' = 'engine',
  ) => controlPath({ controlSocket, databaseUrl }, '/srv', role);
  assert.equal(path(null, null), '/srv/db/tickwire.sock');
  assert.equal(path(null, 'sqlite:////opt/openalgo/db/openalgo.db'), '/opt/openalgo/db/tickwire.sock');
  assert.equal(path(null, null, 'proxy'), '/srv/tickwire-proxy.sock');
  assert.equal(path('run/it.sock', null, 'proxy'), '/srv/run/it.sock');
  assert.equal(path('None', null), null);
});
