import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type AngelMode, encodeFrame, encodeToken } from '../../src/codec/angel/frame-encoder.ts';
import { createFrameTarget } from '../../src/codec/frame-target.ts';
import type { MarketLevel, MarketState } from '../../src/codec/market-state.ts';

interface ExpectedFields {
  readonly mode: AngelMode;
  readonly exchange_type: number;
  readonly token: string;
  readonly best_five_buy?: readonly MarketLevel[];
  readonly best_five_sell?: readonly MarketLevel[];
  readonly depth20_buy?: readonly MarketLevel[];
  readonly depth20_sell?: readonly MarketLevel[];
  readonly [field: string]: unknown;
}

interface Vector {
  readonly name: string;
  readonly length: number;
  readonly hex: string;
  readonly tags: readonly string[];
  readonly expected: ExpectedFields;
}

const VECTORS: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/angel-frames.json', import.meta.url), 'utf8'),
);

/** Frames that no exchange would build: wrong order of sides, or an integer that a double cannot hold. */
const NOT_ENCODABLE = new Set(['snap_flags_against_position', 'quote_volume_above_2_53']);

function isRegular({ name, tags }: Vector): boolean {
  return /^(ltp|quote|snap|depth20|token_\d)/.test(name) && tags.includes('ok') && !NOT_ENCODABLE.has(name);
}

function stateOf(expected: ExpectedFields): MarketState {
  const field = (name: string): number => Number(expected[name] ?? 0);
  const mode4 = expected.mode === 4;
  return {
    exchangeType: expected.exchange_type,
    tokenBytes: encodeToken(expected.token),
    sequenceNumber: field('sequence_number'),
    exchangeTimeMs: mode4 ? 0 : field('exchange_timestamp'),
    depthTimeMs: mode4 ? field('exchange_timestamp') : 0,
    lastTradedPrice: field('last_traded_price'),
    lastTradedQuantity: field('last_traded_quantity'),
    averageTradedPrice: field('average_traded_price'),
    volume: field('volume_traded'),
    totalBuyQuantity: field('total_buy_quantity'),
    totalSellQuantity: field('total_sell_quantity'),
    open: field('open_price'),
    high: field('high_price'),
    low: field('low_price'),
    close: field('close_price'),
    lastTradedTime: field('last_traded_timestamp'),
    openInterest: field('open_interest'),
    openInterestChange: field('open_interest_change'),
    upperCircuit: field('upper_circuit'),
    lowerCircuit: field('lower_circuit'),
    high52w: field('high_52w'),
    low52w: field('low_52w'),
    buy: expected.best_five_buy ?? expected.depth20_buy ?? [],
    sell: expected.best_five_sell ?? expected.depth20_sell ?? [],
  };
}

test('the encoder writes the exact bytes of every verified frame', () => {
  const regular = VECTORS.filter(isRegular);
  assert.ok(regular.length >= 18, `only ${regular.length} vectors`);
  for (const { name, hex, length, expected } of regular) {
    const target = createFrameTarget(length);
    assert.equal(encodeFrame(expected.mode, stateOf(expected), target, 0), length, name);
    assert.equal(target.bytes.toString('hex'), hex, name);
  }
});

test('a frame in a reused buffer leaves nothing of the frame before and touches no byte around it', () => {
  const [first, second] = ['snap_nse_fo_option', 'snap_empty_book'].map((wanted) =>
    VECTORS.find(({ name }) => name === wanted),
  );
  assert.ok(first && second);
  const target = createFrameTarget(400);
  target.bytes.fill(0xee);
  encodeFrame(first.expected.mode, stateOf(first.expected), target, 7);
  encodeFrame(second.expected.mode, stateOf(second.expected), target, 7);
  assert.equal(target.bytes.subarray(7, 386).toString('hex'), second.hex);
  assert.ok(target.bytes.subarray(0, 7).every((byte) => byte === 0xee));
  assert.ok(target.bytes.subarray(386).every((byte) => byte === 0xee));
});

test('a book with fewer levels than the frame ends in empty levels with the flag of their side', () => {
  const vector = VECTORS.find(({ name }) => name === 'snap_empty_book');
  assert.ok(vector);
  const target = createFrameTarget(379);
  encodeFrame(3, { ...stateOf(vector.expected), buy: [], sell: [] }, target, 0);
  assert.equal(target.bytes.toString('hex'), vector.hex);
});

test('integers beyond 32 bits and below zero are exact', () => {
  const vector = VECTORS.find(({ name }) => name === 'ltp_nse_cm');
  assert.ok(vector);
  const target = createFrameTarget(51);
  for (const price of [-1, -(2 ** 31) - 1, -(2 ** 32), 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1]) {
    encodeFrame(1, { ...stateOf(vector.expected), lastTradedPrice: price }, target, 0);
    assert.equal(target.bytes.readBigInt64LE(43), BigInt(price));
  }
});

test('a token that does not fit its field is refused with its length', () => {
  assert.throws(() => encodeToken('1'.repeat(26)), /26 bytes; the frame holds 25/);
  assert.equal(encodeToken('1'.repeat(25)).at(-1), 0x31);
});
