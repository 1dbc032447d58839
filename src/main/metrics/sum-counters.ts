/** Adds the counters of all threads up under the metrics' names. Main thread. */
import type { CounterRow } from './counter-row.ts';
import { COUNTER_ROWS } from './counter-table.ts';
import { LOSS_PLACES, LOSSES } from './loss-counters.ts';
import type { ThreadRecord } from './thread-record.ts';

type Labels = Readonly<Record<string, string>>;

export interface LabelledValue {
  readonly labels: Labels;
  readonly value: number;
}

/** Whether a thread's counters belong to a row. A proxy that is fed over the bus counts its links. */
function isOf({ from, fedBy }: CounterRow, { kind, totals }: ThreadRecord): boolean {
  if (kind !== from) return false;
  return fedBy === undefined || (fedBy === 'bus') === totals.has('links');
}

/** The labels under which a row shows a counter; null for one that is not its own. */
export function labelsOf({ counters, prefix }: CounterRow, counter: string): Labels | null {
  const labels = Object.hasOwn(counters, counter) ? counters[counter] : undefined;
  if (labels !== undefined) return labels;
  if (prefix === undefined || !counter.startsWith(prefix.begins)) return null;
  return { [prefix.label]: counter.slice(prefix.begins.length) };
}

function add(sums: Map<string, LabelledValue>, labels: Labels, value: number): void {
  const key = JSON.stringify(labels);
  sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value });
}

/** Values of a metric, over all rows that have its name. */
export function sumCounters(metric: string, threads: Iterable<ThreadRecord>): LabelledValue[] {
  const rows = COUNTER_ROWS.filter((row) => row.metric === metric);
  const sums = new Map<string, LabelledValue>();
  for (const thread of threads) {
    for (const row of rows) {
      if (!isOf(row, thread)) continue;
      const own: Labels = {
        ...(row.byFeed === true && { feed: thread.name.replace(/^feed /, '') }),
        ...(row.byThread === true && { thread: thread.name }),
      };
      for (const [counter, value] of thread.totals) {
        const labels = labelsOf(row, counter);
        if (labels !== null) add(sums, { ...own, ...labels }, value);
      }
    }
  }
  return [...sums.values()];
}

/** What was lost since the start, by where; every place is there. */
export function sumLosses(threads: Iterable<ThreadRecord>): Record<string, number> {
  const lost = Object.fromEntries(LOSS_PLACES.map((where) => [where, 0]));
  for (const { labels, value } of sumCounters(LOSSES[0]!.metric, threads)) lost[labels.where!] = value;
  return lost;
}
