/** What a receipt looks like. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpack } from 'msgpackr';
import { receiptMessage } from '../../src/codec/receipt-message.ts';
import { MODE } from '../../src/codec/tick.ts';

const INSTRUMENT = { symbol: 'M&M', exchange: 'NSE', broker: 'angel' };
const TICKS = {
  merged: 7,
  firstEpoch: 1787371200000,
  firstSeq: 5,
  lastEpoch: 1787371200001,
  lastSeq: 3,
  low: 249_950,
  high: 250_000,
  priceDecimals: 2,
};

test('a receipt has the prices of its trades as ticks have them, with a point and exact', () => {
  assert.equal(
    receiptMessage('json', INSTRUMENT, MODE.DEPTH, TICKS),
    '{"type": "receipt", "symbol": "M&M", "exchange": "NSE", "mode": 3, "merged": 7, "first_epoch": 1787371200000, ' +
      '"first_seq": 5, "epoch": 1787371200001, "last_seq": 3, "low": 2499.5, "high": 2500.0, "broker": "angel"}',
  );
});

test('a receipt is the same in msgpack, key by key', () => {
  const json = JSON.parse(receiptMessage('json', INSTRUMENT, MODE.LTP, TICKS) as string) as object;
  const packed = unpack(receiptMessage('msgpack', INSTRUMENT, MODE.LTP, TICKS) as Uint8Array) as object;
  assert.deepEqual(packed, json);
  assert.deepEqual(Object.keys(packed), Object.keys(json));
});

test('a receipt of ticks without a trade says so', () => {
  const quiet = { ...TICKS, low: Number.NaN, high: Number.NaN };
  assert.match(receiptMessage('json', INSTRUMENT, MODE.LTP, quiet) as string, /"low": null, "high": null/);
  const { low, high } = unpack(
    receiptMessage('msgpack', INSTRUMENT, MODE.LTP, quiet) as Uint8Array,
  ) as typeof TICKS;
  assert.deepEqual([low, high], [null, null]);
});
