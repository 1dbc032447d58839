/** The processes of `tickwire start`: killed, asked to stop, left alone, in every state that they can be in. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import { CliProcess, isAlive } from '../support/cli-process.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const STOP_MS = 5000;
const BACK_MS = 3000;
/** In succession: the parent process may not let the next one wait for longer either. */
const QUICK_RETURNS = 2;
const MOST_KILLS = 6;

/** The parent ended with 0 in time, and its engine with it. */
async function assertStops(cli: CliProcess, signal: NodeJS.Signals): Promise<void> {
  const engine = await cli.engine();
  const { code, ms } = await cli.signal(signal);
  assert.equal(code, 0, cli.output);
  assert.ok(ms < STOP_MS, `${signal} took ${ms} ms`);
  assert.equal(isAlive(engine), false);
}

async function exchangeFor(t: TestContext): Promise<{ exchange: SimulatedExchange; flags: string[] }> {
  const exchange = new SimulatedExchange({ ticksPerSecond: 1000, checkCredentials: false });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  return { exchange, flags: [`--angel-ws-url=${url}`, '--reconnect-initial-ms=50'] };
}

test('an engine killed with SIGKILL is back within 3 s: same key, same port, ticks', async (t) => {
  const cli = await CliProcess.spawn(t);
  const key = await cli.untilRunning();
  const backMs: number[] = [];
  const isQuick = () =>
    backMs.length >= QUICK_RETURNS && backMs.slice(-QUICK_RETURNS).every((ms) => ms < BACK_MS);
  // Other tests keep both cores busy now and then.
  while (!isQuick() && backMs.length < MOST_KILLS) {
    const client = await cli.client(key);
    await client.subscribe('NSE', 'RELIANCE');
    await until('a tick', () => client.ticks().length > 0);
    const engine = await cli.engine();
    process.kill(engine, 'SIGKILL');
    const from = performance.now();
    await client.untilClosed();
    const again = await cli.client(key);
    backMs.push(performance.now() - from);
    assert.notEqual(await cli.engine(), engine);
    await again.subscribe('NSE', 'RELIANCE');
    await until('a tick', () => again.ticks().length > 0);
    again.terminate();
  }
  assert.ok(isQuick(), `back after ${backMs} ms`);
  await assertStops(cli, 'SIGTERM');
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends a running engine with 0 in time; clients read 1001, one that never reads holds nothing up`, async (t) => {
    const cli = await CliProcess.spawn(t);
    const key = await cli.untilRunning();
    const client = await cli.client(key);
    await client.subscribe('NSE', 'RELIANCE');
    const silent = await cli.client(key);
    for (const symbol of ['RELIANCE', 'INFY', 'TCS', 'SBIN'])
      silent.send({ action: 'subscribe', symbol, exchange: 'NSE', mode: 3 });
    silent.socket.pause();
    await until('ticks', () => client.ticks().length > 0);
    await assertStops(cli, signal);
    assert.equal((await client.untilClosed()).code, 1001);
    silent.terminate();
  });
}

test('a signal in the middle of the start, early or late, ends it with 0', async (t) => {
  const early = await CliProcess.spawn(t);
  await assertStops(early, 'SIGTERM');
  const late = await CliProcess.spawn(t, ['--log-level=debug']);
  await until('the log of the start', () => late.output.includes('engine started'));
  await assertStops(late, 'SIGINT');
});

test('several signals, to the engine too as from a terminal, still make one orderly stop', async (t) => {
  const cli = await CliProcess.spawn(t);
  const client = await cli.client(await cli.untilRunning());
  const engine = await cli.engine();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
    process.kill(engine, signal);
    cli.child.kill(signal);
  }
  assert.equal((await cli.exited).code, 0, cli.output);
  assert.equal((await client.untilClosed()).code, 1001);
  assert.equal(isAlive(engine), false);
});

test('a stop while the feed reconnects, and one while its exchange hangs, end in time', async (t) => {
  for (const interrupt of ['close', 'pause'] as const) {
    const { exchange, flags } = await exchangeFor(t);
    const cli = await CliProcess.spawn(t, flags);
    const client = await cli.client(await cli.untilRunning());
    await client.subscribe('NSE', 'RELIANCE');
    await until('ticks', () => client.ticks().length > 0);
    if (interrupt === 'pause') exchange.pause(true);
    else {
      await exchange.close();
      await until('the log of the outage', () => cli.output.includes('reconnecting'));
    }
    await assertStops(cli, 'SIGTERM');
  }
});

test('an engine whose parent was killed leaves by itself, in order', async (t) => {
  const running = await CliProcess.spawn(t);
  const client = await running.client(await running.untilRunning());
  const starting = await CliProcess.spawn(t);
  for (const cli of [running, starting]) {
    const engine = await cli.engine();
    cli.child.kill('SIGKILL');
    await until('the end of the orphan', () => !isAlive(engine));
  }
  assert.equal((await client.untilClosed()).code, 1001);
});

test('an engine that cannot start because its port is taken is not started again and again', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const cli = await CliProcess.spawn(t, [], address.port);
  assert.equal((await cli.exited).code, 1);
  assert.equal(cli.output.match(/PORT_IN_USE/g)?.length, 1, cli.output);
  assert.doesNotMatch(cli.output, /starting it again/);
});

test('with the policy next an engine whose port is taken serves clients on another one, and says where', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const cli = await CliProcess.spawn(t, ['--port-policy=next'], port);
  const key = await cli.untilRunning();
  const url = /Clients connect to (\S+)/.exec(cli.output)?.[1] ?? '';
  assert.ok(Number(new URL(url).port) > port, cli.output);
  assert.match(cli.output, /the clients' port is taken, and the next free one is used/);
  const client = await TestClient.connect(url, key);
  await client.subscribe('NSE', 'RELIANCE');
  await until('a tick', () => client.ticks().length > 0);
  client.terminate();
  await assertStops(cli, 'SIGTERM');
});

test('clients of other hosts are not served without TLS: the start ends before anything listens', async (t) => {
  const cli = await CliProcess.spawn(t, ['--websocket-host=0.0.0.0']);
  assert.equal((await cli.exited).code, 78);
  assert.match(cli.output, /CONFIG_INVALID: WEBSOCKET_HOST is 0\.0\.0\.0, which other hosts may reach/);
});

test('an engine that runs without a supervising parent stops in order too', async (t) => {
  const cli = await CliProcess.spawn(t, ['--no-supervise']);
  const client = await cli.client(await cli.untilRunning());
  const { code, ms } = await cli.signal('SIGTERM');
  assert.equal(code, 0, cli.output);
  assert.ok(ms < STOP_MS);
  assert.equal((await client.untilClosed()).code, 1001);
});
