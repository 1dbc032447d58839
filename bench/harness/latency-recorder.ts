/**
 * Latencies in an HdrHistogram (three significant digits). The caller records from the *intended* time of an event to its
 * arrival: when the load generator or the thing measured stands still, every event that was due meanwhile shows the whole
 * wait. That is the correction of coordinated omission at its source, without a guess at what was not sent.
 */
import { build, type Histogram } from 'hdr-histogram-js';

const HIGHEST_NS = 100e9;

/** Where the curves of plots have their points: the closer to 100, the denser, as evenly as a logarithm of 1 / (1 - p) asks. */
export const PLOT_PERCENTILES = [
  0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.3, 99.5, 99.7, 99.8, 99.9, 99.93,
  99.95, 99.97, 99.98, 99.99, 99.995, 99.998, 99.999,
] as const;

export interface LatencySummary {
  readonly count: number;
  /** All in µs. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
  /** At PLOT_PERCENTILES. */
  readonly curve: readonly number[];
}

export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_NS,
    numberOfSignificantValueDigits: 3,
  });

  /** Two clocks' readings may cross by less than their resolution: that counts as 0. Neither allocates nor throws. */
  record(us: number): void {
    const ns = us <= 0 ? 0 : Math.min(HIGHEST_NS, Math.round(us * 1000));
    this.#histogram.recordValue(ns);
  }

  reset(): void {
    this.#histogram.reset();
  }

  summary(): LatencySummary {
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile) / 1000;
    return {
      count: this.#histogram.totalCount,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      p9999: at(99.99),
      max: this.#histogram.maxValue / 1000,
      curve: PLOT_PERCENTILES.map(at),
    };
  }
}

export const LATENCY_COLUMNS = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'] as const;

/** The percentiles of several rounds in the order of LATENCY_COLUMNS. */
export function percentilesOf(summaries: readonly LatencySummary[]): number[][] {
  const pick = (of: (summary: LatencySummary) => number) => summaries.map(of);
  return [
    pick(({ p50 }) => p50),
    pick(({ p90 }) => p90),
    pick(({ p99 }) => p99),
    pick(({ p999 }) => p999),
    pick(({ p9999 }) => p9999),
    pick(({ max }) => max),
  ];
}
