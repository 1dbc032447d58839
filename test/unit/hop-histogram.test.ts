/** Latencies that an operator reads must be those that were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HistogramTotals } from '../../src/main/metrics/histogram-totals.ts';
import { HopHistogram } from '../../src/workers/measures/hop-histogram.ts';

function totalsOf(...groups: readonly (readonly number[])[]): HistogramTotals {
  const totals = new HistogramTotals();
  for (const group of groups) {
    const histogram = new HopHistogram();
    for (const us of group) histogram.record(us);
    const increment = histogram.take();
    if (increment !== null) totals.add(increment);
  }
  return totals;
}

test('a percentile is never told shorter than it was, and at most an eighth longer', () => {
  const times = fc.array(fc.double({ min: 1, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, times, (one, other) => {
      const told = totalsOf(one, other).percentiles()!;
      const sorted = [...one, ...other].sort((a, b) => a - b);
      for (const [part, ms] of [
        [0.5, told.p50],
        [0.99, told.p99],
        [0.999, told.p999],
      ] as const) {
        const exact = sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1]! / 1000;
        assert.ok(ms >= exact && ms <= exact * 1.125 + 1e-9, `${part}: ${ms} for ${exact}`);
      }
      assert.equal(told.max, sorted.at(-1)! / 1000);
      assert.equal(told.count, sorted.length);
    }),
  );
});

test('what is counted below each bound of a chart is what was below it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 3e8, noNaN: true }), { maxLength: 100 }), (times) => {
      const totals = totalsOf(times);
      for (let octave = 0; octave <= 27; octave++) {
        assert.equal(totals.below(octave), times.filter((us) => us < 2 ** octave).length, `2^${octave} µs`);
      }
      assert.equal(totals.count, times.length);
    }),
  );
});

test('what was told once is not told again, and nothing is told of nothing', () => {
  const histogram = new HopHistogram();
  assert.equal(histogram.take(), null);
  histogram.record(5);
  assert.equal(histogram.take()?.sumUs, 5);
  assert.equal(histogram.take(), null);
  assert.equal(totalsOf([]).percentiles(), null);
});

test('a drain recorded in one go is what its ticks one by one would be, and a clock that is ahead shows', () => {
  const now = 1e9;
  const ages = [0, 1500, 40_000, 1e6, 7.5e8];
  const inOne = new HopHistogram();
  const times = Float64Array.from([...ages.map((age) => now - age), now + 500, 0]);
  assert.equal(inOne.recordAges(times, 6, now), 1);
  const oneByOne = new HopHistogram();
  for (const age of [...ages, 0]) oneByOne.record(age / 1000);
  assert.deepEqual(inOne.take(), oneByOne.take());
});
