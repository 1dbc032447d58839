/** Requests that the broker refuses: what can be served is served, and who asked for the rest is told. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Instrument, MODE } from '../../src/codec/tick.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { FeedOptions } from '../../src/workers/worker-messages.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import {
  type FeedHandlerScene,
  feedHandlerScene,
  instrumentsNumbered,
  SCENE_CREDENTIALS,
  wishesFor,
} from '../support/feed-handler-scene.ts';
import { until } from '../support/until.ts';
import { UpstreamServer } from '../support/upstream-server.ts';

/** A live feed of the simulated exchange, which sends an image of everything that it accepts, and nothing else. */
async function exchangeScene(
  t: TestContext,
  options: Partial<FeedOptions> = {},
): Promise<{ readonly exchange: SimulatedExchange; readonly feed: FeedHandlerScene }> {
  const exchange = new SimulatedExchange({ ticksPerSecond: 0, credentials: SCENE_CREDENTIALS });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  const feed = feedHandlerScene(t, url, { options: { chunkTokens: 500, ...options } });
  feed.handler.start();
  await feed.untilLive();
  return { exchange, feed };
}

function modesCarried(exchange: SimulatedExchange): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { mode } of exchange.connections[0]?.subscriptions ?? []) {
    counts.set(mode, (counts.get(mode) ?? 0) + 1);
  }
  return counts;
}

async function untilRefused(feed: FeedHandlerScene, count = 1) {
  return until('the refusals', () => {
    const refused = feed.reportsOf('requestRefused');
    return refused.length >= count ? refused : null;
  });
}

test('the 1001st pair of a connection is refused with the limit named, the others are served', async (t) => {
  const { exchange, feed } = await exchangeScene(t);
  feed.handler.subscribe(wishesFor(instrumentsNumbered(1001), MODE.QUOTE), 1);
  const [refused] = await untilRefused(feed);
  assert.deepEqual(refused?.slots, [1000]);
  assert.equal(refused?.isLimit, true);
  assert.equal(refused?.code, 'E1002');
  assert.match(refused?.message ?? '', /limit/i);
  await until('the images', () => feed.ticks().length === 1000);
  assert.deepEqual([...modesCarried(exchange)], [[MODE.QUOTE, 1000]]);
  assert.equal(feed.handler.counters().pairsRefused, 1);
});

test('too many books of 20 levels are refused, and the ticks of the same instruments go on', async (t) => {
  const { exchange, feed } = await exchangeScene(t);
  const instruments = instrumentsNumbered(51);
  feed.handler.subscribe(wishesFor(instruments, MODE.DEPTH), 1);
  feed.handler.subscribe(wishesFor(instruments, MODE.DEEP_DEPTH), 1);
  const [refused] = await untilRefused(feed);
  assert.equal(refused?.mode, MODE.DEEP_DEPTH);
  assert.equal(refused?.slots.length, 51);
  assert.deepEqual([...modesCarried(exchange)], [[MODE.DEPTH, 51]]);
});

test('a token that spoils a request is found, and alone refused', async (t) => {
  const { exchange, feed } = await exchangeScene(t);
  const instruments: Instrument[] = instrumentsNumbered(64);
  // No exchange has this number.
  instruments[37] = { ...instruments[37]!, segment: 99 };
  feed.handler.subscribe(wishesFor(instruments, MODE.LTP), 1);
  const [refused] = await untilRefused(feed);
  assert.deepEqual(refused?.slots, [37]);
  assert.deepEqual([refused?.code, refused?.isLimit], ['E1001', false]);
  await until('the images', () => feed.ticks().length === 63);
  assert.deepEqual([...modesCarried(exchange)], [[MODE.LTP, 63]]);
  assert.equal(feed.reportsOf('requestRefused').length, 1);
});

test('a change of mode that a broker refuses for want of room, although its limit is said to have some, is carried out once there is room', async (t) => {
  const { exchange, feed } = await exchangeScene(t);
  const instruments = instrumentsNumbered(1000);
  feed.handler.subscribe(wishesFor(instruments, MODE.LTP), 1);
  feed.handler.subscribe(wishesFor(instruments.slice(0, 400), MODE.QUOTE), 1);
  await until('the new modes', () => modesCarried(exchange).get(MODE.QUOTE) === 400);
  assert.equal(modesCarried(exchange).get(MODE.LTP), 600);
  assert.equal(feed.handler.counters().requestErrors, 1);
  assert.deepEqual(feed.reportsOf('requestRefused'), []);
});

