/**
 * From the bytes of one SmartStream frame to a record. The record keeps the wire's meaning: raw integers in price
 * units, last traded time as sent, dummy fields included. Units and meaning are the normaliser's.
 */
import { LEVEL } from '../tick-message.ts';
import { decodeBestFive } from './best-five-decoder.ts';
import { ANGEL_MODE, DEPTH_20, EXCHANGE_TYPE, FRAME_BYTES, OFFSET, TOKEN_BYTES } from './frame-layout.ts';

export type AngelMode = (typeof ANGEL_MODE)[keyof typeof ANGEL_MODE];

/** Results of `decodeFrame`. A rejected frame leaves the record as it was. */
export const DECODED = 0;
export const REJECT = { SHORT_FRAME: 1, UNKNOWN_MODE: 2 } as const;

/** Names of the rejects, for counters and logs. */
export const REJECT_NAMES: Readonly<Record<number, string>> = {
  [REJECT.SHORT_FRAME]: 'short_frame',
  [REJECT.UNKNOWN_MODE]: 'unknown_mode',
};

/** Bits of `AngelFrame.anomalies`: the frame was decoded, and something about it is worth counting. */
export const ANOMALY = {
  /** The frame is longer than its mode's packet. */
  TRAILING: 1 << 0,
  UNKNOWN_EXCHANGE_TYPE: 1 << 1,
  /** A best-five flag is neither buy nor sell, or the flags name one side more than five times. */
  BAD_DEPTH_FLAG: 1 << 2,
  /** A total quantity is NaN or infinite. */
  NON_FINITE_TOTAL: 1 << 3,
} as const;

/**
 * Indexes on `AngelFrame.fields` of the low word of each int64; the high word follows it. The order is that of the
 * wire and of the tick message, so that both the decoder and the normaliser copy whole runs.
 */
export const FIELD = {
  SEQUENCE_NUMBER: 0,
  EXCHANGE_TIME_MS: 2,
  LAST_TRADED_PRICE: 4,
  LAST_TRADED_QUANTITY: 6,
  AVERAGE_TRADED_PRICE: 8,
  VOLUME: 10,
  OPEN: 12,
  HIGH: 14,
  LOW: 16,
  CLOSE: 18,
  LAST_TRADED_TIME: 20,
  OPEN_INTEREST: 22,
  UPPER_CIRCUIT: 24,
  LOWER_CIRCUIT: 26,
  HIGH_52W: 28,
  LOW_52W: 30,
} as const;
const FIELD_WORDS = 32;

/** Indexes on `AngelFrame.doubles`. */
export const FRAME_DOUBLE = {
  TOTAL_BUY_QUANTITY: 0,
  TOTAL_SELL_QUANTITY: 1,
  OPEN_INTEREST_CHANGE: 2,
} as const;

/**
 * One decoded frame, reused for every frame of a connection. Only what the frame's mode carries is written; the rest
 * still holds what an earlier frame left there. A Depth20 frame carries the exchange time and 20 levels per side.
 */
export class AngelFrame {
  mode: AngelMode = ANGEL_MODE.LTP;
  exchangeType = 0;
  /** UTF-8 bytes; those from `tokenLength` on are meaningless. */
  readonly token = new Uint8Array(TOKEN_BYTES);
  tokenLength = 0;
  readonly fields = new Int32Array(FIELD_WORDS);
  readonly doubles = new Float64Array(3);
  /** Levels, best first, in the words of a tick message's levels (`LEVEL`): 5 in SnapQuote, 20 in Depth20. */
  readonly buy = new Int32Array(DEPTH_20.LEVELS * LEVEL.WORDS);
  readonly sell = new Int32Array(DEPTH_20.LEVELS * LEVEL.WORDS);
  /** Bits of `ANOMALY`. */
  anomalies = 0;
  /** Bytes behind the packet. */
  trailing = 0;
}

const KNOWN_EXCHANGE_TYPES = Object.values(EXCHANGE_TYPE).reduce((mask, type) => mask | (1 << type), 0);

/**
 * Decodes the first packet of a frame into `frame`. Feed worker; neither allocates nor throws.
 *
 * @param view must contain the bytes from `offset` to `offset + length`
 * @param length length of the frame; bytes behind the mode's packet are not looked at, only counted
 * @returns `DECODED`, or one of `REJECT` with `frame` untouched
 */
