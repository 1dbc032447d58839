/** What the threads have told of the last second, put together for people. Main thread. */
import { narrow, provenOffset } from '../../workers/measures/clock-bounds.ts';
import type { ClockBounds, HopName } from '../../workers/measures/thread-measures.ts';
import { segmentName } from '../ops/segment-name.ts';
import { HistogramTotals, type Percentiles } from './histogram-totals.ts';
import type { ThreadRecord } from './thread-record.ts';

export type LocalHop = Exclude<HopName, 'exchange_to_receive'>;

/** Positive: this machine's clock is ahead. */
export interface ClockOffsetFigure {
  /** No more than is proven: 0 while the clock may be right. */
  readonly ms: number;
  /** By how much it may be another; null while nothing bounds it. */
  readonly uncertaintyMs: number | null;
}

/** A connection to a broker. */
export interface DelayedUpstream {
  readonly broker: string;
  readonly account: string;
  readonly record: Pick<ThreadRecord, 'delays'>;
}

export interface ThreadFigures {
  readonly name: string;
  readonly loopDelayP99Ms: number;
  readonly gcMs: number;
  readonly utilization: number;
  readonly restarts: number;
}

const US_PER_MS = 1000;

/**
 * A hop in the last second, null when no tick took it.
 * @param to clients, or the bus where no clients are served
 */
export function recentHop(
  threads: Iterable<ThreadRecord>,
  hop: LocalHop,
  to: 'clients' | 'bus',
): Percentiles | null {
  const totals = new HistogramTotals();
  for (const { recent } of threads) {
    for (const measure of recent?.hops ?? []) {
      if (measure.hop === hop && (measure.to === to || measure.to === '')) totals.add(measure.increment);
    }
  }
  return totals.percentiles();
}

/** From the exchanges to here in the last ten seconds, by `segmentName`. */
export function recentDelays(upstreams: Iterable<DelayedUpstream>): Map<string, Percentiles> {
  const totals = new Map<string, HistogramTotals>();
  for (const { broker, account, record } of upstreams) {
    for (const { exchange, increment } of record.delays) {
      const name = segmentName({ broker, account, exchange });
      const sum = totals.get(name) ?? new HistogramTotals();
      totals.set(name, sum);
      sum.add(increment);
    }
  }
  return new Map([...totals].map(([name, sum]) => [name, sum.percentiles()!]));
}

/** Null while no connection knows anything about it; nothing is proven where they contradict each other. */
export function clockOffset(threads: Iterable<ThreadRecord>): ClockOffsetFigure | null {
  let bounds: ClockBounds = { lowMs: null, highMs: null };
  for (const { clock } of threads) {
    const both = clock === null ? bounds : narrow(bounds, clock);
    if (both === null) return { ms: 0, uncertaintyMs: null };
    bounds = both;
  }
  const { lowMs, highMs } = bounds;
  if (lowMs === null && highMs === null) return null;
  const ms = provenOffset(bounds);
  const isBounded = lowMs !== null && highMs !== null;
  return { ms, uncertaintyMs: isBounded ? Math.max(highMs - ms, ms - lowMs) : null };
}

/** Null for a thread that is silent. @param restarts lives of its worker behind the first */
export function threadFigures({ name, recent }: ThreadRecord, restarts: number): ThreadFigures | null {
  if (recent === null) return null;
  const { loopDelay, gc, utilization } = recent.health;
  const delays = new HistogramTotals();
  if (loopDelay !== null) delays.add(loopDelay);
  return {
    name,
    loopDelayP99Ms: delays.percentiles()?.p99 ?? 0,
    gcMs: gc.reduce((sum, { pauses }) => sum + pauses.sumUs, 0) / US_PER_MS,
    utilization,
    restarts,
  };
}
