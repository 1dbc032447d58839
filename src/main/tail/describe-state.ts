/** How fresh what stands there is, in words. An old price must never read like a new one. */
import type { StaleReason, Tick } from '../../client/index.ts';
import { formatAge, formatTime, printable } from './format-values.ts';
import type { WatchedInstrument } from './watched-instrument.ts';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['disconnected', 'no connection to the engine'],
  ['no_tick', 'no tick has come yet'],
  ['old_tick', 'from before a pause'],
  ['broker_refused', 'the broker refuses the subscription'],
  ['connecting', 'the engine connects to the broker'],
  ['stale', 'silent for much longer than usual'],
  ['mute', 'the whole exchange is silent though its market is open'],
  ['recovering', 'the connection to the broker is lost'],
  ['market_closed', 'the market is closed'],
  ['session_expired', 'the broker session has ended'],
]);

export function describeStale(reason: StaleReason): string {
  return REASONS.get(reason) ?? reason;
}

export interface StateText {
  readonly isFresh: boolean;
  readonly text: string;
}

/** @param now of `performance.now` */
export function describeState(instrument: WatchedInstrument, now: number): StateText {
  const { last, staleReason, status } = instrument;
  const age = last === null ? '' : `, last tick ${describeAge(instrument, now)}`;
  if (staleReason === null) {
    return { isFresh: true, text: `live${age}, ${instrument.rate(now).toFixed(1)} ticks/s` };
  }
  const isFeed = status !== null && status.status === staleReason;
  const why = isFeed && status.reason !== '' ? `: ${printable(status.reason)}` : '';
  const since = isFeed && status.since !== null ? ` since ${formatTime(status.since).slice(0, 8)}` : '';
  const reason = printable(describeStale(staleReason));
  return { isFresh: false, text: `${last === null ? 'NOTHING YET' : 'OLD'}: ${reason}${since}${why}${age}` };
}

function describeAge({ last, arrivedAt }: WatchedInstrument, now: number): string {
  // When a last value from before was news, only the engine knows.
  if (last?.isSnapshot) return `of ${formatTime(last.time ?? last.receivedAt)} (before this)`;
  return `${formatAge(now - arrivedAt)} ago`;
}

/** That the broker has fewer levels of depth than were asked for; empty where it has them, or has sent none yet. */
export function describeLevels(tick: Tick | null, wanted: number): string {
  if (tick === null || tick.mode !== 'depth' || tick.levels >= wanted) return '';
  return `${tick.levels} levels, the broker gives no more of it (${wanted} were asked for)`;
}

/** What was missed; empty while nothing was. */
export function describeGaps({ gaps, missed, unknownGaps, lastGap }: WatchedInstrument): string {
  if (gaps === 0) return '';
  const unknown = unknownGaps === 0 ? '' : ` (of ${unknownGaps} nobody knows how many)`;
  return `missed: ${missed} ticks in ${gaps} gap${gaps === 1 ? '' : 's'}${unknown}; last: ${printable(lastGap)}`;
}
