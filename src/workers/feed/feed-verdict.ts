/** What the stall watchdog finds, and what is to be done about it. */

/** How a segment or an instrument stands while its connection is up. */
export type StallStatus = 'live' | 'stale' | 'mute' | 'recovering' | 'market_closed';

export interface StatusReport {
  /** OpenAlgo's exchange. */
  readonly exchange: string;
  /** Null: the whole segment, and what was said of single instruments before holds no more. */
  readonly slots: readonly number[] | null;
  readonly status: StallStatus;
  /** ms since 1970 */
  readonly since: number;
  /** For people. */
  readonly reason: string;
}

/** One look at the clocks. Empty lists and nulls where there is nothing to say or to do. */
export interface FeedVerdict {
  readonly statuses: StatusReport[];
  /** Slots whose ticks are missing: what comes next follows a gap, and what came last is stale. */
  readonly silenced: number[];
  /** Slots that are suspected to miss ticks: unless `unhurt` takes it back, what comes next follows a gap. */
  readonly suspected: number[];
  readonly unhurt: number[];
  /** Slots to be unsubscribed and subscribed again. */
  readonly resubscribe: number[];
  /** Slots to be carried by another connection, if there is one. */
  readonly move: number[];
  /** Why the connection shall be made anew. */
  reconnect: string | null;
  /** Why the broker session shall be read anew, and the connection be made with it. */
  tokens: string | null;
}

export interface WatchdogOptions {
  /** Silence of a segment for so long, inside market hours, is suspicious; 0: segments are not watched. */
  readonly muteAfterMs: number;
  /** Silence of an instrument for so long, if it usually ticks more often, is suspicious; 0: instruments are not watched. */
  readonly staleAfterMs: number;
  /** Nothing is expected for so long after the market has opened. */
  readonly openGraceMs: number;
  /** How long the first attempt of a recovery may take; it doubles with each further one. */
  readonly recoveryWaitMs: number;
  /** Longest pause between two attempts. */
  readonly recoveryMaxWaitMs: number;
}