export function decodeFrame(view: DataView, offset: number, length: number, frame: AngelFrame): number {
  if (length === 0) return REJECT.SHORT_FRAME;
  const mode = view.getUint8(offset + OFFSET.MODE);
  if (mode < ANGEL_MODE.LTP || mode > ANGEL_MODE.DEPTH_20) return REJECT.UNKNOWN_MODE;
  const trailing = length - FRAME_BYTES[mode]!;
  if (trailing < 0) return REJECT.SHORT_FRAME;

  const exchangeType = view.getUint8(offset + OFFSET.EXCHANGE_TYPE);
  frame.mode = mode as AngelMode;
  frame.exchangeType = exchangeType;
  frame.trailing = trailing;
  let anomalies = trailing > 0 ? ANOMALY.TRAILING : 0;
  // A shift takes its count modulo 32, hence the first half.
  if (exchangeType > 31 || ((KNOWN_EXCHANGE_TYPES >>> exchangeType) & 1) === 0) {
    anomalies |= ANOMALY.UNKNOWN_EXCHANGE_TYPE;
  }
  decodeToken(view, offset + OFFSET.TOKEN, frame);

  if (mode === ANGEL_MODE.DEPTH_20) {
    decodeRun(view, offset + DEPTH_20.EXCHANGE_TIME_MS, frame.fields, FIELD.EXCHANGE_TIME_MS, 2);
    decodeDeepSide(view, offset + DEPTH_20.BUY, frame.buy);
    decodeDeepSide(view, offset + DEPTH_20.SELL, frame.sell);
  } else {
    decodeRun(view, offset + OFFSET.SEQUENCE_NUMBER, frame.fields, FIELD.SEQUENCE_NUMBER, 6);
    if (mode >= ANGEL_MODE.QUOTE) anomalies |= decodeQuote(view, offset, frame);
    if (mode === ANGEL_MODE.SNAP_QUOTE) anomalies |= decodeSnap(view, offset, frame);
  }
  frame.anomalies = anomalies;
  return DECODED;
}

function decodeToken(view: DataView, at: number, frame: AngelFrame): void {
  const token = frame.token;
  let n = 0;
  while (n < TOKEN_BYTES) {
    const byte = view.getUint8(at + n);
    if (byte === 0) break;
    token[n++] = byte;
  }
  frame.tokenLength = n;
}

/** Copies `words` 32-bit words, that is half as many int64. */
function decodeRun(view: DataView, at: number, fields: Int32Array, index: number, words: number): void {
  for (let i = 0; i < words; i++) fields[index + i] = view.getInt32(at + 4 * i, true);
}

function decodeQuote(view: DataView, offset: number, frame: AngelFrame): number {
  decodeRun(view, offset + OFFSET.LAST_TRADED_QUANTITY, frame.fields, FIELD.LAST_TRADED_QUANTITY, 6);
  decodeRun(view, offset + OFFSET.OPEN, frame.fields, FIELD.OPEN, 8);
  const buy = view.getFloat64(offset + OFFSET.TOTAL_BUY_QUANTITY, true);
  const sell = view.getFloat64(offset + OFFSET.TOTAL_SELL_QUANTITY, true);
  frame.doubles[FRAME_DOUBLE.TOTAL_BUY_QUANTITY] = buy;
  frame.doubles[FRAME_DOUBLE.TOTAL_SELL_QUANTITY] = sell;
  return Number.isFinite(buy) && Number.isFinite(sell) ? 0 : ANOMALY.NON_FINITE_TOTAL;
}

function decodeSnap(view: DataView, offset: number, frame: AngelFrame): number {
  decodeRun(view, offset + OFFSET.LAST_TRADED_TIME, frame.fields, FIELD.LAST_TRADED_TIME, 4);
  decodeRun(view, offset + OFFSET.UPPER_CIRCUIT, frame.fields, FIELD.UPPER_CIRCUIT, 8);
  const change = view.getFloat64(offset + OFFSET.OPEN_INTEREST_CHANGE, true);
  frame.doubles[FRAME_DOUBLE.OPEN_INTEREST_CHANGE] = change;
  const clean = decodeBestFive(view, offset + OFFSET.BEST_FIVE, frame.buy, frame.sell);
  return clean ? 0 : ANOMALY.BAD_DEPTH_FLAG;
}

/** Price and quantity are int32 here and are sign-extended; the number of orders is a count, hence unsigned. */
function decodeDeepSide(view: DataView, at: number, levels: Int32Array): void {
  for (let i = 0; i < DEPTH_20.LEVELS; i++) {
    const from = at + i * DEPTH_20.LEVEL_BYTES;
    const to = i * LEVEL.WORDS;
    const price = view.getInt32(from + DEPTH_20.PRICE, true);
    const quantity = view.getInt32(from + DEPTH_20.QUANTITY, true);
    levels[to + LEVEL.PRICE] = price;
    levels[to + LEVEL.PRICE + 1] = price >> 31;
    levels[to + LEVEL.QUANTITY] = quantity;
    levels[to + LEVEL.QUANTITY + 1] = quantity >> 31;
    levels[to + LEVEL.ORDERS] = view.getUint16(from + DEPTH_20.ORDERS, true);
  }
}
