/**
 * What a client is told right before a tick that stands for several: with the `receipts` feature how many, which ones and
 * between which prices trades lay; with `sequence` alone that sequence numbers are missing, and why.
 */
import type { FramingName } from './framing.ts';
import { formatPrice, POWERS_OF_TEN } from './price.ts';
import { pythonString, toMsgpack } from './server-message.ts';
import type { Instrument, Mode } from './tick.ts';

/** Ticks of one instrument and mode of which only the last is sent. */
export interface MergedTicks {
  /** How many, the last one included; at least 2. */
  readonly merged: number;
  readonly firstEpoch: number;
  readonly firstSeq: number;
  readonly lastEpoch: number;
  readonly lastSeq: number;
  /** Lowest and highest LTP of those in which something was traded, scaled integers; NaN when nothing was. */
  readonly low: number;
  readonly high: number;
  readonly priceDecimals: number;
}

type Named = Pick<Instrument, 'symbol' | 'exchange' | 'broker'>;

/** The receipt, in the framing of the client that it is for. */
export function receiptMessage(
  framing: FramingName,
  { symbol, exchange, broker }: Named,
  mode: Mode,
  ticks: MergedTicks,
): string | Uint8Array {
  const { merged, firstEpoch, firstSeq, lastEpoch, lastSeq, low, high, priceDecimals } = ticks;
  if (framing === 'msgpack') {
    const price = (scaled: number) => (Number.isNaN(scaled) ? null : scaled / POWERS_OF_TEN[priceDecimals]!);
    return toMsgpack({
      type: 'receipt',
      symbol,
      exchange,
      mode,
      merged,
      first_epoch: firstEpoch,
      first_seq: firstSeq,
      epoch: lastEpoch,
      last_seq: lastSeq,
      low: price(low),
      high: price(high),
      broker,
    });
  }
  // By hand, since a price has its decimal point in JSON, and is as exact as in the tick.
  const price = (scaled: number) =>
    Number.isNaN(scaled) ? 'null' : formatPrice(BigInt(scaled), priceDecimals);
  return (
    `{"type": "receipt", "symbol": ${pythonString(symbol)}, "exchange": ${pythonString(exchange)}, "mode": ${mode}, ` +
    `"merged": ${merged}, "first_epoch": ${firstEpoch}, "first_seq": ${firstSeq}, "epoch": ${lastEpoch}, ` +
    `"last_seq": ${lastSeq}, "low": ${price(low)}, "high": ${price(high)}, "broker": ${pythonString(broker)}}`
  );
}
