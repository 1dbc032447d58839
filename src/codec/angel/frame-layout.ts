/**
 * Angel One SmartStream frames as a byte table. Everything is little-endian, packed, without checksum or length field;
 * the length follows from byte 0. Prices are integers whose scale depends on the exchange type alone.
 *
 * | offset | size | field, modes 1 to 3 | | offset | size | field, mode 4 |
 * | 0 | 1 | mode | | 0 | 1 | mode |
 * | 1 | 1 | exchange type | | 1 | 1 | exchange type |
 * | 2 | 25 | token, ends at its first NUL | | 2 | 25 | token |
 * | 27 | 8 | sequence number (per segment) | | 27 | 8 | exchange time, ms |
 * | 35 | 8 | exchange time, ms | | 35 | 8 | dummy |
 * | 43 | 8 | last traded price | | 43 | 200 | 20 buy levels of 10 bytes |
 * | 51 | 72 | quote fields | | 243 | 200 | 20 sell levels of 10 bytes |
 * | 123 | 256 | snap fields and best five | | | | |
 */

/** Mode byte of a frame, and the mode number of a request. */
export const ANGEL_MODE = { LTP: 1, QUOTE: 2, SNAP_QUOTE: 3, DEPTH_20: 4 } as const;

/** Whole length of a frame by its mode byte; 0 where there is no such mode. */
export const FRAME_BYTES: readonly number[] = [0, 51, 123, 379, 443];

export const TOKEN_BYTES = 25;

/** Byte offsets. int64 unless stated. */
export const OFFSET = {
  MODE: 0, // uint8
  EXCHANGE_TYPE: 1, // uint8
  TOKEN: 2, // 25 bytes
  SEQUENCE_NUMBER: 27,
  EXCHANGE_TIME_MS: 35,
  LAST_TRADED_PRICE: 43,
  LAST_TRADED_QUANTITY: 51,
  AVERAGE_TRADED_PRICE: 59,
  VOLUME: 67,
  TOTAL_BUY_QUANTITY: 75, // double
  TOTAL_SELL_QUANTITY: 83, // double
  OPEN: 91,
  HIGH: 99,
  LOW: 107,
  CLOSE: 115,
  /** Seconds in every known capture; a value of 10^11 or more is milliseconds. */
  LAST_TRADED_TIME: 123,
  OPEN_INTEREST: 131,
  /** Documented as a dummy double; never published. */
  OPEN_INTEREST_CHANGE: 139,
  BEST_FIVE: 147,
  UPPER_CIRCUIT: 347,
  LOWER_CIRCUIT: 355,
  HIGH_52W: 363,
  LOW_52W: 371,
} as const;

/** Offsets inside a best-five entry of 20 bytes; ten entries, documented as five buys, then five sells. */
export const BEST_FIVE = {
  ENTRIES: 10,
  ENTRY_BYTES: 20,
  FLAG: 0, // uint16: 1 buy, 0 sell
  QUANTITY: 2, // int64
  PRICE: 10, // int64
  ORDERS: 18, // uint16
} as const;

export const BUY_FLAG = 1;
export const SELL_FLAG = 0;

/** Depth20: no sequence number, no last price, sides by position. */
export const DEPTH_20 = {
  EXCHANGE_TIME_MS: 27,
  BUY: 43,
  SELL: 243,
  LEVELS: 20,
  LEVEL_BYTES: 10,
  QUANTITY: 0, // int32
  PRICE: 4, // int32
  ORDERS: 8, // int16
} as const;

/** Exchange types of the wire. Codes 6 and 8 to 12 do not exist. */
export const EXCHANGE_TYPE = {
  NSE_CM: 1,
  NSE_FO: 2,
  BSE_CM: 3,
  BSE_FO: 4,
  MCX_FO: 5,
  NCX_FO: 7,
  CDE_FO: 13,
} as const;

/** Digits behind the decimal point of a segment's prices: 7 for currencies, 2 for all others, unknown ones included. */
export function angelPriceDecimals(exchangeType: number): number {
  return exchangeType === EXCHANGE_TYPE.CDE_FO ? 7 : 2;
}
