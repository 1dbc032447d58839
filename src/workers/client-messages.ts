/** What main asks a proxy worker about its clients, for an operator who looks at them. */
import type { SlowPolicy } from '../codec/slow-policy.ts';
import type { Instrument, Mode } from '../codec/tick.ts';

export type ToClientReport =
  | {
      readonly type: 'describeClients';
      readonly id: number;
      /** So many of those that are furthest behind are described. */
      readonly limit: number;
      /** Who holds these is counted. */
      readonly instruments: readonly Pick<Instrument, 'exchange' | 'symbol'>[];
    }
  /** What a client is subscribed to, by the number of its connection in this worker. */
  | {
      readonly type: 'describeSubscriptions';
      readonly id: number;
      readonly connection: number;
      /** So many at most, from the first on that it made. */
      readonly limit: number;
    }
  /** Closes a connection, by its number in this worker. */
  | { readonly type: 'disconnectClient'; readonly id: number; readonly connection: number };

/** A client, as its worker knows it. */
export interface ClientRow {
  readonly connection: number;
  readonly address: string;
  /** Null until it has authenticated. */
  readonly user: string | null;
  /** Which key that was, unique among all feeds. */
  readonly keyId: string | null;
  /** Of the key; null: everything is allowed, or it has not authenticated. */
  readonly role: string | null;
  readonly framing: 'json' | 'msgpack';
  readonly dialect: string;
  /** ms since 1970 */
  readonly connectedAt: number;
  readonly subscriptions: number;
  readonly backlogBytes: number;
  /** Streams of which it does not get every tick. */
  readonly conflated: number;
  /** It has fallen behind. */
  readonly slow: boolean;
  /** Before compression; null where too many streams would have to be added up. */
  readonly sentBytes: number | null;
}

/** An instrument in a mode, as a client gets it. */
export interface SubscriptionRow {
  readonly exchange: string;
  readonly symbol: string;
  readonly mode: Mode;
  /** Levels per side that it gets; null for modes without a book. */
  readonly levels: number | null;
  /** Messages per second at most; null: as many as there are ticks. */
  readonly maxRate: number | null;
  /** Asked for this subscription alone. */
  readonly slow: SlowPolicy | null;
  /** It does not get every tick now. */
  readonly conflated: boolean;
}

export interface SubscriptionListing {
  readonly subscriptions: readonly SubscriptionRow[];
  readonly total: number;
}

const FROM_REPORT: ReadonlySet<string> = new Set<FromClientReport['type']>([
  'clientsDescribed',
  'subscriptionsDescribed',
  'clientDisconnected',
]);

export function isFromClientReport(message: { readonly type: string }): message is FromClientReport {
  return FROM_REPORT.has(message.type);
}

export type FromClientReport =
  | {
      readonly type: 'clientsDescribed';
      readonly id: number;
      /** Furthest behind first, then those with the most subscriptions. */
      readonly clients: readonly ClientRow[];
      readonly total: number;
      /** Clients that hold each of the instruments that were asked about. */
      readonly holders: readonly number[];
    }
  | {
      readonly type: 'subscriptionsDescribed';
      readonly id: number;
      /** Null when the client is gone. */
      readonly listing: SubscriptionListing | null;
    }
  | { readonly type: 'clientDisconnected'; readonly id: number; readonly isFound: boolean };
