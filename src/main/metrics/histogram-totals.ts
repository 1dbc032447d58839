/** What histograms of the data plane come to: since the start for metrics, of a second for people. Main thread. */
import {
  BUCKETS,
  bucketStart,
  type HistogramIncrement,
  PARTS,
} from '../../workers/measures/hop-histogram.ts';

/** Percentiles, in ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly count: number;
}

const US_PER_MS = 1000;

export class HistogramTotals {
  readonly #counts = new Float64Array(BUCKETS);
  count = 0;
  sumUs = 0;
  #maxUs = 0;

  add({ counts, sumUs, maxUs }: HistogramIncrement): void {
    for (let i = 0; i < BUCKETS; i++) {
      this.#counts[i] = this.#counts[i]! + counts[i]!;
      this.count += counts[i]!;
    }
    this.sumUs += sumUs;
    this.#maxUs = Math.max(this.#maxUs, maxUs);
  }

  /** How many took less than `2 ** octave` µs. */
  below(octave: number): number {
    let count = 0;
    for (let i = 0; i <= octave * PARTS; i++) count += this.#counts[i]!;
    return count;
  }

  /** Each is told at most an eighth too long. Null when there is nothing. */
  percentiles(): Percentiles | null {
    if (this.count === 0) return null;
    return {
      p50: this.#quantile(0.5),
      p99: this.#quantile(0.99),
      p999: this.#quantile(0.999),
      max: this.#maxUs / US_PER_MS,
      count: this.count,
    };
  }

  #quantile(part: number): number {
    const wanted = Math.max(1, Math.ceil(part * this.count));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i]!;
      if (seen >= wanted) return Math.min(bucketStart(i + 1), this.#maxUs) / US_PER_MS;
    }
    return this.#maxUs / US_PER_MS;
  }
}
