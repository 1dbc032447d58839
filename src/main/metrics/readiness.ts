/** Whether clients get fresh ticks here, and if not why. Main thread. */
import type { FeedState } from '../../workers/worker-messages.ts';
import type { ExchangeStanding } from '../brokers/feed-status.ts';

/** Each is told as `CODE: sentence`; codes are stable. */
export const NOT_READY_CODES = [
  'STARTING',
  'DRAINING',
  'WORKER_DOWN',
  'WORKER_SILENT',
  'BROKER_SESSION_EXPIRED',
  'UPSTREAM_DOWN',
  'EXCHANGE_MUTE',
  'FEED_HOST_AWAY',
] as const;
export type NotReadyCode = (typeof NOT_READY_CODES)[number];

export type Phase = 'starting' | 'running' | 'draining';

/** A thread that clients or brokers depend on. */
export interface NeededThread {
  readonly name: string;
  readonly isRunning: boolean;
  /** It has told something of itself within the last seconds. */
  readonly isHeard: boolean;
}

/** A connection to a broker. Whose it is stays out of what anybody may read at `/readyz`. */
export interface NeededUpstream {
  readonly feed: number;
  readonly broker: string;
  readonly state: FeedState;
  readonly detail: string;
}

export interface ReadinessFacts {
  readonly phase: Phase;
  readonly threads: readonly NeededThread[];
  readonly upstreams: readonly NeededUpstream[];
  /** Users whose key is good and who have no broker session, hence no upstream that could tell of it. */
  readonly unservedUsers: number;
  readonly exchanges: readonly ExchangeStanding[];
  /** Links of this process to feed hosts, over all its proxy workers; null where it has none. */
  readonly links: { readonly all: number; readonly up: number } | null;
}

export interface Reason {
  readonly code: NotReadyCode;
  readonly text: string;
}

/** @returns nothing for a process that serves fresh ticks to whoever comes */
export function reasonsNotReady(facts: ReadinessFacts): Reason[] {
  const { phase, threads, upstreams, unservedUsers, exchanges, links } = facts;
  if (phase === 'starting') return [{ code: 'STARTING', text: 'the start has not ended' }];
  const reasons: Reason[] = [];
  if (phase === 'draining')
    reasons.push({ code: 'DRAINING', text: 'it is asked to stop, and takes no clients' });
  for (const { name, isRunning, isHeard } of threads) {
    if (!isRunning) reasons.push({ code: 'WORKER_DOWN', text: `the ${name} worker is not running` });
    else if (!isHeard)
      reasons.push({ code: 'WORKER_SILENT', text: `the ${name} worker has said nothing for seconds` });
  }
  if (unservedUsers > 0) {
    const who =
      unservedUsers === 1 ? 'a user with a good key has' : `${unservedUsers} users with good keys have`;
    const text = `${who} no broker session: log in to the broker`;
    reasons.push({ code: 'BROKER_SESSION_EXPIRED', text });
  }
  for (const { feed, broker, state, detail } of upstreams) {
    if (state === 'live' || state === 'stopped') continue;
    const code = state === 'refused' ? 'BROKER_SESSION_EXPIRED' : 'UPSTREAM_DOWN';
    reasons.push({ code, text: `connection ${feed} to ${broker} is ${state}: ${detail}` });
  }
  for (const { feed, exchange, status, reason } of exchanges) {
    if (status !== 'mute') continue;
    reasons.push({
      code: 'EXCHANGE_MUTE',
      text: `no ticks of ${exchange} come on connection ${feed}: ${reason}`,
    });
  }
  if (links !== null && links.up === 0)
    reasons.push({ code: 'FEED_HOST_AWAY', text: 'none of the feed hosts is reached' });
  return reasons;
}
