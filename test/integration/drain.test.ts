/** An engine that is asked to stop lets its clients go in good order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { CliProcess, isAlive } from '../support/cli-process.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { RawClient } from '../support/raw-client.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const DRAIN = { type: 'drain', reason: 'drain', spreadMs: 10_000 } as const;
/** So long signals mean what was asked for already. */
const SAME_WISH_MS = 500;
/** Of a process on a machine that is busy with many others. */
const START_TIMEOUT_MS = 40_000;
const ADVICE = /^going away; reconnect in \d+ ms$/;

test('clients take what was sent to them, read the answers to what they asked, and when to come back', async (t) => {
  // However long it takes, nobody is cut off for being slow.
  const flags = ['--max-backpressure-bytes=1073741824', '--requests-per-second=1', '--request-burst=50'];
  const fixture = await startEngineFixture(t, { flags });
  const { engine, exchange, wsUrl, key } = fixture;
  const status = await fixture.client({ features: ['status'] });
  const plain = await fixture.client({ framing: 'msgpack' });
  const [slow, conflated] = [await RawClient.connect(wsUrl), await RawClient.connect(wsUrl)];
  const noisy = await RawClient.connect(wsUrl);
  for (const each of [slow, noisy]) {
    await each.ask({ action: 'authenticate', api_key: key, slow: 'deliver' }, '"auth"');
  }
  await conflated.ask({ action: 'authenticate', api_key: key }, '"auth"');
  for (const each of [slow, conflated, noisy]) {
    await each.ask({ action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 3 }, '"subscribe"');
  }
  await plain.subscribe('NSE', 'RELIANCE', 1);
  exchange.step();
  await until('the first tick', () => plain.ticks().length > 0);
  for (const each of [slow, conflated, noisy]) each.socket.pause();
  const backlog = () => Math.max(...engine.readers.map(({ counters }) => counters.backlogBytes ?? 0));
  // More than the kernel holds for the slow one.
  let steps = 1;
  while (backlog() === 0) {
    exchange.step(200);
    steps += 200;
    await until('the ticks', () => plain.ticks().length >= steps);
  }
  const lastPrice = () => plain.ticks().at(-1)?.data?.ltp;
  const asking = await fixture.client({ authenticate: false });
  asking.send({ action: 'authenticate', api_key: key });
  let last = { clients: -1, unsentBytes: -1, closed: -1 };
  const gone = engine.drain(DRAIN, (progress) => {
    last = progress;
  });
  const close = await status.untilClosed();
  assert.match(close.reason, ADVICE);
  assert.equal(close.code, 1001);
  const message = status.received.map((each) => each.message).find(({ type }) => type === 'going_away');
  assert.deepEqual(message, {
    type: 'going_away',
    reason: 'drain',
    reconnect_after_ms: Number(/\d+/.exec(close.reason)),
  });
  assert.match((await plain.untilClosed()).reason, ADVICE);
  assert.ok(plain.received.every((each) => each.message.type !== 'going_away'));
  await until('the wait for the slow ones', () => last.clients === 3 && last.unsentBytes > 0);
  // Nobody looks at what clients ask now; who asks on and on would keep the others from being served.
  for (let i = 0; i < 200; i++) noisy.send({ action: 'ping' });
  for (const each of [slow, conflated, noisy]) each.socket.resume();
  await gone;
  assert.equal(last.clients, 0);
  await until('the end', () => noisy.isClosed);
  assert.equal(noisy.closeFrame()?.code, 4429);
  const ticksOf = (each: RawClient) =>
    each.frames().filter(({ payload }) => payload.includes('"market_data"'));
  for (const each of [slow, conflated]) {
    await until('the end', () => each.isClosed);
    assert.equal(each.closeFrame()?.code, 1001);
    assert.match(each.closeFrame()?.reason ?? '', ADVICE);
    assert.ok(ticksOf(each).at(-1)?.payload.includes(`"ltp": ${lastPrice()}`), 'the last tick comes');
  }
  assert.equal(ticksOf(slow).length, steps, 'no tick that was sent is lost');
});

