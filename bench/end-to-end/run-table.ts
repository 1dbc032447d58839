/** What the tables of all end-to-end scenarios have in common. */
import { LATENCY_COLUMNS, percentilesOf } from '../harness/latency-recorder.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { RunResult } from './run-result.ts';

function medianOf(values: readonly (number | null)[], digits: number): string {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? '-' : formatSpread(spreadOf(known), digits);
}

/** Latencies from the intended time, µs: the median of the rounds, p50 and p99 with their quartiles. */
export function latencyTable(title: string, cells: ReadonlyMap<string, readonly RunResult[]>): Table {
  const rows = [...cells].map(([name, runs]) => {
    const percentiles = percentilesOf(runs.map(({ latency }) => latency)).map((values, i) =>
      i === 0 || i === 2 ? medianOf(values, 0) : spreadOf(values).median.toFixed(0),
    );
    const lag = percentilesOf(runs.map(({ generatorLag }) => generatorLag)).map(
      (values) => spreadOf(values).median,
    );
    return [name, ...percentiles, lag[0]!.toFixed(0), lag[2]!.toFixed(0)];
  });
  return { title, columns: ['µs', ...LATENCY_COLUMNS, 'generator p50', 'p99'], rows };
}

/** Deliveries and what they cost the engine. */
export function costTable(title: string, cells: ReadonlyMap<string, readonly RunResult[]>): Table {
  const rows = [...cells].map(([name, runs]) => {
    const sum = (of: (run: RunResult) => number) => runs.reduce((total, run) => total + of(run), 0);
    return [
      name,
      String(sum(({ received }) => received)),
      String(sum(({ lost }) => lost)),
      medianOf(
        runs.map(({ engineCpuSecondsPerMillion }) => engineCpuSecondsPerMillion),
        2,
      ),
      medianOf(
        runs.map(({ engineCpuShare }) => engineCpuShare),
        2,
      ),
      medianOf(
        runs.map(({ engineRssMiB }) => engineRssMiB),
        0,
      ),
      medianOf(
        runs.map(({ generatorCpuShare }) => generatorCpuShare),
        2,
      ),
      medianOf(
        runs.map(({ clientCpuShare }) => clientCpuShare),
        2,
      ),
    ];
  });
  const columns = [
    '',
    'delivered',
    'lost',
    'CPU s per 10⁶ deliveries',
    'engine cores',
    'RSS MiB',
    'generator cores',
    'client cores',
  ];
  return { title, columns, rows };
}
