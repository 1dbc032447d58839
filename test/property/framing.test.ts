import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { unpack } from 'msgpackr';
import { createTickEncoder, FEATURE, type SendTime } from '../../src/codec/framing.ts';
import { ABSENT_FLAGS, FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import {
  buildTickTemplate,
  buyLevelsWord,
  DOUBLE,
  LEVEL,
  sellLevelsWord,
  type TickTemplate,
  WORD,
} from '../../src/codec/tick-message.ts';
import { setInt64 } from '../support/sample-tick.ts';

const TWO_63 = 2n ** 63n;
const TWO_53 = 2n ** 53n;
const INT64_WORDS: readonly number[] = [
  WORD.EPOCH,
  WORD.SEQ,
  WORD.EXCHANGE_SEQ,
  WORD.EXCHANGE_TIME_MS,
  WORD.RECEIVE_TIME_NS,
  WORD.PUBLISH_TIME_NS,
  WORD.LTP,
  WORD.LAST_QUANTITY,
  WORD.AVERAGE_PRICE,
  WORD.VOLUME,
  WORD.OPEN,
  WORD.HIGH,
  WORD.LOW,
  WORD.CLOSE,
  WORD.OPEN_INTEREST,
  WORD.UPPER_CIRCUIT,
  WORD.LOWER_CIRCUIT,
];
const LEVEL_INT64S = 20;

const int64 = fc.oneof(
  fc.bigInt({ min: -3000n, max: 3_000_000n }),
  fc.bigInt({ min: 0n, max: 2n ** 34n }),
  fc.bigInt({ min: -TWO_63, max: TWO_63 - 1n }),
  fc.bigInt({ min: -3n, max: 3n }).map((offset) => TWO_53 + offset),
  fc.bigInt({ min: -3n, max: 3n }).map((offset) => -TWO_53 + offset),
  fc.constantFrom(0n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, -(2n ** 31n), -TWO_63, TWO_63 - 1n),
);
const total = fc.oneof(fc.double(), fc.integer().map(Number), fc.constantFrom(0, -0, 5000, Number.NaN));

/** The numbers of one tick message of mode DEPTH. */
const numbers = fc.record({
  int64s: fc.array(int64, { minLength: INT64_WORDS.length, maxLength: INT64_WORDS.length }),
  levels: fc.array(int64, { minLength: LEVEL_INT64S, maxLength: LEVEL_INT64S }),
  orders: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  totals: fc.tuple(total, total),
  /** Any set of absent values. */
  absent: fc.nat().map((bits) => bits & ABSENT_FLAGS),
  kind: fc.constantFrom(0, FLAG.SNAPSHOT, FLAG.STALE, FLAG.SNAPSHOT | FLAG.STALE, FLAG.GAP_BEFORE),
  sendTime: int64,
});
type Numbers = typeof numbers extends fc.Arbitrary<infer T> ? T : never;

const name = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 20 }));

const subscription = fc.record({
  symbol: name,
  exchange: name,
  decimals: fc.constantFrom(2, 4, 7),
  view: fc.constantFrom<Mode[]>(MODE.LTP, MODE.QUOTE, MODE.DEPTH, MODE.DEEP_DEPTH),
  features: fc.integer({ min: 0, max: 2 * FEATURE.STATUS - 1 }),
  depthLevel: fc.constantFrom(3, 5, 20),
});

function instrumentOf(names: { symbol: string; exchange: string }): Instrument {
  return { slot: 0, broker: 'angel', segment: 1, token: '1', ...names };
}

function fill(tick: TickTemplate, of: Numbers, send: SendTime): void {
  for (const [i, word] of INT64_WORDS.entries()) setInt64(tick.words, word, of.int64s[i] ?? 0n);
  for (const [i, value] of of.levels.entries()) {
    const first = i < 10 ? buyLevelsWord(tick.mode) : sellLevelsWord(tick.mode, tick.levels);
    const level = first + ((i % 10) >> 1) * LEVEL.WORDS;
    setInt64(tick.words, level + (i % 2 === 0 ? LEVEL.PRICE : LEVEL.QUANTITY), value);
    tick.words[level + LEVEL.ORDERS] = of.orders + i;
  }
  tick.doubles[DOUBLE.TOTAL_BUY_QUANTITY] = of.totals[0];
  tick.doubles[DOUBLE.TOTAL_SELL_QUANTITY] = of.totals[1];
  tick.words[WORD.FLAGS] = of.absent | of.kind;
  setInt64(send, 0, of.sendTime);
}

