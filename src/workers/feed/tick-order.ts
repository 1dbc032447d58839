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

/** Where `tick` stands to `other`, both messages of one kind: modes LTP to DEPTH, or deep depth. Neither allocates nor throws. */
export function tickOrder(tick: Int32Array, other: Int32Array): TickOrder {
  const time = readInt64(tick, WORD.EXCHANGE_TIME_MS);
  const otherTime = readInt64(other, WORD.EXCHANGE_TIME_MS);
  if (time !== 0 && otherTime !== 0 && time !== otherTime) return time > otherTime ? 'newer' : 'older';
  const seq = readInt64(tick, WORD.EXCHANGE_SEQ);
  const otherSeq = readInt64(other, WORD.EXCHANGE_SEQ);
  if (seq !== 0 && otherSeq !== 0 && seq !== otherSeq) return seq > otherSeq ? 'newer' : 'older';
  return hasSameContent(tick, other) ? 'same' : 'unknown';
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
