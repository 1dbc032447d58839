/**
 * Every message between the main thread and the workers, in one place; what bus and proxy workers are started with is in
 * `reader-tasks.ts`. Ticks never travel this way: they go through the rings. A worker treats a message that it does not
 * know as a programming error and leaves, so that main starts it anew.
 */
import type { Instrument, Mode } from '../codec/tick.ts';
import type { FromAdmission, ToAdmission } from './admission-messages.ts';
import type { FromClientReport, ToClientReport } from './client-messages.ts';
import type { DrainClients, DrainNews } from './drain-messages.ts';
import type { KeyStanding, Rights } from './entitlement-messages.ts';
import type { StatusReport, WatchdogOptions } from './feed/feed-verdict.ts';
import type { MarketCalendarData } from './feed/market-sessions.ts';
import type { ThreadMeasures } from './measures/thread-measures.ts';
import type { FromReload, ToReload } from './reload-messages.ts';
import type { FromSessionStore, ToSessionStore } from './session-messages.ts';

/** One feed worker's shared memory, as its readers get it. */
export interface RingHandle {
  /** Number of the feed worker that writes it; the number outlives restarts of the worker. */
  readonly feed: number;
  readonly ring: SharedArrayBuffer;
}

/** Shared memory that every data-plane thread maps. */
export interface SharedMemory {
  readonly rings: readonly RingHandle[];
  readonly lastValues: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
}

export type WaitStrategyName = 'park' | 'backoff' | 'spin';

// ---------------------------------------------------------------- feed worker

/** What a feed worker is started with. Credentials are the session's tokens, never a password. */
export interface FeedTask {
  readonly feed: number;
  /** Registry name of the broker, for example `angel`. */
  readonly broker: string;
  /** Address of the module that has the broker's feed handler. */
  readonly module: string;
  readonly url: string;
  readonly credentials: FeedCredentials;
  /** Epoch of this run of the worker; rises with every start. */
  readonly epoch: number;
  readonly ring: SharedArrayBuffer;
  readonly lastValues: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  /** Which feed writes which instrument: see `slot-owners.ts`. */
  readonly slotOwners: SharedArrayBuffer;
  readonly options: FeedOptions;
  /** Where what the broker sends is recorded, null for nowhere. */
  readonly recorder: RecorderTask | null;
  readonly watch: FeedWatchTask;
  /** The exchange's times are of the past: they say nothing about delays. */
  readonly isReplay?: true;
}

export interface RecorderTask {
  /** A recording that has its header, or, with bounds, the directory of a black box. */
  readonly path: string;
  readonly bounds: {
    /** Age of the oldest record that is kept, ms. */
    readonly maxMs: number;
    /** Size of all files of one feed. */
    readonly maxBytes: number;
  } | null;
}

/** How the silence of instruments is judged. */
export interface FeedWatchTask {
  readonly options: WatchdogOptions;
  /** Null: every market is always open. */
  readonly calendar: MarketCalendarData | null;
}

export interface FeedCredentials {
  readonly authToken: string;
  readonly feedToken: string;
  readonly apiKey: string;
  readonly clientCode: string;
}

/** How a connection to a broker behaves. */
export interface ConnectionOptions {
  /** Null for a broker that wants no heartbeat. */
  readonly pingIntervalMs: number | null;
  /** No frame at all for so long means that the socket is dead. */
  readonly deadAfterMs: number;
  /** TCP, TLS and the WebSocket handshake together. */
  readonly handshakeTimeoutMs: number;
  readonly backoffInitialMs: number;
  readonly backoffFactor: number;
  readonly backoffMaxMs: number;
  /** Which share of a delay is left to chance, 0 to 1. */
  readonly backoffJitter: number;
  /** A connection that was up for so long has proved itself: the next outage starts with the first delay again. */
  readonly stableAfterMs: number;
  /** Bounds of the wait after HTTP 429, when all sockets of the account are taken. */
  readonly slotWaitMinMs: number;
  readonly slotWaitMaxMs: number;
}

export interface FeedOptions extends ConnectionOptions {
  /** Tokens per subscribe request. */
  readonly chunkTokens: number;
  /** (token, mode) pairs that the broker allows on the connection; null where a token has one mode at a time. */
  readonly maxPairs: number | null;
}

/** An instrument and the mode in which the upstream connection shall carry it. */
export interface UpstreamWish {
  readonly instrument: Instrument;
  readonly mode: Mode;
}