/** A price spelled by moving the point in the text of the integer. */
function spellPrice(value: bigint, decimals: number): string {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0');
  const text = `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/(\.\d+?)0+$/, '$1');
  return value < 0n ? `-${text}` : text;
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/** Hundredths of a percent, half away from zero. */
function percentOf(change: bigint, close: bigint): bigint {
  if (close === 0n) return 0n;
  const sign = change < 0n !== close < 0n ? -1n : 1n;
  const [size, base] = [change < 0n ? -change : change, close < 0n ? -close : close];
  return sign * ((size * 20_000n + base) / (2n * base));
}

describe('the framings of a tick', () => {
  it('give the same object for any numbers, names, scale, view and features, tick after tick', () => {
    fc.assert(
      fc.property(subscription, fc.array(numbers, { minLength: 1, maxLength: 4 }), (wish, ticks) => {
        const instrument = instrumentOf(wish);
        const tick = buildTickTemplate(instrument, MODE.DEPTH, wish.decimals);
        const send: SendTime = new Int32Array(2);
        const { view, features, depthLevel } = wish;
        const json = createTickEncoder('json', instrument, view, features, { depthLevel });
        const msgpack = createTickEncoder('msgpack', instrument, view, features, { depthLevel });
        for (const of of ticks) {
          fill(tick, of, send);
          const text = Buffer.from(json.encode(tick.words, tick.doubles, send)).toString();
          const parsed = JSON.parse(text);
          const unpacked = unpack(msgpack.encode(tick.words, tick.doubles, send));
          assert.deepStrictEqual(unpacked, parsed);
          assert.equal(JSON.stringify(unpacked), JSON.stringify(parsed));
          assert.equal(json.counters.rounded, msgpack.counters.rounded);

          const fresh = createTickEncoder('json', instrument, view, features, { depthLevel });
          assert.equal(Buffer.from(fresh.encode(tick.words, tick.doubles, send)).toString(), text);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('spell every number of a quote exactly', () => {
    fc.assert(
      fc.property(numbers, fc.constantFrom(2, 4, 7), (of, decimals) => {
        const instrument = instrumentOf({ symbol: 'SBIN', exchange: 'NSE' });
        const tick = buildTickTemplate(instrument, MODE.DEPTH, decimals);
        const send: SendTime = new Int32Array(2);
        fill(tick, { ...of, absent: 0, kind: 0, totals: [1, 2] }, send);
        const features = FEATURE.SEQUENCE | FEATURE.STAMPS;
        const encoder = createTickEncoder('json', instrument, MODE.QUOTE, features);
        const at = (word: number) => of.int64s[INT64_WORDS.indexOf(word)] ?? 0n;
        const price = (word: number) => spellPrice(at(word), decimals);
        const change = at(WORD.LTP) - at(WORD.CLOSE);
        const quantity = at(WORD.LAST_QUANTITY);
        assert.equal(
          Buffer.from(encoder.encode(tick.words, tick.doubles, send)).toString(),
          '{"type": "market_data", "symbol": "SBIN", "exchange": "NSE", "mode": 2, "data": {' +
            `"ltp": ${price(WORD.LTP)}, "ltt": ${at(WORD.EXCHANGE_TIME_MS)}, "volume": ${at(WORD.VOLUME)}, ` +
            `"open": ${price(WORD.OPEN)}, "high": ${price(WORD.HIGH)}, "low": ${price(WORD.LOW)}, ` +
            `"close": ${price(WORD.CLOSE)}, "last_trade_quantity": ${quantity}, ` +
            `"average_price": ${price(WORD.AVERAGE_PRICE)}, "total_buy_quantity": 1.0, ` +
            '"total_sell_quantity": 2.0, "symbol": "SBIN", "exchange": "NSE", "mode": 2, ' +
            `"timestamp": ${floorDivide(at(WORD.RECEIVE_TIME_NS), 1_000_000n)}, ` +
            `"avg_trade_price": ${price(WORD.AVERAGE_PRICE)}, "ltq": ${quantity}, "last_quantity": ${quantity}, ` +
            `"change": ${spellPrice(change, decimals)}, ` +
            `"change_percent": ${spellPrice(percentOf(change, at(WORD.CLOSE)), 2)}}, "broker": "angel", ` +
            `"epoch": ${at(WORD.EPOCH)}, "seq": ${at(WORD.SEQ)}, "stamps": {` +
            `"exchange_time": ${at(WORD.EXCHANGE_TIME_MS) * 1_000_000n}, ` +
            `"receive_time": ${at(WORD.RECEIVE_TIME_NS)}, "publish_time": ${at(WORD.PUBLISH_TIME_NS)}, ` +
            `"send_time": ${of.sendTime}, "exchange_seq": ${at(WORD.EXCHANGE_SEQ)}}}`,
        );
      }),
      { numRuns: 600 },
    );
  });
});
