/** A network that brings everything late, or too late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultScene } from '../../support/fault-scene.ts';
import { until } from '../../support/until.ts';

const WATCHED = ['--feed-ping-interval=50ms', '--feed-dead-after=400ms'];

test('a slow network costs time and no tick: what comes late comes in order, on the same connection', async (t) => {
  const scene = await FaultScene.start(t, { flags: WATCHED });
  const { exchange } = scene;
  const [connection] = exchange.connections;
  connection!.slow({ bytesPerSecond: 30_000, delayMs: 100 });
  exchange.step(50);
  connection!.slow({ bytesPerSecond: 30_000, delayMs: 100 });
  await scene.trade();
  connection!.slow(null);
  await scene.assertRecovered();
  assert.equal(exchange.counters.connectionsAccepted, 1);
});

test('a network that brings nothing for too long is left for a new connection', async (t) => {
  const scene = await FaultScene.start(t, { flags: WATCHED });
  const { exchange } = scene;
  const [connection] = exchange.connections;
  connection!.slow({ delayMs: 60_000 });
  const before = exchange.counters.framesSent;
  exchange.step(3);
  const swallowed = exchange.counters.framesSent - before;
  await until('the end of the connection', () => !exchange.connections.includes(connection!));
  await scene.assertRecovered({ outages: 1, swallowed });
});
