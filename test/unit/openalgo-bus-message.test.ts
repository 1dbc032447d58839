/** What arrives on OpenAlgo's bus is told apart by topic, as the deployed proxy does it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBusMessage, parseBusTopic } from '../../src/codec/openalgo/bus-message.ts';

function parse(topic: string, payload: string, ...more: readonly string[]) {
  return parseBusMessage([topic, payload, ...more].map((text) => Buffer.from(text)));
}

/** The table of topics as OpenAlgo's publishers send them, those included that the deployed proxy misreads. */
const TOPICS: readonly (readonly [topic: string, exchange: string, symbol: string, mode: number])[] = [
  ['NSE_RELIANCE_LTP', 'NSE', 'RELIANCE', 1],
  ['NSE_M&M_QUOTE', 'NSE', 'M&M', 2],
  ['NSE_INDEX_NIFTY_LTP', 'NSE_INDEX', 'NIFTY', 1],
  ['NSE_INDEX_INDIAVIX_DEPTH', 'NSE_INDEX', 'INDIAVIX', 3],
  ['BSE_INDEX_SENSEX_QUOTE', 'BSE_INDEX', 'SENSEX', 2],
  ['MCX_INDEX_MCXBULLDEX_LTP', 'MCX_INDEX', 'MCXBULLDEX', 1],
  ['GLOBAL_INDEX_GIFTNIFTY_LTP', 'GLOBAL_INDEX', 'GIFTNIFTY', 1],
  ['NFO_NIFTY28AUG2625000CE_DEPTH', 'NFO', 'NIFTY28AUG2625000CE', 3],
  ['CDS_USDINR28AUG26FUT_QUOTE', 'CDS', 'USDINR28AUG26FUT', 2],
  ['CRYPTO_SOL_INR_LTP', 'CRYPTO', 'SOL_INR', 1],
  ['NSE_BAJAJ-AUTO_LTP', 'NSE', 'BAJAJ-AUTO', 1],
  ['NSE_A.B:C_ltp', 'NSE', 'A.B:C', 1],
  ['NSE_RELIANCE_Quote', 'NSE', 'RELIANCE', 2],
  ['dhan_sandbox_NSE_TCS_LTP', 'dhan', 'sandbox_NSE_TCS', 1],
  ['angel_NSE_RELIANCE_LTP', 'angel', 'NSE_RELIANCE', 1],
  ['NSEIX_INDEX_GIFTNIFTY_LTP', 'NSEIX', 'INDEX_GIFTNIFTY', 1],
];

for (const [topic, exchange, symbol, mode] of TOPICS) {
  test(`a publisher's topic ${topic} names ${symbol} on ${exchange} in mode ${mode}`, () => {
    assert.deepEqual(parseBusTopic(topic), { exchange, symbol, mode });
    assert.equal(parse(topic, '{"ltp": 1.5}').kind, 'tick');
  });
}

test('topics that name no instrument and mode are garbage', () => {
  const empty = ['', '_', '__', '__LTP', 'NSE__LTP', '_RELIANCE_LTP', 'NSE_INDEX_LTP'];
  for (const topic of [...empty, 'NSE', 'NSE_LTP', 'NSE_RELIANCE', 'NSE_RELIANCE_SMELL']) {
    assert.equal(parseBusTopic(topic), null, topic);
    assert.equal(parse(topic, '{}').kind, 'garbage', topic);
  }
});

test('an order update is kept as it came, whoever publishes it and whatever the user is called', () => {
  const text = '{"type":  "order_update", "user_id": "al_ice", "price": 2500.50, "note": "\\u20b9 ₹"}';
  for (const topic of ['ANGEL_al_ice_orders', 'ANALYZE_al_ice_orders', 'ZERODHA_x_orders']) {
    assert.deepEqual(parse(topic, text), { kind: 'order', userId: 'al_ice', text });
  }
});

test('an order update that does not say whose it is reaches nobody', () => {
  for (const text of ['{}', '{"user_id": 7}', '{"user_id": null}', '[]', '"alice"', 'nonsense', '']) {
    assert.equal(parse('ANGEL_alice_orders', text).kind, 'garbage', text);
  }
});

test('an invalidation names its user by the payload, or everybody when it cannot be read', () => {
  const text = '{"action": "invalidate", "user_id": "a_b", "cache_type": "ALL"}';
  assert.deepEqual(parse('CACHE_INVALIDATE_ALL_a_b', text), { kind: 'invalidation', userId: 'a_b' });
  for (const odd of ['nonsense', '{}', '[1]']) {
    assert.deepEqual(parse('CACHE_INVALIDATE_AUTH_a_b', odd), { kind: 'invalidation', userId: '' });
  }
  // The prefix goes first: a user may be called orders.
  assert.equal(parse('CACHE_INVALIDATE_FEED_my_orders', text).kind, 'invalidation');
});

test('positions and margins are known and ignored, whatever they hold', () => {
  for (const topic of ['ANGEL_alice_positions', 'ANGEL_alice_margins']) {
    for (const text of ['{"user_id": "alice"}', 'nonsense', '[]']) {
      assert.deepEqual(parse(topic, text), { kind: 'ignored' });
    }
  }
});

test('messages of one or three frames, payloads that are no JSON object, and bytes that are no text are garbage', () => {
  assert.equal(parseBusMessage([]).kind, 'garbage');
  assert.equal(parseBusMessage([Buffer.from('NSE_RELIANCE_LTP')]).kind, 'garbage');
  assert.equal(parse('NSE_RELIANCE_LTP', '{"ltp": 1}', '{}').kind, 'garbage');
  for (const text of ['', 'nonsense', '[]', '7', 'null', '{"ltp": NaN', '{"ltp": 1}}']) {
    assert.equal(parse('NSE_RELIANCE_LTP', text).kind, 'garbage', text);
  }
  const invalid = Buffer.from([0xff, 0xfe]);
  assert.equal(parseBusMessage([invalid, Buffer.from('{}')]).kind, 'garbage');
  assert.equal(parseBusMessage([Buffer.from('NSE_RELIANCE_LTP'), invalid]).kind, 'garbage');
});

test("numbers that only Python's JSON has become null, and text in quotes stays as it is", () => {
  const message = parse('NSE_RELIANCE_QUOTE', '{"ltp": 1.5, "total_buy_quantity": NaN, "open": -Infinity}');
  assert.deepEqual(message.kind === 'tick' && message.data, {
    ltp: 1.5,
    total_buy_quantity: null,
    open: null,
  });
  const order = parse(
    'ANGEL_a_orders',
    '{"user_id": "a", "price": NaN, "reason": "was NaN, \\"Infinity\\""}',
  );
  assert.equal(
    order.kind === 'order' && order.text,
    '{"user_id": "a", "price": null, "reason": "was NaN, \\"Infinity\\""}',
  );
});
