/** The verified frames of the broker, through a real socket and the whole engine, to clients and to the bus. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FLAG, MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { ANGEL_VECTORS, type AngelVector, type WireLevel } from '../support/angel-wire.ts';
import { BusClient } from '../support/bus-client.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import type { Message, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { exchangeOf, insertInstruments, symbolOf, VectorUpstream } from '../support/vector-upstream.ts';

interface Scene extends EngineFixture {
  readonly upstream: VectorUpstream;
}

async function scene(t: TestContext): Promise<Scene> {
  const upstream = await VectorUpstream.listen(t);
  const pairs = new Map(
    ANGEL_VECTORS.map(({ expected }) => {
      const exchangeType = Number(expected.exchange_type);
      const token = String(expected.token);
      return [`${exchangeType}/${token}`, { exchangeType, token }] as const;
    }),
  );
  const prepare = insertInstruments([...pairs.values()]);
  const fixture = await startEngineFixture(t, { upstreamUrl: upstream.url, prepare });
  return { ...fixture, upstream };
}

function vector(name: string): AngelVector {
  const found = ANGEL_VECTORS.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return found;
}

/** What of a vector names its instrument and mode. */
function pairOf({ expected }: AngelVector) {
  const exchangeType = Number(expected.exchange_type);
  const token = String(expected.token);
  return {
    mode: Number(expected.mode),
    exchangeType,
    exchange: exchangeOf(exchangeType),
    token,
    symbol: symbolOf(token),
  };
}

/** Wire name and client name of prices and of integers. */
const PRICES = [
  ['last_traded_price', 'ltp'],
  ['average_traded_price', 'average_price'],
  ['open_price', 'open'],
  ['high_price', 'high'],
  ['low_price', 'low'],
  ['close_price', 'close'],
  ['upper_circuit', 'upper_circuit'],
  ['lower_circuit', 'lower_circuit'],
] as const;
const NUMBERS = [
  ['exchange_timestamp', 'ltt'],
  ['last_traded_quantity', 'last_quantity'],
  ['volume_traded', 'volume'],
  ['total_buy_quantity', 'total_buy_quantity'],
  ['total_sell_quantity', 'total_sell_quantity'],
  ['open_interest', 'oi'],
] as const;

/** A price in the client form: at least one decimal. */
function priceText(scaled: string | readonly string[] | undefined): string {
  const text = String(scaled);
  return text.includes('.') ? text : `${text}.0`;
}

/** The digits behind every occurrence of a key. */
function digitsOf(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`"${key}": ([^,}\\]]+)`, 'g'))].map(([, digits]) => digits!);
}

function assertFrameArrived({ expected, scaled }: AngelVector, text: string): void {
  const data = JSON.parse(text).data;
  for (const [wire, key] of PRICES) {
    if (expected[wire] !== undefined && key in data)
      assert.deepEqual(digitsOf(text, key), [priceText(scaled?.[wire])], key);
  }
  for (const [wire, key] of NUMBERS) {
    if (expected[wire] !== undefined && key in data) assert.equal(data[key], Number(expected[wire]), key);
  }
  if (expected.mode !== 3) return;
  const prices = [...scaled!.best_five_buy!, ...scaled!.best_five_sell!].map(priceText);
  assert.deepEqual(digitsOf(text, 'price'), prices);
  for (const side of ['buy', 'sell'] as const) {
    const levels = expected[`best_five_${side}`] as readonly WireLevel[];
    const { depth } = data as { depth: Record<string, WireLevel[]> };
    assert.deepEqual(
      depth[side]!.map(({ quantity, orders }) => ({ quantity, orders })),
      levels.map(({ quantity, orders }) => ({ quantity: Number(quantity), orders })),
      side,
    );
  }
}

const KEYS_OF_MODE: readonly (readonly string[])[] = [
  [],
  ['ltp', 'ltt'],
  [
    'ltp',
    'ltt',
    'volume',
    'open',
    'high',
    'low',
    'close',
    'last_quantity',
    'average_price',
    'total_buy_quantity',
  ],
  [
    'ltp',
    'ltt',
    'volume',
    'open',
    'high',
    'low',
    'close',
    'last_quantity',
    'average_price',
    'oi',
    'upper_circuit',
  ],
];

async function nextTick(client: TestClient, from: number): Promise<{ text: string; message: Message }> {
  return client.next('the tick', ({ message }) => message.type === 'market_data', from);
}

