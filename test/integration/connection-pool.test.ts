/** Several connections of one account: filled, evened out, lost and back; clients notice nothing that is not so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertInOrder,
  assertNothingLost,
  assertUnbroken,
  STOCKS,
  startPoolScene,
  subscribeStocks,
  tapExchange,
  untilEachOnce,
  untilLoads,
  untilSettled,
  untilTicks,
} from '../support/pool-scene.ts';
import { until } from '../support/until.ts';

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

test('a connection that is full gets a second one beside it, both carry as many, and no tick is missed', async (t) => {
  const scene = await startPoolScene(t, 12);
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, 12);
  await untilTicks(client, 12);
  assert.equal(scene.exchange.connections.length, 1, 'other programs may need the other connections');
  await subscribeStocks(client, 12, 14);
  await untilLoads(scene, [7, 7]);
  await untilEachOnce(scene.exchange, 14);
  await subscribeStocks(client, 14, 30);
  await untilLoads(scene, [10, 10, 10]);
  await untilEachOnce(scene.exchange, 30);
  await untilTicks(client, 30);
  assertUnbroken(client, 30);
  assert.equal(scene.exchange.counters.requestErrors, 0);
});

test('instruments move to and fro under load: each tick comes once and in order, and none is told as missing', async (t) => {
  const scene = await startPoolScene(t, 12, {
    exchange: { ticksPerSecond: 4000 },
    // The third is the tap's.
    flags: ['--max-websocket-connections=2'],
  });
  const clients = [
    await scene.client({ features: ['sequence', 'stamps'] }),
    await scene.client({ features: ['sequence', 'stamps'], framing: 'msgpack' }),
  ];
  const sent = await tapExchange(scene, 20);
  for (const client of clients) await subscribeStocks(client, 0, 20);
  await untilLoads(scene, [10, 10, 20]);
  await untilSettled(scene);
  const pool = scene.engine.feedPools[0]!;
  for (let round = 1; round <= 10; round++) {
    const { feed } = scene.engine.feeds[round % 2]!;
    const before = pool.moved;
    // The other one has room for two.
    const slots = Array.from({ length: 20 }, (_, slot) => slot);
    const moving = pool.moveAway(feed, slots);
    assert.ok(moving.length > 0);
    await until('the moves', () => pool.moved >= before + moving.length);
    await until('each stock on one connection', () => sum(scene.loads()) === 20 + 20);
    await untilTicks(clients[0]!, 20);
  }
  for (const client of clients) {
    assertUnbroken(client, 20);
    assertNothingLost(client, sent, 20);
  }
});

test('what a lost connection carried moves to the others, with its gap told, and is spread again when it is back', async (t) => {
  const scene = await startPoolScene(t, 12);
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, 16);
  await untilLoads(scene, [8, 8]);
  await untilTicks(client, 16);
  const lost = scene.exchange.connections[1]!;
  const left = new Set(lost.subscriptions.map(({ token }) => token));
  scene.exchange.refuseAll({ status: 503 });
  lost.reset();
  // Room for four of eight.
  await untilLoads(scene, [12]);
  await untilTicks(client, 8, 0).catch(() => {});
  scene.exchange.refuseAll(null);
  await untilLoads(scene, [8, 8]);
  await untilEachOnce(scene.exchange, 16);
  await untilTicks(client, 16);
  const gaps = client.received.filter(({ message }) => message.type === 'gap').map(({ message }) => message);
  assert.deepEqual(
    gaps.map(({ symbol, reason }) => `${symbol} ${reason}`).sort(),
    STOCKS.filter(({ token }) => left.has(token))
      .map(({ symbol }) => `${symbol} outage`)
      .sort(),
    'one gap for each instrument of the lost connection, and none for a move',
  );
  assertInOrder(client, 16);
});
