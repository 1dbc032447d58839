/**
 * Writes ticker packets in Kite's exact bytes: what the simulated exchange sends, and what tests feed to the decoder. The
 * engine itself never sends one.
 */
import type { FrameTarget } from '../frame-target.ts';
import type { MarketLevel, MarketState } from '../market-state.ts';
import { MODE, type Mode } from '../tick.ts';
import {
  INDEX_OFFSET,
  LENGTH_BYTES,
  LEVEL_BYTES,
  LEVEL_OFFSET,
  LEVELS,
  OFFSET,
  PACKET,
  type PacketLength,
  SEGMENT,
} from './frame-layout.ts';
import { parseToken, segmentOf } from './token.ts';

const MS_PER_S = 1000;
export const TOKEN_BYTES = 4;

/** What a packet shows beside what every wire shows. */
export interface KiteMarketState extends MarketState {
  /** Default: the open interest. */
  readonly openInterestHigh?: number;
  readonly openInterestLow?: number;
}

/** Length of the packet that a mode has in a segment. */
export function packetLengthOf(mode: Mode, segment: number): PacketLength {
  if (mode === MODE.LTP) return PACKET.LTP;
  if (segment === SEGMENT.INDICES) return mode === MODE.QUOTE ? PACKET.INDEX_QUOTE : PACKET.INDEX_FULL;
  return mode === MODE.QUOTE ? PACKET.QUOTE : PACKET.FULL;
}

/**
 * The token field.
 * @throws RangeError for a text that is no token of the segment
 */
export function encodeToken(segment: number, text: string): Uint8Array {
  const token = parseToken(text);
  if (token === null || segmentOf(token) !== segment) {
    throw new RangeError(`'${text}' is no token of segment ${segment}`);
  }
  const field = new Uint8Array(TOKEN_BYTES);
  new DataView(field.buffer).setUint32(0, token);
  return field;
}

/**
 * Writes one packet at `offset` behind its length, and returns how many bytes both have. Values beyond 32 bits lose their
 * upper ones, as they would in the exchange. Does not allocate, and throws only without room.
 */
export function encodePacket(
  length: PacketLength,
  state: KiteMarketState,
  target: FrameTarget,
  offset: number,
): number {
  const { view } = target;
  const at = offset + LENGTH_BYTES;
  view.setUint16(offset, length);
  target.bytes.set(state.tokenBytes, at + OFFSET.TOKEN);
  view.setInt32(at + OFFSET.LAST_PRICE, state.lastTradedPrice);
  if (length === PACKET.INDEX_QUOTE || length === PACKET.INDEX_FULL) writeIndex(view, at, length, state);
  else if (length !== PACKET.LTP) writeQuote(view, at, state);
  if (length === PACKET.FULL) writeFull(view, at, state);
  return LENGTH_BYTES + length;
}

function writeIndex(view: DataView, at: number, length: PacketLength, state: MarketState): void {
  view.setInt32(at + INDEX_OFFSET.HIGH, state.high);
  view.setInt32(at + INDEX_OFFSET.LOW, state.low);
  view.setInt32(at + INDEX_OFFSET.OPEN, state.open);
  view.setInt32(at + INDEX_OFFSET.CLOSE, state.close);
  view.setInt32(at + INDEX_OFFSET.NET_CHANGE, state.lastTradedPrice - state.close);
  if (length === PACKET.INDEX_FULL) {
    view.setUint32(at + INDEX_OFFSET.EXCHANGE_TIME, state.exchangeTimeMs / MS_PER_S);
  }
}

function writeQuote(view: DataView, at: number, state: MarketState): void {
  view.setUint32(at + OFFSET.LAST_QUANTITY, state.lastTradedQuantity);
  view.setInt32(at + OFFSET.AVERAGE_PRICE, state.averageTradedPrice);
  view.setUint32(at + OFFSET.VOLUME, state.volume);
  view.setUint32(at + OFFSET.TOTAL_BUY_QUANTITY, state.totalBuyQuantity);
  view.setUint32(at + OFFSET.TOTAL_SELL_QUANTITY, state.totalSellQuantity);
  view.setInt32(at + OFFSET.OPEN, state.open);
  view.setInt32(at + OFFSET.HIGH, state.high);
  view.setInt32(at + OFFSET.LOW, state.low);
  view.setInt32(at + OFFSET.CLOSE, state.close);
}

function writeFull(view: DataView, at: number, state: KiteMarketState): void {
  const { openInterest } = state;
  view.setUint32(at + OFFSET.LAST_TRADE_TIME, state.lastTradedTime);
  view.setUint32(at + OFFSET.OPEN_INTEREST, openInterest);
  view.setUint32(at + OFFSET.OPEN_INTEREST_HIGH, state.openInterestHigh ?? openInterest);
  view.setUint32(at + OFFSET.OPEN_INTEREST_LOW, state.openInterestLow ?? openInterest);
  view.setUint32(at + OFFSET.EXCHANGE_TIME, state.exchangeTimeMs / MS_PER_S);
  writeSide(view, at + OFFSET.BUY, state.buy);
  writeSide(view, at + OFFSET.SELL, state.sell);
}

function writeSide(view: DataView, at: number, side: readonly MarketLevel[]): void {
  for (let i = 0; i < LEVELS; i++) {
    const level = side[i];
    const from = at + i * LEVEL_BYTES;
    view.setUint32(from + LEVEL_OFFSET.QUANTITY, level === undefined ? 0 : level.quantity);
    view.setInt32(from + LEVEL_OFFSET.PRICE, level === undefined ? 0 : level.price);
    view.setUint32(from + LEVEL_OFFSET.ORDERS, level === undefined ? 0 : level.orders * 0x10000);
  }
}