test('every frame of the modes LTP, Quote and SnapQuote reaches JSON and msgpack clients with exactly its values', async (t) => {
  const { upstream, client } = await scene(t);
  const clients = [await client(), await client({ framing: 'msgpack' })] as const;
  const decodable = ANGEL_VECTORS.filter(
    ({ expected }) => Number(expected.mode) <= 3 && exchangeOf(Number(expected.exchange_type)),
  );
  assert.equal(decodable.length, 24);
  for (const each of decodable) {
    const { mode, exchangeType, exchange, token, symbol } = pairOf(each);
    for (const one of clients) await one.subscribe(exchange!, symbol, mode);
    await upstream.untilCarried(mode, exchangeType, token);
    const from = clients.map((one) => one.received.length);
    upstream.send(each.hex);
    const [json, msgpack] = await Promise.all(clients.map((one, i) => nextTick(one, from[i]!)));
    await t.test(each.name, () => {
      assertFrameArrived(each, json!.text);
      for (const key of KEYS_OF_MODE[mode]!) assert.ok(key in json!.message.data!, key);
      assert.deepEqual(msgpack!.message, json!.message);
    });
    for (const one of clients) await one.ask({ action: 'unsubscribe', symbol, exchange, mode });
  }
});

test('a volume beyond 2^53 travels exactly on the bus', async (t) => {
  const { upstream, busEndpoint } = await scene(t);
  const each = vector('quote_volume_above_2_53');
  const { mode, exchangeType, exchange, token, symbol } = pairOf(each);
  const bus = new BusClient(
    t,
    busEndpoint,
    formatTopic({ broker: 'angel', exchange: exchange!, symbol }, MODE.QUOTE),
  );
  await upstream.untilCarried(mode, exchangeType, token);
  upstream.send(each.hex);
  const { tick } = await until('the tick', () => bus.ticks()[0]);
  assert.equal(tick.quote()!.volume(), 9007199254740993n);
  assert.equal(tick.token(), token);
});

test('the 20 levels of a Depth20 frame reach the bus, with the latest price or none', async (t) => {
  const { upstream, busEndpoint } = await scene(t);
  const deep = vector('depth20_nse_cm');
  const snap = vector('snap_nse_cm_nonzero_oi');
  const { exchangeType, exchange, token, symbol } = pairOf(deep);
  const instrument = { broker: 'angel', exchange: exchange!, symbol };
  const bus = new BusClient(t, busEndpoint, formatTopic(instrument, MODE.DEEP_DEPTH));
  for (const mode of [3, 4]) await upstream.untilCarried(mode, exchangeType, token);

  upstream.send(deep.hex);
  const first = await until('the first tick', () => bus.ticks()[0]);
  assert.equal(first.tick.header()!.flags() & FLAG.ABSENT_LTP, FLAG.ABSENT_LTP);
  upstream.send(snap.hex);
  // The same book once more, in a frame that differs from the one before: byte 35 is one of its dummies.
  upstream.send(`${deep.hex.slice(0, 70)}01${deep.hex.slice(72)}`);
  const { tick, topic } = await until('the second tick', () => bus.ticks().find(({ seq }) => seq === 2));
  const header = tick.header()!;
  assert.equal(topic, `angel/NSE/${symbol}/DEEP_DEPTH/`);
  assert.equal(header.flags() & FLAG.ABSENT_LTP, 0);
  assert.equal(header.ltp(), BigInt(String(snap.expected.last_traded_price)));
  assert.equal(header.exchangeTimeMs(), BigInt(String(deep.expected.exchange_timestamp)));
  for (const side of ['buy', 'sell'] as const) {
    const levels = Array.from({ length: tick[`${side}Length`]() }, (_, i) => {
      const level = tick[side](i)!;
      return { quantity: Number(level.quantity()), price: Number(level.price()), orders: level.orders() };
    });
    assert.equal(levels.length, 20);
    assert.deepEqual(levels, deep.expected[`depth20_${side}`]);
  }
});

test('frames that are refused or odd make no wrong tick and are counted by name', async (t) => {
  const { upstream, engine, client } = await scene(t);
  const json = await client();
  const good = vector('ltp_nse_cm');
  const { exchangeType, exchange, token, symbol } = pairOf(good);
  await json.subscribe(exchange!, symbol, 1);
  await upstream.untilCarried(1, exchangeType, token);
  const refused = ANGEL_VECTORS.filter(({ expected }) => expected.reject !== undefined);
  const odd = ['trailing_bytes', 'two_packets_in_one_frame', 'exchange_type_unknown'].map(vector);
  for (const { hex } of [...refused, ...odd, good]) upstream.send(hex);

  const refusals = (reason: string) => refused.filter(({ expected }) => expected.reject === reason).length;
  const counters = await until('the counters', () => {
    const latest = engine.feeds[0]!.counters;
    return latest.frames === refused.length + odd.length + 1 ? latest : null;
  });
  assert.equal(counters.reject_short_frame, refusals('short_frame'));
  assert.equal(counters.reject_unknown_mode, refusals('unknown_mode'));
  assert.equal(counters.anomaly_trailing, 2);
  assert.equal(counters.anomaly_unknown_exchange_type, 1);
  assert.equal(counters.unknownToken, 1);
  // Of the three odd frames two are of the subscribed token.
  assert.equal(counters.ticks, 3);
  await until('the ticks', () => json.ticks().length === 3);
  assert.deepEqual(
    json.ticks().map(({ data }) => data!.ltp),
    [1418.4, 1418.4, 1418.4],
  );
});
