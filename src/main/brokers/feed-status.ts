/**
 * How the feed of each instrument stands, put together from what the connections and their watchdogs say, for those who
 * want to be told. The connection comes first: while it is down, nothing else is known.
 *
 * | connection           | status                                                                                 |
 * | connecting           | connecting                                                                             |
 * | reconnecting         | recovering                                                                             |
 * | refused              | session_expired                                                                        |
 * | live                 | what the watchdog says of the instrument, else of its segment, else what the calendar says |
 */
import type { Logger } from 'pino';
import type { Instrument } from '../../codec/tick.ts';
import type { StatusReport } from '../../workers/feed/feed-verdict.ts';
import { MarketCalendar } from '../../workers/feed/market-calendar.ts';
import type { MarketCalendarData } from '../../workers/feed/market-sessions.ts';
import type { FeedState, FeedStatusName, FeedStatusNews } from '../../workers/worker-messages.ts';
import type { FeedRunnerOptions } from './feed-runner.ts';

export interface FeedStatusOptions {
  /** Null: every market is always open. */
  readonly calendar: MarketCalendarData | null;
  /** Tells every proxy worker. */
  readonly post: (news: FeedStatusNews) => void;
  readonly log: Logger;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** How an exchange stands on a connection. */
export interface ExchangeStanding {
  readonly feed: number;
  readonly exchange: string;
  readonly status: FeedStatusName;
  /** For people. */
  readonly reason: string;
}

type Standing = Omit<FeedStatusNews, 'type' | 'slots'>;

/** One connection. */
interface Feed {
  readonly broker: string;
  /** Of the connection, `live` while it is up. */
  status: FeedStatusName;
  since: number;
  reason: string;
  /** What the watchdog said last, of whole segments and of single instruments. */
  readonly segments: Map<string, StatusReport>;
  readonly singles: Map<number, StatusReport>;
  /** The exchange of each slot that it carries. */
  readonly slots: Map<number, string>;
}

const CONNECTION_STATUS: { readonly [state in FeedState]: FeedStatusName | null } = {
  connecting: 'connecting',
  live: 'live',
  reconnecting: 'recovering',
  refused: 'session_expired',
  // Nobody holds what it carried, or the engine stops.
  stopped: null,
};
const BAD: ReadonlySet<FeedStatusName> = new Set(['mute', 'stale']);

/** What else somebody wants to know of a connection. */
export interface FeedFollower {
  readonly onState: (state: FeedState, detail: string) => void;
  /** Its watchdog asks for the broker session to be read anew. */
  readonly onTokensWanted: () => void;
}

export class FeedStatus {
  readonly #options: FeedStatusOptions;
  readonly #calendar: MarketCalendar | null;
  readonly #now: () => number;
  readonly #feeds = new Map<number, Feed>();
  /** While an instrument moves it has two, the later one last. */
  readonly #carriers = new Map<number, Feed[]>();
  /** What was told of a slot, for those that anybody asked for. */
  readonly #told = new Map<number, Standing>();

  constructor(options: FeedStatusOptions) {
    this.#options = options;
    this.#calendar = options.calendar === null ? null : new MarketCalendar(options.calendar);
    this.#now = options.now ?? Date.now;
  }

  /** The calendar that the watchdogs go by too. */
  get calendar(): MarketCalendarData | null {
    return this.#options.calendar;
  }

  /** What the runner of a connection reports to. @param feed its number */
  follow(
    feed: number,
    broker: string,
    { onState, onTokensWanted }: FeedFollower,
  ): Pick<FeedRunnerOptions, 'onState' | 'onCarried' | 'onWatch'> {
    return {
      onState: (state, detail) => {
        this.onState(feed, broker, state, detail);
        onState(state, detail);
      },
      onCarried: (begun, ended) => {
        this.onEnded(feed, ended);
        this.onCarried(feed, broker, begun);
      },
      onWatch: ({ statuses, tokens }) => {
        this.onReports(feed, broker, statuses);
        if (tokens !== null) onTokensWanted();
      },
    };
  }

  /** A connection has another state. @param detail for people */
  onState(feed: number, broker: string, state: FeedState, detail: string): void {
    const entry = this.#feed(feed, broker);
    const status = CONNECTION_STATUS[state];
    if (status === null) return;
    if (status !== entry.status) entry.since = this.#now();
    entry.status = status;
    // Each attempt has a delay of its own, which is no news.
    entry.reason = detail.replace(/; next attempt in .*$/, '');
    this.#review(entry.slots.keys());
  }

  /** A connection carries instruments from now on; another one may carry them too until it ceases to. */
  onCarried(feed: number, broker: string, instruments: readonly Instrument[]): void {
    const entry = this.#feed(feed, broker);
    for (const { slot, exchange } of instruments) {
      const carriers = this.#carriers.get(slot);
      if (carriers === undefined) this.#carriers.set(slot, [entry]);
      else if (!carriers.includes(entry)) carriers.push(entry);
      entry.slots.set(slot, exchange);
    }
    this.#review(instruments.map(({ slot }) => slot));
  }