test('an engine that lets its clients go accepts nobody: no connection, and 503 on one that is open for HTTP', async (t) => {
  const fixture = await startEngineFixture(t);
  const { engine, wsUrl, key } = fixture;
  const url = new URL(wsUrl);
  const open = async () => {
    const socket = connect(Number(url.port), url.hostname);
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const read = async (socket: Socket) => String(((await once(socket, 'data')) as [Buffer])[0]);
  const head = `Host: ${url.host}\r\n`;
  const http = await open();
  // Accepted behind the one before it: when it is answered that one is the engine's too.
  const next = await open();
  next.write(`GET /page.json HTTP/1.1\r\n${head}\r\n`);
  assert.match(await read(next), /^HTTP\/1\.1 200 /);
  await engine.drain(DRAIN, () => {});
  const handshake = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: QW4gb3JkaW5hcnkga2V5IQ==\r\nSec-WebSocket-Version: 13\r\n`;
  http.write(`GET / HTTP/1.1\r\n${head}${handshake}\r\n`);
  assert.match(await read(http), /^HTTP\/1\.1 503 [\s\S]*Retry-After: /);
  await assert.rejects(TestClient.connect(wsUrl, key));
  assert.deepEqual(fixture.fatal, []);
});

test('tickwire drain stops a supervised engine in order, shows how far it is, and then finds none', async (t) => {
  const cwd = temporaryDirectory(t);
  const cli = await CliProcess.spawn(t, [], undefined, cwd);
  const key = await cli.untilRunning();
  const status = await cli.client(key, { features: ['status'] });
  const plain = await cli.client(key);
  const engine = await cli.engine();
  await until('the control socket', () => existsSync(join(cwd, 'db/tickwire.sock')));
  const drained = await runCli(['drain', '--timeout=30', '--json'], { cwd });
  assert.equal(drained.code, 0, drained.stderr);
  const lines = drained.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(lines[0]?.pid, engine);
  assert.deepEqual(lines.at(-1), { clients: 0, unsentBytes: 0, closed: 2, left: true });
  assert.match((await plain.untilClosed()).reason, ADVICE);
  await status.untilClosed();
  assert.equal(status.received.at(-1)?.message.reason, 'drain');
  assert.equal((await cli.exited).code, 0, cli.output);
  assert.equal(isAlive(engine), false);
  assert.equal(existsSync(join(cwd, 'db/tickwire.sock')), false);
  const none = await runCli(['drain'], { cwd });
  assert.equal(none.code, 1);
  assert.match(
    none.stderr,
    /^tickwire: ENGINE_NOT_RUNNING: .*db\/tickwire\.sock nor at .*tickwire-proxy\.sock/,
  );
});

test('a proxy without feed hosts is drained too; a signal means that nobody is waited for any longer', async (t) => {
  const cwd = temporaryDirectory(t);
  const flags = ['--feeds=tcp://127.0.0.1:1', '--control-timeout=60', '--drain-timeout=500'];
  const cli = await CliProcess.spawn(t, flags, undefined, cwd, ['proxy']);
  await until('the start', () => cli.output.includes('serves clients'), START_TIMEOUT_MS);
  const idle = await cli.client('', { authenticate: false });
  const asking = await cli.client('', { authenticate: false });
  // Nobody is there who could answer.
  asking.send({ action: 'authenticate', api_key: 'key' });
  asking.send({ action: 'ping' });
  await until('the control socket', () => existsSync(join(cwd, 'tickwire-proxy.sock')));
  const draining = runCli(['drain'], { cwd });
  assert.match((await idle.untilClosed()).reason, ADVICE);
  assert.equal(asking.closed, null, 'it waits for its answer');
  const since = performance.now();
  await until('a signal to be a wish of its own', () => performance.now() - since > 2 * SAME_WISH_MS);
  assert.equal(cli.child.exitCode, null, 'it still waits');
  assert.equal((await cli.signal('SIGTERM')).code, 0, cli.output);
  const { code, stdout, stderr } = await draining;
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^The engine \(process \d+\) lets its clients go.*1 clients were closed in order; 1 had to be cut off/s,
  );
  assert.match((await asking.untilClosed()).reason, ADVICE);
});

test('an engine that is killed since it does not manage to stop after a drain stays away, its parent too', async (t) => {
  const cwd = temporaryDirectory(t);
  const cli = await CliProcess.spawn(t, ['--stop-timeout-ms=1', '--drain-timeout=0'], undefined, cwd);
  await cli.untilRunning();
  await runCli(['drain'], { cwd });
  assert.equal((await cli.exited).code, 1, cli.output);
  assert.match(cli.output, /STOP_TIMEOUT/);
  assert.doesNotMatch(cli.output, /starting it again/);
});