test('all modes of a connection change within its limit: the broker refuses nothing, and no old mode is left', async (t) => {
  for (const size of [900, 1000]) {
    const { exchange, feed } = await exchangeScene(t, { maxPairs: 1000 });
    const instruments = instrumentsNumbered(size);
    feed.handler.subscribe(wishesFor(instruments, MODE.LTP), 1);
    await until('the images', () => feed.ticks().length === size);
    feed.handler.subscribe(wishesFor(instruments, MODE.DEPTH), 1);
    await until('the images of the new mode', () => feed.ticks().length === 2 * size);
    await until('the end of the old mode', () => modesCarried(exchange).get(MODE.LTP) === undefined);
    assert.equal(modesCarried(exchange).get(MODE.DEPTH), size);
    assert.equal(exchange.counters.requestErrors, 0);
  }
});

test('what was refused is asked for again with the next connect', async (t) => {
  const { exchange, feed } = await exchangeScene(t);
  const instruments = instrumentsNumbered(1001);
  feed.handler.subscribe(wishesFor(instruments, MODE.LTP), 1);
  await untilRefused(feed);
  feed.handler.unsubscribe(wishesFor([instruments[0]!], MODE.LTP));
  exchange.dropAll();
  await until('all the others', () => modesCarried(exchange).get(MODE.LTP) === 1000);
  const tokens = exchange.connections[0]!.subscriptions.map(({ token }) => token);
  assert.ok(tokens.includes('2000'));
  assert.equal(feed.reportsOf('requestRefused').length, 1);
});

test('a complaint without the id of a request is taken for the only one that nothing has answered', async (t) => {
  const { exchange, feed } = await exchangeScene(t);
  const instruments = instrumentsNumbered(4);
  const complain = () => exchange.sendRaw('{"errorCode":"E9999","errorMessage":"No such thing"}');
  feed.handler.subscribe(wishesFor(instruments.slice(0, 1), MODE.LTP), 1);
  await until('the image', () => feed.ticks().length === 1);
  exchange.stall(true);
  feed.handler.subscribe(wishesFor(instruments.slice(1, 2), MODE.LTP), 1);
  await until('the request', () => modesCarried(exchange).get(MODE.LTP) === 2);
  complain();
  const [refused] = await untilRefused(feed);
  assert.deepEqual(refused?.slots, [1]);
  assert.equal(refused?.code, 'E9999');
  for (const instrument of instruments.slice(2)) feed.handler.subscribe(wishesFor([instrument], MODE.LTP), 1);
  await until('the requests', () => modesCarried(exchange).get(MODE.LTP) === 4);
  complain();
  await until('the second complaint', () => feed.handler.counters().requestErrors === 2);
  assert.equal(feed.reportsOf('requestRefused').length, 1, 'which of two is meant, nobody knows');
});

test('a text in no known form that names a request is taken for a complaint about it, any other is shown and counted', async (t) => {
  const upstream = await UpstreamServer.listen(t);
  const feed = feedHandlerScene(t, upstream.url);
  feed.handler.subscribe(wishesFor(instrumentsNumbered(1), MODE.LTP), 1);
  upstream.onText = (text, socket) => {
    if (text === 'ping') return;
    const { correlationID } = JSON.parse(text);
    socket.send(`request ${correlationID}: go away`);
    for (let i = 0; i < 50; i++) socket.send(`${i} bottles, ${SCENE_CREDENTIALS.feedToken}`);
  };
  feed.handler.start();
  const [refused] = await untilRefused(feed);
  assert.deepEqual([refused?.code, refused?.slots], ['', [0]]);
  assert.match(refused?.message ?? '', /^request .* go away$/);
  await until('all texts', () => feed.handler.counters().unknownText === 51);
  const shown = feed.reportsOf('unknownText');
  assert.equal(shown.length, 10, 'as much as a log can bear');
  assert.equal(shown[0]?.text, '0 bottles, (hidden)');
});

test('clients read of a symbol that the broker refused, each in its own dialect and framing, and nobody else does', async (t) => {
  const upstream = await UpstreamServer.listen(t);
  upstream.refuse('2885');
  const fixture = await startEngineFixture(t, { upstreamUrl: upstream.url });
  const holders = [
    await fixture.client(),
    await fixture.client({ framing: 'msgpack' }),
    await fixture.client({ path: '/?dialect=design' }),
  ];
  const other = await fixture.client();
  await other.subscribe('NSE', 'INFY', 1);
  // The second one asks when the first one has been refused: that is no reason to leave it in the dark.
  const text =
    'Symbol RELIANCE on exchange NSE gets no ticks: the broker refused it (E1001: Invalid Request)';
  for (const [i, client] of holders.entries()) {
    await client.subscribe('NSE', 'RELIANCE', 1);
    const { message } = await client.next('the refusal', (each) => each.message.code === 'BROKER_REFUSED');
    const isDesign = i === 2;
    assert.deepEqual(
      message,
      isDesign
        ? { type: 'error', code: 'BROKER_REFUSED', message: text, symbol: 'RELIANCE', exchange: 'NSE' }
        : { status: 'error', code: 'BROKER_REFUSED', message: text },
    );
  }
  await other.ask({ action: 'ping' });
  assert.ok(other.received.every(({ message }) => message.code !== 'BROKER_REFUSED'));
});
