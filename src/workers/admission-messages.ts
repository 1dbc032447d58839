/**
 * What proxy workers and the main thread of their process tell one another about who may connect. Main counts over all
 * workers; a worker numbers its connections and asks for each, at the pace of clients that come and go.
 */

/** What a client may take, as configured; 0 is no limit. */
export interface ClientLimits {
  readonly trustedProxies: readonly string[];
  readonly maxConnections: number;
  readonly maxHandshakes: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectionsPerKey: number;
  readonly authAttempts: number;
  readonly authWindowMs: number;
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  readonly maxBatch: number;
  readonly maxSubscriptionsPerClient: number;
  readonly maxSubscriptionsPerKey: number;
  readonly maxSubscriptions: number;
  readonly maxStreams: number;
  readonly idleTimeoutMs: number;
  readonly maxOutboundBytes: number;
  readonly maxInboundBytes: number;
}

/** What a proxy worker is started with to keep them. */
export interface AdmissionTask {
  readonly limits: ClientLimits;
  /** See `usage-table.ts`; the worker's row in it, and how many there are. */
  readonly usage: SharedArrayBuffer;
  readonly row: number;
  readonly workers: number;
  /** Addresses that have no room now; later ones come as messages. */
  readonly fullAddresses: readonly string[];
}

/** Which limit leaves no room. */
export type AdmissionRefusal = 'connections' | 'address';

export interface OpenedConnection {
  readonly connection: number;
  /** As `client-address.ts` counts it. */
  readonly address: string;
}

/** `connection` is the worker's number of it, never used twice in a worker's life. */
export type FromAdmission =
  /** Of one turn of the event loop. Those that are gone had been opened before it: their places are free for the others. */
  | {
      readonly type: 'connectionsChanged';
      readonly opened: readonly OpenedConnection[];
      readonly gone: readonly number[];
    }
  /** The connection has this key from now on, and none before. */
  | {
      readonly type: 'admitKey';
      readonly connection: number;
      readonly key: string;
      /** In place of the configured limit, null for that one. */
      readonly maxConnections: number | null;
    }
  | { readonly type: 'wrongKey'; readonly address: string };

export type ToAdmission =
  /** Its address had no room, which the worker could not know yet. */
  | { readonly type: 'connectionRefused'; readonly connection: number }
  /** Told to every proxy worker, at each change. */
  | { readonly type: 'addressFull'; readonly address: string; readonly isFull: boolean }
  | {
      readonly type: 'keyAdmitted';
      readonly connection: number;
      readonly isRefused: boolean;
      /** Where the subscriptions of the key are counted. */
      readonly place: number;
    }
  /** Told to every proxy worker: no key of this address is looked at for so long. */
  | { readonly type: 'addressBlocked'; readonly address: string; readonly forMs: number };
