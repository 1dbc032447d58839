/** A histogram of prom-client whose counts come from the data plane: they were counted where they happened. */
import { Histogram, type Registry } from 'prom-client';
import type { HistogramTotals } from './histogram-totals.ts';

/** One combination of labels. */
export interface HistogramSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly totals: HistogramTotals;
}

export interface HistogramMetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Exponents of the first and the last bound, each a power of two of µs. */
  readonly octaves: readonly [number, number];
  readonly read: () => Iterable<HistogramSeries>;
  readonly registry: Registry;
}

const US_PER_S = 1e6;

export class HistogramMetric extends Histogram<string> {
  readonly #options: HistogramMetricOptions;
  /** In no registry: what the library says of a histogram beside its values. */
  readonly #plain: Histogram<string>;

  constructor(options: HistogramMetricOptions) {
    const { name, help, labelNames, registry } = options;
    super({ name, help, labelNames: [...labelNames], registers: [registry] });
    this.#options = options;
    this.#plain = new Histogram({ name, help, registers: [] });
  }

  override async get(): ReturnType<Histogram<string>['get']> {
    return { ...(await this.#plain.get()), values: this.#values() };
  }

  /** What the registry asks instead of `get`. */
  async getForPromString(): ReturnType<Histogram<string>['get']> {
    return this.get();
  }

  #values(): Awaited<ReturnType<Histogram<string>['get']>>['values'] {
    const { name, octaves, read } = this.#options;
    const values: { metricName: string; labels: Record<string, string>; value: number }[] = [];
    for (const { labels, totals } of read()) {
      const add = (suffix: string, more: Record<string, string>, value: number) => {
        values.push({ metricName: `${name}_${suffix}`, labels: { ...labels, ...more }, value });
      };
      for (let octave = octaves[0]; octave <= octaves[1]; octave++) {
        add('bucket', { le: String(2 ** octave / US_PER_S) }, totals.below(octave));
      }
      add('bucket', { le: '+Inf' }, totals.count);
      add('sum', {}, totals.sumUs / US_PER_S);
      add('count', {}, totals.count);
    }
    return values;
  }
}
