import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latencyPlot } from '../../../bench/harness/latency-plot.ts';
import { LatencyRecorder, PLOT_PERCENTILES } from '../../../bench/harness/latency-recorder.ts';

function measured(values: readonly number[]) {
  const recorder = new LatencyRecorder();
  for (const value of values) recorder.record(value);
  return { latency: recorder.summary() };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test('a latency summary has a curve over the percentiles of plots, which agrees with its own percentiles', () => {
  const { latency } = measured(upTo(10_000));
  assert.equal(latency.curve.length, PLOT_PERCENTILES.length);
  const at = (percentile: (typeof PLOT_PERCENTILES)[number]) =>
    latency.curve[PLOT_PERCENTILES.indexOf(percentile)];
  assert.deepEqual(
    [at(50), at(90), at(99), at(99.9), at(99.99)],
    [latency.p50, latency.p90, latency.p99, latency.p999, latency.p9999],
  );
  assert.ok(latency.curve.every((us, i) => i === 0 || us >= latency.curve[i - 1]!));
});

test('a line of a plot is the median of the rounds at each percentile, so one bad round does not draw it', () => {
  const rounds = [1, 2, 500].map((factor) => measured(upTo(1000).map((us) => us * factor)));
  const [line] = latencyPlot('a title', new Map([['a line', rounds]])).series;
  const half = PLOT_PERCENTILES.indexOf(50);
  assert.ok(Math.abs(line!.curve[half]! - 1000) < 2, `${line!.curve[half]}`);
});

test('a line of a plot ends where a percentile would stand for less than one of the events', () => {
  const cells = new Map([
    ['few', [measured(upTo(100)), measured(upTo(5000))]],
    ['many', [measured(upTo(100_000))]],
    ['nothing arrived', [measured([])]],
  ]);
  const { series } = latencyPlot('a title', cells);
  const ends = series.map(({ name, curve }) => [name, PLOT_PERCENTILES[curve.length - 1]]);
  assert.deepEqual(ends, [
    ['few', 99],
    ['many', 99.999],
  ]);
});