export type ToFeedWorker =
  | {
      readonly type: 'subscribe';
      readonly wishes: readonly UpstreamWish[];
      /** Epoch of the instruments that this worker does not carry yet, higher than any that another worker gave them. */
      readonly epoch: number;
    }
  | { readonly type: 'unsubscribe'; readonly wishes: readonly UpstreamWish[] }
  /** Tokens to connect with from now on; a connection that is open is made anew. */
  | { readonly type: 'credentials'; readonly credentials: FeedCredentials }
  /** There are no tokens any more: the connection is closed until there are. */
  | { readonly type: 'suspend'; readonly reason: string }
  /** Gives instruments to another feed, whose connection carries them too: see `slot-exchange.ts`. */
  | { readonly type: 'handOver'; readonly slots: readonly number[]; readonly to: number }
  /** Takes what was handed over, without waiting for a tick. */
  | { readonly type: 'take'; readonly slots: readonly number[] }
  | { readonly type: 'stop' };

/** See the drawing in `feed/upstream-connection.ts`. */
export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'refused' | 'stopped';

/** What the stall watchdog has found, and what only main can do about it. */
export interface WatchFindings {
  readonly type: 'watch';
  readonly statuses: readonly StatusReport[];
  /** Slots that another connection shall carry, if there is one. */
  readonly move: readonly number[];
  /** Why the broker session shall be read anew; the worker makes its connection anew meanwhile. */
  readonly tokens: string | null;
}

/**
 * The broker does not serve instruments in a mode: it refused what was asked. They stay wished for, and are asked for
 * again with the next connect.
 */
export interface RequestRefused {
  readonly type: 'requestRefused';
  readonly slots: readonly number[];
  /** DEEP_DEPTH for the overlay alone; any other stands for all that is not the overlay. */
  readonly mode: Mode;
  /** The broker's words; the code may be empty. */
  readonly code: string;
  readonly message: string;
  /** The connection has no room for them: another one may. */
  readonly isLimit: boolean;
}

export type FromFeedWorker =
  | { readonly type: 'state'; readonly state: FeedState; readonly detail: string }
  | {
      readonly type: 'requestError';
      readonly code: string;
      readonly message: string;
      readonly correlationId: string;
    }
  | RequestRefused
  /** The broker said something that is not understood. */
  | { readonly type: 'unknownText'; readonly text: string }
  /** First ticks of instruments have come that another feed owns. */
  | { readonly type: 'carries'; readonly slots: readonly number[] }
  /** Answer to `handOver`, for all its slots: this worker writes none of them any more. */
  | { readonly type: 'handedOver'; readonly slots: readonly number[] }
  /** The recorder's disk fails, which the feed does not mind; null: it works again. */
  | { readonly type: 'recorderTrouble'; readonly trouble: string | null }
  | WatchFindings
  | ThreadMeasures
  | { readonly type: 'counters'; readonly counters: Readonly<Record<string, number>> };

// ------------------------------------------------- workers with native handles

export type ToSupervised = { readonly type: 'ping' } | { readonly type: 'stop' };

export type FromSupervised =
  | { readonly type: 'ready'; readonly port: number }
  /** Answer to `ping`: the event loop turns. */
  | { readonly type: 'pong' }
  | { readonly type: 'counters'; readonly counters: Readonly<Record<string, number>> }
  | ThreadMeasures
  /** The worker closed its sockets and leaves. `code` is set when it could not do its work. */
  | { readonly type: 'left'; readonly code: string | null; readonly message: string };

// ------------------------------------------------------- OpenAlgo's bus worker

export interface OpenAlgoBusTask {
  readonly host: string;
  readonly port: number;
  readonly epoch: number;
  readonly ring: SharedArrayBuffer;
  readonly lastValues: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  /** What clients hold when the worker starts. */
  readonly instruments: readonly Instrument[];
}

export type ToOpenAlgoBus =
  | { readonly type: 'subscribe'; readonly instruments: readonly Instrument[] }
  | { readonly type: 'unsubscribe'; readonly instruments: readonly Instrument[] };

/** An order event of a user, as the JSON text that came. */
export interface OrderUpdate {
  readonly type: 'orderUpdate';
  readonly userId: string;
  readonly text: string;
}

export type FromOpenAlgoBus =
  | OrderUpdate
  /** The session of `userId` may have changed; of anybody when it is empty. */
  | { readonly type: 'invalidation'; readonly userId: string };

// ------------------------------------------------------- bus and proxy worker

export interface InstrumentName {
  readonly exchange: string;
  readonly symbol: string;
}

/** An instrument that a reader wants in a mode. */
export interface InstrumentWish extends InstrumentName {
  readonly mode: Mode;
}

/** A key that is good. */
export interface KnownKey {
  readonly userId: string;
  /** Which of the user's keys it is: stable, and no secret. `own:<id>`, or `openalgo:<user>` for OpenAlgo's own. */
  readonly keyId: string;
  /** Null: everything is allowed. */
  readonly rights: Rights | null;
}

/** Why a key was refused, or whose it is. Messages are those of the deployed server. */
export type KeyOutcome =
  | ({ readonly status: 'ok'; readonly account: string; readonly broker: string } & KnownKey)
  /** The key is good, its broker session is not: the connection counts as authenticated. */
  | ({ readonly status: 'brokerError'; readonly code: string; readonly message: string } & KnownKey)
  | { readonly status: 'refused'; readonly code: string; readonly message: string };

