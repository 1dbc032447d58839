/**
 * Messages of Kite's ticker as a byte table. Everything is big-endian, packed, without checksum. A message of one byte is
 * a heartbeat; any other holds packets, each behind its length, and the length alone says what a packet is.
 *
 * | offset | size | field of a message | | length | packet | mode |
 * | 0 | 2 | number of packets | | 8 | any instrument | ltp |
 * | 2 | 2 | length of the first packet | | 28 | index | quote |
 * | 4 | length | the first packet | | 32 | index | full |
 * | … | | length and packet, again and again | | 44 | instrument | quote |
 * | | | | | 184 | instrument | full |
 *
 * | offset | size | field, lengths 8, 44, 184 | | offset | size | field, lengths 28, 32 |
 * | 0 | 4 | token; its low byte is the segment | | 0 | 4 | token |
 * | 4 | 4 | last price | | 4 | 4 | last price |
 * | 8 | 4 | last traded quantity | | 8 | 4 | high |
 * | 12 | 4 | average traded price | | 12 | 4 | low |
 * | 16 | 4 | volume of the day | | 16 | 4 | open |
 * | 20 | 4 | total buy quantity | | 20 | 4 | close |
 * | 24 | 4 | total sell quantity | | 24 | 4 | net change, of unknown scale: not read |
 * | 28 | 16 | open, high, low, close | | 28 | 4 | exchange time, s |
 * | 44 | 4 | last trade time, s | | | | |
 * | 48 | 12 | open interest, its high and low of the day | | | | |
 * | 60 | 4 | exchange time, s | | | | |
 * | 64 | 120 | five buy, then five sell levels of 12 bytes | | | | |
 *
 * Prices are signed, everything else is unsigned. A time of 0 is none; lengths 8, 28 and 44 carry no time at all.
 */

/** What a packet is, by its length. */
export const PACKET = { LTP: 8, INDEX_QUOTE: 28, INDEX_FULL: 32, QUOTE: 44, FULL: 184 } as const;
export type PacketLength = (typeof PACKET)[keyof typeof PACKET];

export const HEARTBEAT_BYTES = 1;
export const COUNT_BYTES = 2;
export const LENGTH_BYTES = 2;

/** Byte offsets of an instrument's packet. */
export const OFFSET = {
  TOKEN: 0,
  LAST_PRICE: 4,
  LAST_QUANTITY: 8,
  AVERAGE_PRICE: 12,
  VOLUME: 16,
  TOTAL_BUY_QUANTITY: 20,
  TOTAL_SELL_QUANTITY: 24,
  OPEN: 28,
  HIGH: 32,
  LOW: 36,
  CLOSE: 40,
  LAST_TRADE_TIME: 44,
  OPEN_INTEREST: 48,
  OPEN_INTEREST_HIGH: 52,
  OPEN_INTEREST_LOW: 56,
  EXCHANGE_TIME: 60,
  BUY: 64,
  SELL: 124,
} as const;

/** Byte offsets of an index packet behind the last price: another order of the day's prices. */
export const INDEX_OFFSET = {
  HIGH: 8,
  LOW: 12,
  OPEN: 16,
  CLOSE: 20,
  NET_CHANGE: 24,
  EXCHANGE_TIME: 28,
} as const;

/** Offsets inside a level; two bytes of padding end it. Which side it is on follows from its place. */
export const LEVEL_OFFSET = { QUANTITY: 0, PRICE: 4, ORDERS: 8 } as const;
export const LEVEL_BYTES = 12;
export const LEVELS = 5;

/** Segments: the low byte of a token. Numbers beyond 9 exist, but which is what is unknown. */
export const SEGMENT = {
  NSE: 1,
  NFO: 2,
  CDS: 3,
  BSE: 4,
  BFO: 5,
  BCD: 6,
  MCX: 7,
  MCXSX: 8,
  INDICES: 9,
} as const;

export const SEGMENT_MASK = 0xff;
/** A token is the exchange's own number above the segment. */
export const SEGMENT_BITS = 8;
export const MAX_TOKEN = 0xffff_ffff;

/** Hot path. */
export function isKnownSegment(segment: number): boolean {
  return segment >= SEGMENT.NSE && segment <= SEGMENT.INDICES;
}

/** Digits behind the decimal point of a segment's prices. */
export function kitePriceDecimals(segment: number): number {
  if (segment === SEGMENT.CDS) return 7;
  return segment === SEGMENT.BCD ? 4 : 2;
}
