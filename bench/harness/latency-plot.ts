/** Latencies of all rounds as curves over the percentiles. */
import { type LatencySummary, PLOT_PERCENTILES } from './latency-recorder.ts';
import type { Plot } from './scenario.ts';
import { spreadOf } from './spread.ts';

interface Measured {
  readonly latency: LatencySummary;
}

/** Points at which a percentile still leaves out at least one of the events: those behind only repeat the largest. */
function pointsFor(count: number): number {
  // Beyond 99.999 % floating point takes the last event away without the allowance.
  const points = PLOT_PERCENTILES.filter((percentile) => (1 - percentile / 100) * count >= 0.999);
  return points.length;
}

/** The median over the rounds at each of PLOT_PERCENTILES. */
function curveOf(runs: readonly Measured[]): number[] {
  const points = pointsFor(Math.min(...runs.map(({ latency }) => latency.count)));
  return PLOT_PERCENTILES.slice(0, points).map(
    (_, i) => spreadOf(runs.map(({ latency }) => latency.curve[i]!)).median,
  );
}

/** @param cells the runs of each line, one for each round; lines in which nothing was recorded are left out */
export function latencyPlot(title: string, cells: ReadonlyMap<string, readonly Measured[]>): Plot {
  const series = [...cells]
    .map(([name, runs]) => ({ name, curve: curveOf(runs) }))
    .filter(({ curve }) => curve.length > 0);
  return { title, series };
}
