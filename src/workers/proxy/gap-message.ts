/** What clients who asked for sequence numbers read of ticks that are missing. Proxy worker thread. */
import type { ServerMessage } from '../../codec/server-message.ts';
import type { Instrument } from '../../codec/tick.ts';

/** Why ticks are missing. */
export type GapReason = 'lost' | 'outage' | 'restart';

/** A tick by its count. */
interface Place {
  readonly epoch: number;
  readonly seq: number;
}

/** @param last the tick before those that are missing; @param next the one behind them */
export function gapMessage(
  { symbol, exchange, broker }: Instrument,
  reason: GapReason,
  last: Place,
  next: Place,
): ServerMessage {
  return {
    type: 'gap',
    symbol,
    exchange,
    reason,
    epoch: next.epoch,
    /** Ticks that are missing, where that can be known. */
    missed: reason === 'lost' ? next.seq - last.seq - 1 : null,
    last_epoch: last.epoch,
    last_seq: last.seq,
    next_seq: next.seq,
    broker,
  };
}
