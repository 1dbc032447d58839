/** Ratios of two lanes, formed within each round: what survives a noisy machine. */
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { RunResult } from './run-result.ts';

export interface RatioColumn {
  readonly name: string;
  /** Null where the system does not tell. */
  readonly of: (run: RunResult) => number | null;
}

export const RATIO = {
  P50: { name: 'p50', of: ({ latency }: RunResult) => latency.p50 },
  P99: { name: 'p99', of: ({ latency }: RunResult) => latency.p99 },
  P999: { name: 'p99.9', of: ({ latency }: RunResult) => latency.p999 },
  CPU: { name: 'CPU per delivery', of: (run: RunResult) => run.engineCpuSecondsPerMillion },
} as const satisfies Record<string, RatioColumn>;

/** The ratio in each round where both are known. */
export function ratiosOf(
  runs: readonly RunResult[],
  base: readonly RunResult[],
  of: RatioColumn['of'],
): readonly number[] {
  return runs.flatMap((run, i) => {
    const above = of(run);
    const other = base[i];
    const below = other === undefined ? null : of(other);
    return above === null || below === null || below === 0 ? [] : [above / below];
  });
}

/**
 * @param pairs each lane with the one that it is compared to
 * @param columns what is compared
 */
export function ratioTable(
  title: string,
  corner: string,
  cells: ReadonlyMap<string, readonly RunResult[]>,
  pairs: readonly (readonly [lane: string, base: string])[],
  columns: readonly RatioColumn[],
): Table {
  const rows = pairs.map(([lane, base]) => [
    lane,
    ...columns.map(({ of }) => {
      const ratios = ratiosOf(cells.get(lane) ?? [], cells.get(base) ?? [], of);
      return ratios.length === 0 ? '-' : formatSpread(spreadOf(ratios), 2);
    }),
  ]);
  return { title, columns: [corner, ...columns.map(({ name }) => name)], rows };
}
