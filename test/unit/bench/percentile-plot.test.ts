import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLOT_PERCENTILES } from '../../../bench/harness/latency-recorder.ts';
import { percentilePlot } from '../../../bench/harness/percentile-plot.ts';
import { PLOT_HEIGHT, PLOT_MARGIN, PLOT_WIDTH, plotScale } from '../../../bench/harness/plot-scale.ts';

const LEFT = PLOT_MARGIN.left;
const RIGHT = PLOT_WIDTH - PLOT_MARGIN.right;
const TOP = PLOT_MARGIN.top;
const BOTTOM = PLOT_HEIGHT - PLOT_MARGIN.bottom;
const ALL = PLOT_PERCENTILES.length;

/** From 10 µs to 10,000 µs. */
const rising = PLOT_PERCENTILES.map((_, i) => 10 ** (1 + (3 * i) / (ALL - 1)));
const plotOf = (...curves: readonly (readonly number[])[]) => ({
  title: 'a plot',
  series: curves.map((curve, i) => ({ name: `line ${i}`, curve })),
});
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} instead of ${expected}`);

test('each nine more of a percentile takes the same width, from the left edge to the right one', () => {
  const { x } = plotScale(plotOf(rising));
  near(x(0), LEFT);
  near(x(99.999), RIGHT);
  const step = (RIGHT - LEFT) / 5;
  near(x(90), LEFT + step);
  near(x(99), LEFT + 2 * step);
  near(x(99.99), LEFT + 4 * step);
});

test('each factor of ten in µs takes the same height, and the largest value stands at the top', () => {
  const { y } = plotScale(plotOf(rising));
  near(y(10), BOTTOM);
  near(y(10_000), TOP);
  near(y(100), BOTTOM - (BOTTOM - TOP) / 3);
});

test('the axis ends where the longest line ends, and no label stands behind that', () => {
  const few = rising.slice(0, PLOT_PERCENTILES.indexOf(99) + 1);
  const { x, xTicks } = plotScale(plotOf(few, few.slice(0, 5)));
  near(x(99), RIGHT);
  assert.deepEqual(
    xTicks.map(({ label }) => label),
    ['0 %', '50 %', '90 %', '99 %'],
  );
});

test('a latency of nothing, one value, or no value at all still gives an axis with room in it', () => {
  for (const curve of [[0, 0.0001], [100], [250, 250], [7, 7.5]]) {
    const { y, yTicks } = plotScale(plotOf(curve));
    assert.ok(yTicks.length >= 2, `${curve}: ${yTicks.length} lines`);
    for (const us of curve) assert.ok(y(us) >= TOP - 1e-6 && y(us) <= BOTTOM + 1e-6, `${us} at ${y(us)}`);
  }
  assert.match(percentilePlot({ title: 'empty', series: [] }), /Nothing was recorded/);
});

test('a drawing has a line and a legend with its percentiles for each series, and escapes their names', () => {
  const plot = { title: 'p <1>', series: [{ name: 'a & "b"', curve: rising }] };
  const svg = percentilePlot(plot);
  assert.equal(svg.match(/<polyline/g)?.length, 1);
  const [first] = /points="([^"]*)"/.exec(svg)![1]!.split(' ');
  assert.equal(first, `${LEFT},${BOTTOM}`);
  assert.ok(svg.includes('a &amp; &quot;b&quot;</td>'));
  assert.ok(svg.includes('p &lt;1&gt;'));
  assert.ok(!svg.includes('a & "b"'));
});
