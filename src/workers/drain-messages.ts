/** What main and a proxy worker tell each other while the worker lets its clients go. */

/** Accept nobody any more, tell the clients, and close each as soon as nothing is left to send to it. */
export interface DrainClients {
  readonly type: 'drain';
  /** Why, as clients with the `status` or `session` feature read it. */
  readonly reason: DrainReason;
  /** Longest time over which clients are advised to come back, in ms. */
  readonly spreadMs: number;
}

/** `stop`: a signal, or the end of what the engine was started for. `drain`: `tickwire drain`. */
export type DrainReason = 'stop' | 'drain';

/** How far the worker is. Told at the first pass over its clients, then now and then, and when it is done. */
export interface DrainNews {
  readonly type: 'draining';
  /** Clients that are still connected, since something is to be sent to them, or a request to be answered. */
  readonly clients: number;
  /** Bytes that they have not taken. */
  readonly unsentBytes: number;
  /** Clients that were closed with nothing left to send to them. */
  readonly closed: number;
  /** Nobody is left. */
  readonly isDone: boolean;
}
