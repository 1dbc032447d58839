/** Connections that are lost again and again, in a process that does nothing else: what it holds must not grow. */
import assert from 'node:assert/strict';
import { assertSequence, ticksOfMode } from './fault-aftermath.ts';
import { FaultScene, INSTRUMENTS } from './fault-scene.ts';
import { openHandles, untilHandlesAreBack } from './open-handles.ts';
import { playScene } from './scene-process.ts';
import type { TestClient } from './test-client.ts';
import { until } from './until.ts';

const WARM_UP_ROUNDS = 100;
const ROUNDS = 100;

/** Every connection is lost in another way. */
const FAULTS: readonly ((scene: FaultScene) => void)[] = [
  ({ exchange }) => exchange.dropAll(),
  ({ exchange }) => exchange.connections[0]!.socket.close(1001),
  ({ exchange }) => {
    exchange.refuseNext({ status: 500 });
    exchange.dropAll();
  },
  ({ exchange }) => {
    exchange.refuseNext({ status: 429 });
    exchange.connections[0]!.socket.terminate();
  },
];

/** Forgets what came but for the last tick of each instrument. */
function forget(client: TestClient): void {
  const latest = new Map(client.received.map((received) => [received.message.symbol, received]));
  client.received.splice(0, client.received.length, ...INSTRUMENTS.map(({ symbol }) => latest.get(symbol)!));
}

async function playRound(scene: FaultScene, round: number): Promise<void> {
  const { exchange, watcher, plain } = scene;
  for (const client of [watcher, plain]) forget(client);
  const [lost] = exchange.connections;
  const before = exchange.counters;
  FAULTS[round % FAULTS.length]!(scene);
  await until('a new connection with everything', () => {
    const [connection, ...others] = exchange.connections;
    if (connection === undefined || connection === lost || others.length > 0) return false;
    return connection.subscriptions.length === INSTRUMENTS.length;
  });
  exchange.step(2 * INSTRUMENTS.length);
  const sent = exchange.counters.framesSent - before.framesSent;
  await until('every tick', () => {
    const atWatcher = watcher.ticks().length - INSTRUMENTS.length;
    return atWatcher === sent && ticksOfMode(plain, 3) >= sent;
  });
  for (const { symbol } of INSTRUMENTS) assertSequence(watcher, symbol, 1);
  const { connectionsAccepted, requests } = exchange.counters;
  assert.equal(connectionsAccepted, before.connectionsAccepted + 1, 'one connection');
  assert.equal(requests, before.requests + 1, 'everything was asked for once');
}

async function rssBytes(): Promise<number> {
  // Twice: what the first finds to be finalised, the second frees.
  for (let i = 0; i < 2; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage.rss();
}

await playScene(async (t) => {
  const flags = [
    '--reconnect-initial-ms=5',
    '--reconnect-max-ms=5',
    '--slot-wait-min=5ms',
    '--slot-wait-max=5ms',
  ];
  const scene = await FaultScene.start(t, { flags });
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await playRound(scene, round);
  const handles = openHandles();
  const rssBefore = await rssBytes();
  for (let round = 0; round < ROUNDS; round++) await playRound(scene, round);
  const rssAfter = await rssBytes();
  await untilHandlesAreBack(handles);
  await scene.untilTold('live');
  assert.deepEqual([scene.plain.closed, scene.watcher.closed, scene.fixture.fatal], [null, null, []]);
  return { rssBefore, rssAfter };
});