/** An instrument whose name stands for another token from now on, and therefore for another slot. */
export interface InstrumentMove {
  readonly from: number;
  readonly to: Instrument;
}

/** A broker session that is in use, or was. */
export interface AccountStatus {
  /** OpenAlgo user name. */
  readonly name: string;
  readonly broker: string;
  /** The user is logged in at the broker: instruments can be subscribed. */
  readonly hasSession: boolean;
  /** Ticks can come: a connection to the broker is up. */
  readonly isConnected: boolean;
}

/** How the feed of an instrument stands, as clients are told. */
export type FeedStatusName =
  | 'connecting'
  | 'live'
  | 'stale'
  | 'mute'
  | 'recovering'
  | 'market_closed'
  | 'session_expired';

/** How the feed of these slots stands from now on. */
export interface FeedStatusNews {
  readonly type: 'feedStatus';
  readonly status: FeedStatusName;
  /** ms since 1970 */
  readonly since: number;
  /** For people. */
  readonly reason: string;
  readonly broker: string;
  readonly slots: readonly number[];
}

export type SubscribeOutcome =
  | {
      readonly status: 'ok';
      /** The broker's instrument first, then that of foreign publishers on OpenAlgo's bus. */
      readonly instruments: readonly Instrument[];
    }
  | { readonly status: 'error'; readonly code: string; readonly message: string };

/** A reader's need: `modes` is the set of modes (bit `1 << mode`) that it wants of the slot from now on; 0 ends it. */
export interface SlotNeed {
  readonly slot: number;
  readonly modes: number;
}

export type ToReader =
  | FromSessionStore
  | { readonly type: 'addRing'; readonly ring: RingHandle }
  | { readonly type: 'keyVerified'; readonly id: number; readonly outcome: KeyOutcome }
  | { readonly type: 'subscribed'; readonly id: number; readonly outcomes: readonly SubscribeOutcome[] }
  /** What is subscribed moves to other slots. A reader answers with its `need` of all slots that are named. */
  | { readonly type: 'moved'; readonly moves: readonly InstrumentMove[] }
  /** Sent at every change, and before every `keyVerified` of the account's user. */
  | { readonly type: 'account'; readonly status: AccountStatus }
  /** Sent at every change, and before the answer to a `subscribe` of these slots. */
  | FeedStatusNews
  | OrderUpdate
  | RequestRefused
  | ToAdmission
  | ToClientReport
  | DrainClients
  | ToReload
  /** How keys stand from now on: their rights have changed, or they were revoked. */
  | { readonly type: 'standingsChanged'; readonly standings: readonly KeyStanding[] }
  /** Answer to `askStandings`, in the order of its keys. */
  | { readonly type: 'standings'; readonly id: number; readonly standings: readonly KeyStanding[] }
  /** For the bus: it is stopped next, and readers shall know. */
  | { readonly type: 'goodbye' }
  /** For the bus: who may read it from now on. */
  | { readonly type: 'allowedKeys'; readonly keys: readonly string[] };

export type FromReader =
  | ToSessionStore
  | {
      readonly type: 'verifyKey';
      readonly id: number;
      readonly key: string;
      /** Whoever takes turns with others where a key has to wait for its check: a client's address, '' for none. */
      readonly asker: string;
    }
  /** How keys stand that were verified before. */
  | { readonly type: 'askStandings'; readonly id: number; readonly keyIds: readonly string[] }
  /** Wishes for instruments, answered one by one in their order; each success raises the need by the wish's mode. */
  | {
      readonly type: 'subscribe';
      readonly id: number;
      /** Whose broker session: an account, or, when it is empty, any account of `broker`. */
      readonly account: string;
      readonly broker: string;
      readonly wishes: readonly InstrumentWish[];
    }
  | {
      readonly type: 'need';
      readonly needs: readonly SlotNeed[];
      /** Id of the latest `subscribe` whose answer is known in `needs`: what later ones raised stays raised. */
      readonly answered: number;
    }
  /** The link of a proxy worker to a feed host has another state. For main's log. */
  | {
      readonly type: 'link';
      readonly endpoint: string;
      readonly state: 'up' | 'away';
      readonly detail: string;
    }
  | FromAdmission
  | FromClientReport
  | DrainNews
  | FromReload
  | PeerRefused;

/** The bus has turned somebody away. For main's log; told once for each, and again after a while. */
export interface PeerRefused {
  readonly type: 'peerRefused';
  readonly reason: string;
  /** Public key in hex, null where none was proved. */
  readonly key: string | null;
  /** From where; empty when ZeroMQ does not say. */
  readonly address: string;
  /** Attempts since it was told the last time. */
  readonly attempts: number;
}
