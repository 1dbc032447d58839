/** Bus and proxy workers that fail: they close their sockets, come back in the same place, and nothing accumulates. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { Engine } from '../../src/main/engine.ts';
import type { ToReader } from '../../src/workers/worker-messages.ts';
import { BusClient } from '../support/bus-client.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

const BUS = 0;
const PROXY = 1;
const ROUNDS = 10;
const COME_BACK_MS = 3000;

/** What the worker takes for a programming error. */
function makeFail(engine: Engine, reader: number): void {
  engine.readers[reader]!.post({ type: 'nonsense' } as never as ToReader);
}

function threadCount(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
}

test('a proxy that fails ten times tells its clients, comes back on its port, and leaves nothing behind', async (t) => {
  const { client, exchange, engine, fatal, wsUrl } = await startEngineFixture(t);
  const threads: number[] = [];
  const comeBackMs: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const each = [await client(), await client({ framing: 'msgpack' })];
    for (const one of each) await one.subscribe('NSE', 'RELIANCE', 1 + (round % 3));
    await until('one subscription upstream', () => exchange.connections[0]?.subscriptions.length === 1);
    exchange.step(5);
    await until('ticks', () => each.every((one) => one.ticks().length >= 5));
    threads.push(threadCount());
    if (round === ROUNDS) break;
    const { restarts } = engine.readers[PROXY]!;
    makeFail(engine, PROXY);
    for (const one of each) assert.equal((await one.untilClosed()).code, 1001);
    await until('the release upstream', () => exchange.connections[0]!.subscriptions.length === 0);
    const from = performance.now();
    await until('the listener', () =>
      fetch(wsUrl.replace('ws:', 'http:')).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
    comeBackMs.push(performance.now() - from);
    assert.equal(engine.readers[PROXY]!.restarts, restarts + 1);
  }
  assert.deepEqual(fatal, []);
  assert.ok(Math.max(...comeBackMs) < COME_BACK_MS, `came back after ${comeBackMs} ms`);
  assert.ok(threads.at(-1)! <= threads[0]! + 1, `threads per round: ${threads}`);
  assert.equal(exchange.counters.connectionsAccepted, 1, 'the connection to the exchange stayed');
});

test('a bus that fails ten times under load comes back in its place, and its subscribers get ticks without doing anything', async (t) => {
  const fixture = await startEngineFixture(t, { exchange: { ticksPerSecond: 2000 } });
  const { exchange, engine, fatal, busEndpoint, client } = fixture;
  const watching = await client();
  await watching.subscribe('NSE', 'INFY', 3);
  const topic = 'angel/NSE/RELIANCE/QUOTE/';
  const bus = new BusClient(t, busEndpoint, topic);
  // ZeroMQ holds messages for these when the worker goes.
  for (let i = 0; i < 2; i++) new BusClient(t, busEndpoint, 'angel/');
  const threads: number[] = [];
  const comeBackMs: number[] = [];
  let failedAt = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const from = bus.ticks(topic).length;
    await until('its subscription upstream', () => exchange.connections[0]?.subscriptions.length === 2);
    await until('a tick', () => bus.ticks(topic).length > from);
    if (round > 0) comeBackMs.push(performance.now() - failedAt);
    threads.push(threadCount());
    if (round === ROUNDS) break;
    failedAt = performance.now();
    makeFail(engine, BUS);
    // Ticks of the worker before may still be on their way, and a message to a worker that does not run yet is lost.
    await until('another worker', () => {
      const { restarts, isRunning } = engine.readers[BUS]!;
      return restarts === round + 1 && isRunning;
    });
  }
  assert.deepEqual(fatal, []);
  assert.equal(engine.readers[BUS]!.restarts, ROUNDS);
  assert.equal(watching.closed, null);
  assert.ok(Math.max(...comeBackMs) < COME_BACK_MS, `came back after ${comeBackMs} ms`);
  assert.ok(threads.at(-1)! <= threads[0]! + 1, `threads per round: ${threads}`);
});

test('clients of the other proxy worker notice nothing of a failed one', async (t) => {
  const { client, exchange, engine } = await startEngineFixture(t, { flags: ['--proxy-workers=2'] });
  if (process.platform !== 'linux') return;
  // The kernel spreads connections over the two listeners.
  const clients = await Promise.all(Array.from({ length: 16 }, () => client()));
  const clientsOf = (reader: number) => engine.readers[reader]!.counters.clients ?? 0;
  await until('the counters', () => clientsOf(PROXY) + clientsOf(PROXY + 1) === clients.length);
  const [leaving, remaining] = [clientsOf(PROXY), clientsOf(PROXY + 1)];
  assert.ok(leaving > 0 && remaining > 0, `clients per worker: ${leaving}, ${remaining}`);
  for (const one of clients) await one.subscribe('NSE', 'RELIANCE');
  makeFail(engine, PROXY);
  await until('the end of its connections', () => clients.filter(({ closed }) => closed).length === leaving);
  const staying = clients.filter(({ closed }) => closed === null);
  await until(
    'the worker to be back',
    () => engine.readers[PROXY]!.restarts === 1 && engine.readers[PROXY]!.isRunning,
  );
  const from = staying.map((one) => one.ticks().length);
  await until('ticks', () => {
    exchange.step();
    return staying.every((one, i) => one.ticks().length > from[i]!);
  });
  assert.deepEqual(
    staying.filter(({ closed }) => closed !== null),
    [],
  );
});

test('a worker asked to fail while it starts again, and an engine stopped meanwhile, end in order', async (t) => {
  const { engine, fatal, client } = await startEngineFixture(t);
  const watching = await client();
  for (const reader of [BUS, PROXY]) makeFail(engine, reader);
  await watching.untilClosed();
  await until('new threads', () => [BUS, PROXY].every((reader) => engine.readers[reader]!.restarts === 1));
  await engine.stop();
  assert.deepEqual(fatal, []);
  assert.ok(engine.readers.every(({ isRunning }) => !isRunning));
});

test('a bus that fails is back before the exchange hears of it; what nobody comes back for ends after the linger', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--bus-linger=3'] });
  const { exchange, engine, busEndpoint } = fixture;
  const bus = new BusClient(t, busEndpoint, 'angel/NSE/RELIANCE/QUOTE/');
  const leaving = new BusClient(t, busEndpoint, 'angel/NSE/INFY/QUOTE/');
  await until('both upstream', () => exchange.connections[0]?.subscriptions.length === 2);
  await until('ticks', () => exchange.step() ?? (bus.ticks().length > 0 && leaving.ticks().length > 0));
  const { requests } = exchange.counters;
  const { length } = bus.ticks();
  makeFail(engine, BUS);
  leaving.close();
  await until('the last value', () =>
    bus
      .ticks()
      .slice(length)
      .some(({ isSnapshot }) => isSnapshot),
  );
  assert.equal(exchange.counters.requests, requests, 'the exchange has heard nothing of it');
  await until('the end of the other', () => engine.subscribedInstruments === 1);
  await until('ticks', () => exchange.step() ?? !bus.ticks().at(-1)!.isSnapshot);
});
