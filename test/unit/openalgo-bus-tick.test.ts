/** Ticks of OpenAlgo's bus keep every number that their publisher printed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTickEncoder } from '../../src/codec/framing.ts';
import type { JsonObject } from '../../src/codec/openalgo/bus-message.ts';
import { BUS_PRICE_DECIMALS, normaliseBusTick } from '../../src/codec/openalgo/bus-tick.ts';
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { buildTickTemplate, WORD } from '../../src/codec/tick-message.ts';

const INSTRUMENT: Instrument = {
  slot: 3,
  broker: 'angel',
  exchange: 'CDS',
  symbol: 'USDINR28AUG26FUT',
  segment: 0,
  token: '',
};

/** What a JSON client reads of a tick in its own mode. */
function read(data: JsonObject, mode: Mode): Record<string, unknown> {
  const template = buildTickTemplate(INSTRUMENT, mode, BUS_PRICE_DECIMALS);
  template.words[WORD.FLAGS] = normaliseBusTick(data, template);
  const encoder = createTickEncoder('json', INSTRUMENT, mode, 0);
  const bytes = encoder.encode(template.words, template.doubles, new Int32Array(2));
  return JSON.parse(Buffer.from(bytes).toString()).data;
}

/** The members of `actual` that `expected` names. */
function pick(actual: Record<string, unknown>, expected: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, actual[key]]));
}

test('prices of up to seven decimals come out as they were printed', () => {
  for (const ltp of [0, 0.0000001, 0.05, 84.5125, 84.5125025, 2500.5, 99_999.95, 268_435_455.95, -37.63]) {
    assert.equal(read({ ltp, ltt: 1787371200000 }, MODE.LTP).ltp, ltp);
  }
});

test('every field of a quote and of a depth tick has its place', () => {
  const quote = {
    ltp: 84.5125,
    ltt: 1787371200000,
    volume: 1_000_000,
    open: 84.1,
    high: 84.7525,
    low: 84.0025,
    close: 84.2,
    last_trade_quantity: 10,
    average_price: 84.4075,
    total_buy_quantity: 5000,
    total_sell_quantity: 6000.5,
  };
  assert.deepEqual(pick(read(quote, MODE.QUOTE), quote), quote);
  const level = (price: number, quantity: number, orders: number) => ({ price, quantity, orders });
  const depth = {
    ...quote,
    oi: 4321,
    upper_circuit: 92.75,
    lower_circuit: 76.25,
    depth: {
      buy: [level(84.51, 100, 3), level(84.5075, 101, 4)],
      sell: [level(84.5125, 200, 7), level(84.515, 201, 8), level(84.5175, 202, 9)],
    },
  };
  const empty = level(0, 0, 0);
  const five = {
    buy: [...depth.depth.buy, empty, empty, empty],
    sell: [...depth.depth.sell, empty, empty],
  };
  assert.deepEqual(pick(read(depth, MODE.DEPTH), depth), { ...depth, depth: five });
});

test('names of other brokers, times in seconds and missing numbers are understood', () => {
  const other = read({ last_price: 1.5, timestamp: 1787371200, ltq: 7, prev_close: 1.25 }, MODE.QUOTE);
  const expected = {
    ltp: 1.5,
    ltt: 1787371200000,
    last_trade_quantity: 7,
    close: 1.25,
    volume: 0,
    open: 0,
    total_buy_quantity: null,
  };
  assert.deepEqual(pick(other, expected), expected);
});

test('values that are no numbers, or larger than any price, are absent and never something else', () => {
  for (const ltp of [null, '2500.5', true, 1e300, Number.MAX_SAFE_INTEGER, {}]) {
    const template = buildTickTemplate(INSTRUMENT, MODE.LTP, BUS_PRICE_DECIMALS);
    assert.equal(normaliseBusTick({ ltp }, template), FLAG.ABSENT_LTP, String(ltp));
    assert.equal(read({ ltp }, MODE.LTP).ltp, null);
  }
  for (const depth of [null, [], 'x', { buy: 7, sell: null }, { buy: [null, 5, 'x'], sell: [[]] }]) {
    const data = read({ ltp: 1, depth }, MODE.DEPTH) as { depth: { buy: unknown[]; sell: unknown[] } };
    const empty = { price: 0, quantity: 0, orders: 0 };
    assert.deepEqual(data.depth, { buy: Array(5).fill(empty), sell: Array(5).fill(empty) });
  }
});

test('nothing of an earlier tick stays in a later one', () => {
  const template = buildTickTemplate(INSTRUMENT, MODE.DEPTH, BUS_PRICE_DECIMALS);
  const fresh = buildTickTemplate(INSTRUMENT, MODE.DEPTH, BUS_PRICE_DECIMALS);
  const full = { price: 1, quantity: 2, orders: 3 };
  const side = Array(7).fill(full);
  normaliseBusTick({ ltp: 5, oi: 7, volume: 9, depth: { buy: side, sell: side } }, template);
  normaliseBusTick({ ltp: 6 }, template);
  normaliseBusTick({ ltp: 6 }, fresh);
  assert.deepEqual(template.bytes, fresh.bytes);
});
