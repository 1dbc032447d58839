/** Where ticks come from, as an operator sees it. Main thread. */
import { LINK_RECONNECTS } from '../../workers/bus-source/group-link.ts';
import type { FeedState } from '../../workers/worker-messages.ts';
import type { UpstreamView } from '../ops/engine-view.ts';

/** One connection to a broker. */
export interface FeedConnection {
  readonly feed: number;
  readonly state: FeedState;
  readonly since: number;
  readonly detail: string;
  readonly instruments: number;
  readonly restarts: number;
  readonly record: {
    /** Over all lives of its worker. */
    readonly totals: ReadonlyMap<string, number>;
    rate(counter: string): number;
  };
}

/** An account and its connections. */
export interface FeedAccount {
  readonly name: string;
  readonly broker: { readonly name: string };
  readonly pool: { readonly feeds: readonly FeedConnection[] };
}

/** The connections of all accounts. */
export function connectionViews(accounts: Iterable<FeedAccount>): UpstreamView[] {
  return [...accounts].flatMap(({ name, broker, pool }) =>
    pool.feeds.map(({ feed, state, since, detail, instruments, restarts, record }) => ({
      feed,
      broker: broker.name,
      account: name,
      state,
      since,
      detail,
      instruments,
      ticksPerSecond: record.rate('ticks'),
      restarts,
      reconnects: record.totals.get('reconnects') ?? 0,
    })),
  );
}

/** What is known of a feed host on the bus: which ticks come from it, its proxy workers alone know. */
export interface LinkState {
  readonly endpoint: string;
  readonly state: 'up' | 'away';
  readonly since: number;
}

/**
 * Feed hosts in the place of connections.
 * @param threads each proxy worker has a link of its own; that which broke most often counts
 */
export function linkViews(
  links: readonly LinkState[],
  threads: Iterable<{ readonly totals: ReadonlyMap<string, number> }>,
): UpstreamView[] {
  const totals = [...threads].map((thread) => thread.totals);
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
    reconnects: Math.max(0, ...totals.map((counters) => counters.get(`${LINK_RECONNECTS}${endpoint}`) ?? 0)),
  }));
}
