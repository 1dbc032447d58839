/** The feed handler of Zerodha, without an engine around it, against the simulated exchange. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FLAG, type Instrument, MODE } from '../../src/codec/tick.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { SimulatedExchangeOptions } from '../../src/main/simulator/simulator-options.ts';
import * as zerodhaFeed from '../../src/workers/feed/zerodha-feed.ts';
import { feedHandlerScene, SCENE_CREDENTIALS, wishesFor } from '../support/feed-handler-scene.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

async function startScene(t: TestContext, options: SimulatedExchangeOptions = {}) {
  const exchange = new SimulatedExchange({
    broker: 'zerodha',
    ticksPerSecond: 0,
    credentials: SCENE_CREDENTIALS,
    heartbeatIntervalMs: 50,
    ...options,
  });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  const feed = feedHandlerScene(t, url, { module: zerodhaFeed, options: { chunkTokens: 2 } });
  feed.handler.start();
  await feed.untilLive();
  return { exchange, feed };
}

/** Shares of NSE with the tokens 257, 513, … in slots 0, 1, … */
function shares(count: number): Instrument[] {
  return Array.from({ length: count }, (_, slot) => ({
    slot,
    broker: 'zerodha',
    exchange: 'NSE',
    symbol: `S${slot}`,
    segment: 1,
    token: String((slot + 1) * 256 + 1),
  }));
}

const upstream = (instruments: readonly Instrument[], mode: number) =>
  instruments.map(({ segment, token }) => `${segment}:${token}:${mode}`);

test('tokens are asked for in parts, and change their mode without being subscribed again', async (t) => {
  const { exchange, feed } = await startScene(t);
  const all = shares(5);
  feed.handler.subscribe(wishesFor(all, MODE.DEPTH), 1);
  await untilUpstream(exchange, upstream(all, 3));
  // Three parts, each subscribed and then given its mode.
  assert.equal(exchange.counters.requests, 6);
  await until('an image of each', () => new Set(feed.ticks().map(({ slot }) => slot)).size === 5);
  feed.handler.unsubscribe(wishesFor(all.slice(1), MODE.DEPTH));
  await untilUpstream(exchange, upstream(all.slice(0, 1), 3));
  feed.handler.subscribe(wishesFor(all.slice(0, 1), MODE.LTP), 2);
  await untilUpstream(exchange, upstream(all.slice(0, 1), 1));
  assert.equal(exchange.counters.requests, 6 + 2 + 1);
});

test('a quote that comes before the depth that was asked for makes no tick behind it', async (t) => {
  const { exchange, feed } = await startScene(t);
  const [share] = shares(1);
  feed.handler.subscribe(wishesFor([share!], MODE.DEPTH), 1);
  await untilUpstream(exchange, upstream([share!], 3));
  exchange.step(20);
  await until('the ticks', () => feed.ticks().length >= 21);
  const seqs = feed.ticks().map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => i + 1),
  );
});

test('an error of the server is taken for the only request that nothing has answered', async (t) => {
  const { exchange, feed } = await startScene(t, { maxSubscriptions: 3 });
  const all = shares(5);
  for (const share of all.slice(0, 3)) feed.handler.subscribe(wishesFor([share], MODE.QUOTE), 1);
  await until('three images', () => feed.ticks().length === 3);
  feed.handler.subscribe(wishesFor(all.slice(3), MODE.QUOTE), 1);
  const [refused] = await until('the refusal', () => {
    const refusals = feed.reportsOf('requestRefused');
    return refusals.length > 0 ? refusals : null;
  });
  assert.deepEqual([refused?.slots, refused?.isLimit], [[3, 4], true]);
  assert.equal(refused?.message, "Can't subscribe to more than 3000 instruments.");
  assert.equal(exchange.connections[0]?.subscriptions.length, 3);
});

test('a repeated packet is no tick, an older one is delivered and counted, garbage stops nothing', async (t) => {
  let clockMs = 1_746_171_226_000;
  const { exchange, feed } = await startScene(t, {
    duplicateEvery: 4,
    reorderEvery: 5,
    garbageEvery: 6,
    clock: () => (clockMs += 1000),
  });
  feed.handler.subscribe(wishesFor(shares(3), MODE.DEPTH), 1);
  await untilUpstream(exchange, upstream(shares(3), 3));
  for (let i = 0; i < 200; i++) exchange.step();
  const { framesSent } = exchange.counters;
  await until('the ticks', () => feed.ticks().length > framesSent - 15);
  await until('the counters', () => {
    const { repeated = 0, reordered = 0, unknownLengths = 0, truncated = 0 } = feed.handler.counters();
    return repeated >= 10 && reordered >= 10 && unknownLengths >= 5 && truncated >= 5;
  });
});

test('an outage is a gap, and what comes after it has the marks of the wire', async (t) => {
  const { exchange, feed } = await startScene(t);
  const [share] = shares(1);
  const nifty: Instrument = {
    ...share!,
    slot: 1,
    exchange: 'NSE_INDEX',
    symbol: 'NIFTY',
    segment: 9,
    token: '256265',
  };
  feed.handler.subscribe(wishesFor([share!, nifty], MODE.DEPTH), 1);
  await untilUpstream(exchange, [...upstream([share!], 3), '9:256265:3']);
  await until('images', () => new Set(feed.ticks().map(({ slot }) => slot)).size === 2);
  const before = feed.ticks().length;
  exchange.dropAll();
  await until('ticks again', () => {
    exchange.step(2);
    return (
      new Set(
        feed
          .ticks()
          .slice(before)
          .map(({ slot }) => slot),
      ).size === 2
    );
  });
  for (const slot of [0, 1]) {
    const first = feed
      .ticks()
      .slice(before)
      .find((tick) => tick.slot === slot);
    assert.ok(((first?.flags ?? 0) & FLAG.GAP_BEFORE) !== 0);
  }
  const index = feed.ticks().findLast(({ slot }) => slot === 1);
  assert.ok(((index?.flags ?? 0) & FLAG.ABSENT_TRADES) !== 0);
});

test('orders of the user leave no trace but their number', async (t) => {
  const { exchange, feed } = await startScene(t);
  exchange.sendRaw('{"type":"order","data":{"user_id":"AB1234","order_id":"77"}}');
  await until('the count', () => feed.handler.counters().orders === 1);
  assert.ok(!JSON.stringify(feed.reports).includes('AB1234'));
});
