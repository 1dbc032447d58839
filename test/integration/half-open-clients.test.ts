/** Clients whose network is gone without a word: found by the heartbeat of their dialect, and all that they held is freed. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { acceptedSockets } from '../support/accepted-sockets.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { NetworkGate } from '../support/network-gate.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

/** Long enough that a client that is there answers on a busy machine. */
const QUICK = { interval: '0.2', timeout: '2' } as const;
const NEVER = { interval: '3600', timeout: '3600' } as const;
const CLIENTS = 5;
const WAIT_MS = 30_000;

type Pings = typeof QUICK | typeof NEVER;
type Dialect = 'openalgo' | 'design';

interface Scene extends EngineFixture {
  /** Between the engine and the clients that get lost. */
  readonly gate: NetworkGate;
  counter(name: string): number;
}

async function start(t: TestContext, openalgo: Pings, design: Pings): Promise<Scene> {
  const flags = [
    `--ws-ping-interval=${openalgo.interval}`,
    `--ws-ping-timeout=${openalgo.timeout}`,
    `--design-ping-interval=${design.interval}`,
    `--design-ping-timeout=${design.timeout}`,
  ];
  const fixture = await startEngineFixture(t, { flags });
  const gate = await NetworkGate.listen(t);
  gate.target = Number(new URL(fixture.wsUrl).port);
  gate.holdsCloses = true;
  const counter = (name: string) =>
    fixture.engine.readers.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
  return { ...fixture, gate, counter };
}

/** Clients of a dialect that subscribe, have a tick, and are there no more. */
async function loseClients(t: TestContext, scene: Scene, dialect: Dialect): Promise<void> {
  const { gate, key, exchange } = scene;
  const clients: TestClient[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const path = `/?dialect=${dialect}`;
    const client = await TestClient.connect(`ws://127.0.0.1:${gate.port}`, key, { path });
    t.after(() => client.terminate());
    await client.subscribe('NSE', 'RELIANCE', 1);
    clients.push(client);
  }
  exchange.step(10);
  await until('ticks at all of them', () => clients.every((client) => client.ticks().length > 0), WAIT_MS);
  gate.hold(true);
}

async function findClients(t: TestContext, dialect: Dialect): Promise<void> {
  const isDesign = dialect === 'design';
  const scene = await (isDesign ? start(t, NEVER, QUICK) : start(t, QUICK, NEVER));
  const { exchange, counter } = scene;
  // Of the other dialect, whose pings are never due here: what happens to the others is theirs alone.
  const steady = await scene.client({ path: `/?dialect=${isDesign ? 'openalgo' : 'design'}` });
  await steady.subscribe('NSE', 'INFY', 1);
  const [kept] = await until('the upstream subscription', () => {
    const [connection] = exchange.connections;
    return connection !== undefined && connection.subscriptions.length === 1 && connection.subscriptions;
  });
  await loseClients(t, scene, dialect);
  // Counters are told once a second: those of before know nothing of the lost ones yet.
  await until('their end', () => counter('keepalive') === CLIENTS && counter('clients') === 1, WAIT_MS);
  assert.equal(counter('instruments'), 1, 'only the steady one holds something');
  await untilUpstream(exchange, [`${kept!.exchangeType}:${kept!.token}:${kept!.mode}`]);
  const from = steady.ticks().length;
  exchange.step(10);
  await until('ticks at the steady client', () => steady.ticks().length > from);
  assert.equal(steady.closed, null);
}

/** Nobody answers the close: the library gives the sockets up by itself, after the longer of both dialects' times. */
async function freeSockets(t: TestContext): Promise<void> {
  const scene = await start(t, QUICK, QUICK);
  await loseClients(t, scene, 'openalgo');
  await until('the end of their sockets', () => acceptedSockets(scene.gate.target) === 0, WAIT_MS);
  await until('the count of them', () => scene.counter('keepalive') === CLIENTS, WAIT_MS);
}

test('half-open clients are found by the pings of their dialect, and all that they held is freed', {
  concurrency: true,
}, async (t) => {
  const isLinux = process.platform === 'linux';
  await Promise.all([
    t.test('openalgo', (sub) => findClients(sub, 'openalgo')),
    t.test('design', (sub) => findClients(sub, 'design')),
    t.test('their sockets', { skip: !isLinux && 'reads what Linux tells of sockets' }, freeSockets),
  ]);
});
