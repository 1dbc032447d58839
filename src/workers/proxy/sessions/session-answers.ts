/** What clients read of their sessions. Proxy worker thread. */
import type { Json, ServerMessage } from '../../../codec/server-message.ts';
import type { Instrument } from '../../../codec/tick.ts';
import type { Place } from './session-image.ts';

/** Subscriptions that come back, in the form of a confirmation: a session may hold more than one message can. */
export interface ResumedPortion {
  readonly entries: readonly Json[];
  /** Others come in further messages. */
  readonly hasMore: boolean;
  readonly orders: boolean;
  readonly awayMs: number;
}

/** The session was found. */
export function resumedMessage({ entries, hasMore, orders, awayMs }: ResumedPortion): ServerMessage {
  return {
    type: 'session',
    status: 'resumed',
    away_ms: awayMs,
    subscriptions: entries,
    orders,
    more: hasMore ? true : undefined,
  };
}

/** The connection is good, with a session of its own, but what the client held is not known. */
export function unknownMessage(): ServerMessage {
  const message =
    'No such session of this key is kept: it has expired, gave way to newer ones, or the engine was restarted. ' +
    'Subscribe again; this connection has a new session';
  return { type: 'session', status: 'unknown', message };
}

/** The connection is good, but cannot be resumed. */
export function refusedMessage(refusal: string): ServerMessage {
  return { type: 'session', status: 'refused', message: `This connection has no session: ${refusal}` };
}

/** The session stays as it was, for the next connection. */
export function notNowMessage(): ServerMessage {
  const message =
    'The broker session has ended, so nothing can be subscribed. Log in to the broker, connect again and present the session';
  return { type: 'session', status: 'refused', message };
}

/**
 * What a client is told of the time between its connections, ahead of an instrument's last value. `missed` counts ticks
 * that this engine had: null where its count began anew, or is not known.
 *
 * @param past where the instrument stood when the earlier connection ended
 * @param next the first tick that the client gets now, null while nobody knows it
 */
export function awayNotice(
  { symbol, exchange, broker }: Instrument,
  past: Place,
  next: Place | null,
): ServerMessage {
  const isCounted = next !== null && next.epoch === past.epoch;
  return {
    type: 'gap',
    symbol,
    exchange,
    reason: 'away',
    epoch: next?.epoch ?? null,
    // The first tick may be the one that it had last.
    missed: isCounted ? Math.max(0, next.seq - past.seq - 1) : null,
    last_epoch: past.epoch,
    last_seq: past.seq,
    next_seq: next?.seq ?? null,
    broker,
  };
}
