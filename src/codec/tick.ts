/**
 * The vocabulary of a tick: modes, flags, price scales, and what identifies an instrument. Every part of the engine
 * and every framing uses these names and numbers; the wire form of a tick is in `tick-message.ts`.
 */

/**
 * What a tick carries. The numbers 1 to 3 are also the modes of the client protocol and of Angel's wire.
 * Each mode up to DEPTH contains all fields of the modes below it; DEEP_DEPTH is an overlay that contains none.
 */
export const MODE = { LTP: 1, QUOTE: 2, DEPTH: 3, DEEP_DEPTH: 4 } as const;
export type Mode = (typeof MODE)[keyof typeof MODE];

/** Names of the modes as the deployed server's confirmations have them. */
export const MODE_NAMES = { 1: 'LTP', 2: 'Quote', 3: 'Depth', 4: 'Depth' } as const;

/** Levels per side of a depth tick. */
export const DEPTH_LEVELS = 5;
/** Levels per side of Angel's 20-level packet. */
export const DEEP_DEPTH_LEVELS = 20;

/**
 * Bits of a tick's `flags`, those of tick.fbs. The low byte says what kind of delivery it is, the rest which values are
 * absent.
 */
export const FLAG = {
  /** Last value sent on a subscription, not a new tick. */
  SNAPSHOT: 1 << 0,
  /** Stands for several ticks of which only the latest is sent. */
  CONFLATED: 1 << 1,
  /** Ticks of this instrument were lost before this one. */
  GAP_BEFORE: 1 << 2,
  /** Older than the instrument's usual interval while its market is open. */
  STALE: 1 << 3,
  ABSENT_LTP: 1 << 8,
  ABSENT_TOTAL_BUY_QUANTITY: 1 << 9,
  ABSENT_TOTAL_SELL_QUANTITY: 1 << 10,
  /** The exchange's time is not known, and 0. */
  ABSENT_EXCHANGE_TIME: 1 << 11,
  /** Last quantity, average price and volume: an index has no trades. */
  ABSENT_TRADES: 1 << 12,
  ABSENT_OPEN_INTEREST: 1 << 13,
  /** Circuit limits, and highest and lowest price of 52 weeks. */
  ABSENT_PRICE_LIMITS: 1 << 14,
} as const;

/** All bits of `FLAG` that stand for absent values. */
export const ABSENT_FLAGS =
  FLAG.ABSENT_LTP |
  FLAG.ABSENT_TOTAL_BUY_QUANTITY |
  FLAG.ABSENT_TOTAL_SELL_QUANTITY |
  FLAG.ABSENT_EXCHANGE_TIME |
  FLAG.ABSENT_TRADES |
  FLAG.ABSENT_OPEN_INTEREST |
  FLAG.ABSENT_PRICE_LIMITS;

/** What the engine knows of an instrument when it builds the instrument's messages. */
export interface Instrument {
  /** Our small integer for the instrument, unique in one engine, from 0. */
  readonly slot: number;
  /** Plugin name, for example `angel`. */
  readonly broker: string;
  /** OpenAlgo's exchange, for example `NSE` or `NSE_INDEX`. */
  readonly exchange: string;
  /** OpenAlgo's symbol, for example `RELIANCE`. */
  readonly symbol: string;
  /** The broker's exchange type (segment code); Angel: 1, 2, 3, 4, 5, 7, 13. */
  readonly segment: number;
  /** The broker's token, unique only inside its segment. Text: tokens may have leading zeros. */
  readonly token: string;
}
