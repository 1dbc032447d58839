/** The candles of the example: right to the tick, and honest where ticks are missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Candle, CandleBuilder } from '../../examples/candles.ts';
import type { QuoteTick } from '../../src/client/index.ts';

const MINUTE = 60_000;
const START = 1787371200000;
const GAP = { reason: 'away', missed: null, lastEpoch: 1, lastSeq: 1, epoch: 1, nextSeq: 9 };

function quote(second: number, ltp: number, volume: number | null, more: Partial<QuoteTick> = {}): QuoteTick {
  const name = {
    instrument: 'NSE:TCS',
    exchange: 'NSE',
    symbol: 'TCS',
    broker: 'angel',
    mode: 'quote' as const,
  };
  const none = {
    gap: null,
    receipt: null,
    stamps: null,
    isSnapshot: false,
    isStale: false,
    epoch: 1,
    seq: 1,
  };
  const day = {
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    averagePrice: 1,
    totalBuyQuantity: 1,
    totalSellQuantity: 1,
  };
  const rest = { lastQuantity: 1, change: 0, changePercent: 0, receivedAt: 0 };
  return { ...name, ...none, ...day, ...rest, time: START + second * 1000, ltp, volume, ...more };
}

function candlesOf(ticks: readonly QuoteTick[], endSecond = 1e6): Candle[] {
  const candles: Candle[] = [];
  const builder = new CandleBuilder(60, (candle) => void candles.push(candle));
  for (const tick of ticks) builder.take(tick);
  builder.closeBefore(START + endSecond * 1000);
  return candles;
}

const briefly = ({ start, open, high, low, close, volume }: Candle) => [
  (Date.parse(start) - START) / MINUTE,
  open,
  high,
  low,
  close,
  volume,
];

test('each trade is in the candle of its minute, whatever ticks without a trade come between', () => {
  const trade = fc.record({
    after: fc.integer({ min: 0, max: 50 }),
    ltp: fc.integer({ min: 1, max: 99 }),
    size: fc.nat({ max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 60, size: 'max' }), (trades) => {
      let [second, volume] = [0, 1000];
      let last = quote(0, 50, volume);
      const ticks = [last];
      const expected = new Map<number, number[]>();
      let total = 0;
      for (const { after, ltp, size } of trades) {
        // Without a trade the exchange repeats the time and the price of the last one.
        if (size > 0) {
          second += after;
          volume += size;
          total += size;
          last = quote(second, ltp, volume);
          const minute = Math.floor(second / 60);
          expected.set(minute, [...(expected.get(minute) ?? []), ltp]);
        }
        ticks.push(last);
      }
      const traded = candlesOf(ticks).filter((candle) => candle.trades > 0);
      assert.deepEqual(
        traded.map((candle) => briefly(candle).slice(0, 5)),
        [...expected].map(([minute, prices]) => [
          minute,
          prices[0],
          Math.max(...prices),
          Math.min(...prices),
          prices.at(-1),
        ]),
      );
      assert.equal(
        traded.reduce((sum, candle) => sum + candle.volume, 0),
        total,
      );
      // Only the first one may lack what was before the program began.
      assert.deepEqual(
        traded.filter(
          (candle) => !candle.isComplete && !candle.start.startsWith(new Date(START).toISOString()),
        ),
        [],
      );
    }),
    { numRuns: 300 },
  );
});

test('candles on both sides of a gap and within it say so, and the one behind them is whole again', () => {
  const candles = candlesOf([
    quote(0, 100, 10),
    quote(61, 101, 11),
    quote(250, 90, 50, { gap: GAP }),
    quote(310, 91, 51),
  ]);
  assert.deepEqual(candles.map(briefly), [
    [0, null, null, null, null, 0],
    [1, 101, 101, 101, 101, 1],
    [2, null, null, null, null, 0],
    [3, null, null, null, null, 0],
    [4, 90, 90, 90, 90, 39],
    [5, 91, 91, 91, 91, 1],
  ]);
  assert.deepEqual(
    candles.map(({ notes }) => notes),
    [
      ['begins in the middle'],
      ['ends in a gap'],
      ['lies in a gap'],
      ['lies in a gap'],
      ['unknown number of ticks missing (away)'],
      [],
    ],
  );
  assert.deepEqual(
    candles.map(({ isComplete }) => isComplete),
    [false, false, false, false, false, true],
  );
});

test('the wicks of merged ticks are in the candle, and a receipt over two minutes makes both doubtful', () => {
  const receipt = {
    merged: 5,
    firstEpoch: 1,
    firstSeq: 1,
    epoch: 1,
    lastSeq: 5,
    low: 80,
    high: 120,
    by: 'server' as const,
  };
  const [, within] = candlesOf([quote(0, 100, 10), quote(61, 100, 11), quote(70, 101, 15, { receipt })]);
  assert.deepEqual([briefly(within!), within!.isComplete], [[1, 100, 120, 80, 101, 5], true]);
  const over = candlesOf([quote(0, 100, 10), quote(61, 100, 11), quote(130, 101, 15, { receipt })]);
  assert.deepEqual(
    over.slice(1).map(({ notes }) => notes),
    [['ticks of two candles came as one'], ['ticks of two candles came as one']],
  );
});

test('a candle of a lost connection, a late trade and an index without volume are told as what they are', () => {
  const candles: Candle[] = [];
  const builder = new CandleBuilder(60, (candle) => void candles.push(candle));
  builder.take(quote(0, 100, 10));
  builder.take(quote(61, 101, 11));
  builder.interrupt('disconnected');
  builder.closeBefore(START + 2 * MINUTE);
  builder.take(quote(62, 102, 12));
  builder.take(quote(121, 103, 13));
  builder.take(quote(110, 104, 14));
  builder.closeBefore(START + 3 * MINUTE);
  assert.deepEqual(
    candles.slice(1).map(({ notes }) => notes),
    [
      ['the feed is disconnected'],
      ['goes on with a candle that was told already'],
      ['has a trade that came late'],
    ],
  );
  const index = candlesOf([
    quote(0, 100, null),
    quote(5, 100, null),
    quote(61, 101, null),
    quote(70, 99, null),
  ]);
  assert.deepEqual(index.map(briefly).at(-1), [1, 101, 101, 99, 99, 0]);
});
