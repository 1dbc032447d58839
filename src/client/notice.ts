/** What the engine tells beside ticks: what is missing, what was merged, and how the feed stands. */
import { messagesOf, numberOf, textOf, type WireMessage } from './wire.ts';

/** Ticks are missing. */
export interface Gap {
  /**
   * `lost`, `conflated`, `outage`, `restart`, `away`: as PROTOCOL.md has them. `reconnected`: found by the client itself, since
   * the connection was made anew and its session was not known any more. `unannounced`: found by the client itself, since the
   * sequence numbers jump.
   */
  readonly reason: string;
  /** How many; null: nobody knows. */
  readonly missed: number | null;
  /** The last tick before them. */
  readonly lastEpoch: number | null;
  readonly lastSeq: number | null;
  /** The first one behind them, null while it is not known. */
  readonly epoch: number | null;
  readonly nextSeq: number | null;
}

/** A tick stands for several, of which it is the last. */
export interface Receipt {
  /** How many, itself included. */
  readonly merged: number;
  readonly firstEpoch: number | null;
  readonly firstSeq: number | null;
  readonly epoch: number | null;
  readonly lastSeq: number | null;
  /** Lowest and highest price at which was traded meanwhile; null when nothing was. */
  readonly low: number | null;
  readonly high: number | null;
  /** Who merged them: the engine, since the client was too slow or asked for fewer, or the client, since its loop did not read. */
  readonly by: 'server' | 'client';
}

export type FeedStatusName =
  | 'connecting'
  | 'live'
  | 'stale'
  | 'mute'
  | 'recovering'
  | 'market_closed'
  | 'session_expired';

export interface FeedStatus {
  /** PROTOCOL.md says what each means; a newer engine may have others. */
  readonly status: FeedStatusName | (string & {});
  /** ms since 1970. */
  readonly since: number | null;
  /** For people; may change. */
  readonly reason: string;
  readonly broker: string;
  /** `EXCHANGE:SYMBOL`. */
  readonly instruments: readonly string[];
}

/** @returns the name under which a program knows an instrument */
export function instrumentName(exchange: string, symbol: string): string {
  return `${exchange}:${symbol}`;
}

export function namesOf(list: unknown): string[] {
  return messagesOf(list).map(({ exchange, symbol }) => instrumentName(textOf(exchange), textOf(symbol)));
}

/** null for a number of ticks that cannot be. */
function countOf(value: unknown): number | null {
  const count = numberOf(value);
  return count === null || count < 0 ? null : count;
}

export function readGap(message: WireMessage): Gap {
  return {
    reason: textOf(message.reason),
    missed: countOf(message.missed),
    lastEpoch: numberOf(message.last_epoch),
    lastSeq: numberOf(message.last_seq),
    epoch: numberOf(message.epoch),
    nextSeq: numberOf(message.next_seq),
  };
}

export function readReceipt(message: WireMessage): Receipt {
  return {
    merged: numberOf(message.merged) ?? 1,
    firstEpoch: numberOf(message.first_epoch),
    firstSeq: numberOf(message.first_seq),
    epoch: numberOf(message.epoch),
    lastSeq: numberOf(message.last_seq),
    low: numberOf(message.low),
    high: numberOf(message.high),
    by: 'server',
  };
}

export function readFeedStatus(message: WireMessage): FeedStatus {
  return {
    status: textOf(message.status),
    since: numberOf(message.since),
    reason: textOf(message.reason),
    broker: textOf(message.broker),
    instruments: namesOf(message.instruments),
  };
}

/** One gap for two that follow each other. */
export function joinGaps(first: Gap | null, second: Gap | null): Gap | null {
  if (first === null || second === null) return first ?? second;
  return {
    ...second,
    missed: first.missed === null || second.missed === null ? null : first.missed + second.missed,
    lastEpoch: first.lastEpoch,
    lastSeq: first.lastSeq,
  };
}
