/**
 * Which counters of the workers go into which metric. A counter that has no row here and none in `gauge-table.ts` fails a
 * test: nothing that a thread counts is kept from the operator.
 */
import { BUS_COUNTERS } from './bus-counters.ts';
import type { CounterRow } from './counter-row.ts';
import { FEED_COUNTERS } from './feed-counters.ts';
import { LOSSES } from './loss-counters.ts';
import { OPERATOR_COUNTERS } from './operator-counters.ts';
import { PROXY_COUNTERS } from './proxy-counters.ts';

export const COUNTER_ROWS: readonly CounterRow[] = [
  ...LOSSES,
  ...FEED_COUNTERS,
  ...PROXY_COUNTERS,
  ...BUS_COUNTERS,
  ...OPERATOR_COUNTERS,
];

/** The bus worker's takeovers go on over its lives by themselves, and only keep epochs rising. */
export const UNSHOWN_COUNTERS: ReadonlySet<string> = new Set(['takeovers']);
