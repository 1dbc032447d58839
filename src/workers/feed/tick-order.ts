/** Which of two ticks of one instrument came first, when they came over two connections. */
import { MODE } from '../../codec/tick.ts';
import { modeOf, QUOTE_OFFSET, readInt64, WORD } from '../../codec/tick-message.ts';

/**
 * `unknown`: the exchange's clock resolves a second, and what has no sequence number (an index, a deep depth tick, a broker
 * without any) or the same number in two messages cannot be put in order by looking at it. Nor can what has no time.
 */
export type TickOrder = 'older' | 'same' | 'newer' | 'unknown';

/** Words of a message that are the engine's and not the exchange's: [from, to). */
const OURS_FROM = WORD.RECEIVE_TIME_NS;
const OURS_TO = WORD.LTP;

/** A tick, or what is known of it. */
export interface KnownTick {
  /** 0: it has none. */
  readonly timeMs: number;
  /** 0: it has none. */
  readonly seq: number;
  /** Null when nothing else is known. */
  readonly words: Int32Array | null;
}

/** Where the message `tick` stands to another one of its kind: modes LTP to DEPTH, or deep depth. Neither allocates nor throws. */
export function tickOrder(tick: Int32Array, other: KnownTick): TickOrder {
  const time = readInt64(tick, WORD.EXCHANGE_TIME_MS);
  const hasTimes = time !== 0 && other.timeMs !== 0;
  if (hasTimes && time !== other.timeMs) return time > other.timeMs ? 'newer' : 'older';
  const seq = readInt64(tick, WORD.EXCHANGE_SEQ);
  const hasBoth = seq !== 0 && other.seq !== 0;
  if (hasBoth && seq !== other.seq) return seq > other.seq ? 'newer' : 'older';
  if (other.words === null) return hasBoth ? 'same' : 'unknown';
  return hasSameContent(tick, other.words) ? 'same' : 'unknown';
}

/** Compares what both carry: messages of two modes have the fields of the lower one in common. */
function hasSameContent(tick: Int32Array, other: Int32Array): boolean {
  const isOneMode = tick.length === other.length;
  const end = isOneMode ? tick.length : QUOTE_OFFSET / 4;
  // The last price of a deep depth tick is that of the tick beside it.
  const oursTo = modeOf(tick) === MODE.DEEP_DEPTH ? OURS_TO + 2 : OURS_TO;
  for (let word: number = WORD.EXCHANGE_SEQ; word < end; word++) {
    if (word >= OURS_FROM && word < oursTo) continue;
    if (word === WORD.FLAGS || (!isOneMode && word === WORD.MODE_AND_SCALE)) continue;
    if (tick[word] !== other[word]) return false;
  }
  return true;
}