  /** A connection carries instruments no more. */
  onEnded(feed: number, instruments: readonly Instrument[]): void {
    const entry = this.#feeds.get(feed);
    if (entry === undefined) return;
    for (const { slot } of instruments) {
      entry.singles.delete(slot);
      entry.slots.delete(slot);
      const left = (this.#carriers.get(slot) ?? []).filter((carrier) => carrier !== entry);
      if (left.length > 0) this.#carriers.set(slot, left);
      else {
        this.#carriers.delete(slot);
        this.#told.delete(slot);
      }
    }
    this.#review(instruments.map(({ slot }) => slot));
  }

  /** What a connection's watchdog has found. */
  onReports(feed: number, broker: string, reports: readonly StatusReport[]): void {
    const entry = this.#feed(feed, broker);
    for (const report of reports) {
      const { exchange, slots, status, reason } = report;
      const level = BAD.has(status) ? 'warn' : 'info';
      this.#options.log[level]({ feed, exchange, instruments: slots?.length, status, reason }, 'feed status');
      if (slots === null) {
        entry.segments.set(exchange, report);
        for (const [slot, single] of entry.singles)
          if (single.exchange === exchange) entry.singles.delete(slot);
      }
      for (const slot of slots ?? []) entry.singles.set(slot, report);
    }
    this.#review(entry.slots.keys());
  }

  /** What the watchdogs have said of whole exchanges, on connections that are up. */
  exchanges(): ExchangeStanding[] {
    return [...this.#feeds].flatMap(([feed, { status, segments }]) =>
      status !== 'live'
        ? []
        : [...segments].map(([exchange, report]) => ({
            feed,
            exchange,
            status: report.status,
            reason: report.reason,
          })),
    );
  }

  /** How these slots stand now; of those that no connection carries there is nothing to say. Changes are posted from now on. */
  of(slots: readonly number[]): FeedStatusNews[] {
    const known = slots.filter((slot) => this.#carriers.has(slot));
    for (const slot of known) {
      const standing = this.#standing(slot);
      const told = this.#told.get(slot);
      if (told === undefined || !isSame(told, standing)) this.#told.set(slot, standing);
    }
    return this.#group(known);
  }

  #feed(feed: number, broker: string): Feed {
    let entry = this.#feeds.get(feed);
    if (entry === undefined) {
      entry = {
        broker,
        status: 'connecting',
        since: this.#now(),
        reason: 'connecting',
        segments: new Map(),
        singles: new Map(),
        slots: new Map(),
      };
      this.#feeds.set(feed, entry);
    }
    return entry;
  }

  /** Posts what has changed among slots that anybody asked for. */
  #review(slots: Iterable<number>): void {
    const changed: number[] = [];
    for (const slot of slots) {
      const told = this.#told.get(slot);
      if (told === undefined) continue;
      const standing = this.#standing(slot);
      if (isSame(told, standing)) continue;
      this.#told.set(slot, standing);
      changed.push(slot);
    }
    for (const news of this.#group(changed)) this.#options.post(news);
  }

  /** One message for all slots of which the same is told. */
  #group(slots: readonly number[]): FeedStatusNews[] {
    const groups = new Map<string, { readonly standing: Standing; readonly slots: number[] }>();
    for (const slot of slots) {
      const standing = this.#told.get(slot)!;
      const { status, since, reason, broker } = standing;
      const key = `${status}\0${since}\0${broker}\0${reason}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { standing, slots: [slot] });
      else group.slots.push(slot);
    }
    return [...groups.values()].map((group) => ({
      type: 'feedStatus',
      ...group.standing,
      slots: group.slots,
    }));
  }

  #standing(slot: number): Standing {
    const carriers = this.#carriers.get(slot)!;
    // Whoever takes an instrument has proved nothing before it is handed over, unless the giver is down.
    const feed = carriers.find((carrier) => carrier.status === 'live') ?? carriers.at(-1)!;
    const { broker, status, since, reason } = feed;
    if (status !== 'live') return { status, since, reason, broker };
    const exchange = feed.slots.get(slot)!;
    const segment = feed.segments.get(exchange) ?? this.#byCalendar(exchange, feed);
    const isWhole = segment.status !== 'live';
    const found = isWhole ? segment : (feed.singles.get(slot) ?? segment);
    // A connection that was away in between is live since it came back.
    const foundSince = found.status === 'live' ? Math.max(found.since, since) : found.since;
    return { status: found.status, since: foundSince, reason: found.reason, broker };
  }

  /** What holds until the watchdog has looked. */
  #byCalendar(exchange: string, { since }: Feed): Pick<StatusReport, 'status' | 'since' | 'reason'> {
    const calendar = this.#calendar;
    const now = this.#now();
    if (calendar === null || !calendar.knows(exchange) || calendar.isOpen(exchange, now)) {
      return { status: 'live', since, reason: 'connected' };
    }
    const closedSince = calendar.lastChange(exchange, now) ?? now;
    return { status: 'market_closed', since: closedSince, reason: calendar.describeClosed(exchange, now) };
  }
}

/** Whether a client would learn nothing. The watchdog's first word repeats the calendar's at another moment. */
function isSame(told: Standing, standing: Standing): boolean {
  return (
    told.status === standing.status &&
    told.reason === standing.reason &&
    told.broker === standing.broker &&
    (told.since === standing.since || told.status === 'live')
  );
}
