/**
 * The rounds of a scenario's report as rows of numbers: what two reports are compared by. A row is an entry `{ name, runs }`
 * of `rounds`, whose elements have some of the values below; entries of another form are left out.
 */
import type { ScenarioReport } from './scenario.ts';

type Quantity = 'p50 µs' | 'p99 µs' | 'CPU s per 10⁶' | 'ns per op';

export interface MeasuredRow {
  readonly name: string;
  /** One value for each round in which it is known. */
  readonly quantities: ReadonlyMap<Quantity, readonly number[]>;
  /** p99 of how late the load was itself, µs, as `latencyP99` of the same rounds. */
  readonly lagP99: readonly number[];
  readonly latencyP99: readonly number[];
}

const QUANTITIES: ReadonlyMap<Quantity, readonly string[]> = new Map([
  ['p50 µs', ['latency', 'p50']],
  ['p99 µs', ['latency', 'p99']],
  ['CPU s per 10⁶', ['engineCpuSecondsPerMillion']],
  ['ns per op', ['nsPerOperation']],
]);

const LAGS = [
  ['generatorLag', 'p99'],
  ['writerLag', 'p99'],
] as const;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function valueAt(run: unknown, path: readonly string[]): number | null {
  let value = run;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function valuesAt(runs: readonly unknown[], path: readonly string[]): number[] {
  return runs.flatMap((run) => valueAt(run, path) ?? []);
}

export function measuredRows({ rounds }: Pick<ScenarioReport, 'rounds'>): MeasuredRow[] {
  return rounds.flatMap((entry) => {
    if (!isObject(entry)) return [];
    const { name, runs } = entry;
    if (typeof name !== 'string' || !Array.isArray(runs)) return [];
    const all = [...QUANTITIES].map(([quantity, path]) => [quantity, valuesAt(runs, path)] as const);
    const quantities = new Map(all.filter(([, values]) => values.length > 0));
    const lagP99 = LAGS.flatMap((path) => valuesAt(runs, path));
    return [{ name, quantities, lagP99, latencyP99: quantities.get('p99 µs') ?? [] }];
  });
}
