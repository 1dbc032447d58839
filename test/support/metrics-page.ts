/** What `/metrics` says, read as Prometheus reads it. */
import { COUNTER_ROWS, UNSHOWN_COUNTERS } from '../../src/main/metrics/counter-table.ts';
import type { EngineMetrics } from '../../src/main/metrics/engine-metrics.ts';
import { GAUGE_ROWS } from '../../src/main/metrics/gauge-table.ts';
import { labelsOf } from '../../src/main/metrics/sum-counters.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class MetricsText {
  readonly samples: readonly Sample[];
  /** By name of the metric, as its TYPE line says. */
  readonly types: ReadonlyMap<string, string>;

  /** @throws Error for a line that is neither a comment nor a sample */
  constructor(text: string) {
    const types = new Map<string, string>();
    this.samples = text.split('\n').flatMap((line) => {
      const type = /^# TYPE (\S+) (\S+)$/.exec(line);
      if (type !== null) types.set(type[1]!, type[2]!);
      if (line === '' || line.startsWith('#')) return [];
      const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (sample === null) throw new Error(`no sample: ${line}`);
      const labels = [...(sample[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [
        name,
        value,
      ]);
      return [{ name: sample[1]!, labels: Object.fromEntries(labels), value: Number(sample[3]) }];
    });
    this.types = types;
  }

  /** Sum of the samples of a name whose labels are these; undefined when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}

export async function readMetrics(metrics: EngineMetrics): Promise<MetricsText> {
  return new MetricsText((await metrics.page('/metrics')).body);
}

/** Counters of threads that are in no metric, as `kind: name`. */
export function hiddenCounters({ records }: EngineMetrics): string[] {
  return [...records].flatMap(({ kind, counters }) =>
    Object.keys(counters)
      .filter((counter) => {
        const isCounted = COUNTER_ROWS.some((row) => row.from === kind && labelsOf(row, counter) !== null);
        const isGauge = GAUGE_ROWS.some((row) => row.from === kind && row.counter === counter);
        return !isCounted && !isGauge && !UNSHOWN_COUNTERS.has(counter);
      })
      .map((counter) => `${kind}: ${counter}`),
  );
}
