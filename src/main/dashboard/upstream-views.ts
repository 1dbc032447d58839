/** The connections through which ticks come, as an operator sees them. Main thread. */
import type { FeedState } from '../../workers/worker-messages.ts';
import type { UpstreamView } from '../ops/engine-view.ts';
import { Rate } from './rate.ts';

/** One connection to a broker. */
export interface FeedConnection {
  readonly feed: number;
  readonly state: FeedState;
  readonly since: number;
  readonly detail: string;
  readonly instruments: number;
  readonly restarts: number;
  readonly counters: Readonly<Record<string, number>>;
  /** When they came, ms of performance.now(). */
  readonly countersAt: number;
}

/** An account and its connections. */
export interface FeedAccount {
  readonly name: string;
  readonly broker: { readonly name: string };
  readonly pool: { readonly feeds: readonly FeedConnection[] };
}

export class UpstreamViews {
  readonly #rates = new Map<number, Rate>();

  /** @param at ms of performance.now() */
  of(accounts: Iterable<FeedAccount>, at: number): UpstreamView[] {
    const views: UpstreamView[] = [];
    for (const { name, broker, pool } of accounts) {
      for (const connection of pool.feeds) {
        const { feed, state, since, detail, instruments, restarts, counters, countersAt } = connection;
        const rate = this.#rates.get(feed) ?? new Rate();
        this.#rates.set(feed, rate);
        const ticksPerSecond = rate.next(counters.ticks ?? 0, countersAt, at);
        const reconnects = counters.reconnects ?? 0;
        const identity = { feed, broker: broker.name, account: name };
        views.push({ ...identity, state, since, detail, instruments, ticksPerSecond, restarts, reconnects });
      }
    }
    return views;
  }
}

/** What is known of a feed host on the bus: which ticks come from it, its proxy workers alone know. */
export interface LinkState {
  readonly endpoint: string;
  readonly state: 'up' | 'away';
  readonly since: number;
}

/** Feed hosts in the place of connections. */
export function linkViews(links: readonly LinkState[]): UpstreamView[] {
  return links.map(({ endpoint, state, since }, feed) => ({
    feed,
    broker: 'bus',
    account: endpoint,
    state: state === 'up' ? 'live' : 'reconnecting',
    since,
    detail: state === 'up' ? 'the feed host is up' : 'the feed host is away',
    instruments: 0,
    ticksPerSecond: 0,
    restarts: 0,
    reconnects: 0,
  }));
}
