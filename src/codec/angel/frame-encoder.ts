/**
 * Writes SmartStream frames in Angel's exact bytes: what the simulated exchange sends, and what tests feed to the
 * decoder. The engine itself never sends such a frame.
 */
import type { FrameTarget } from '../frame-target.ts';
import type { MarketLevel, MarketState } from '../market-state.ts';
import {
  ANGEL_MODE,
  BEST_FIVE,
  BUY_FLAG,
  DEPTH_20,
  FRAME_BYTES,
  OFFSET,
  SELL_FLAG,
  TOKEN_BYTES,
} from './frame-layout.ts';

/** Multiplying by a power of two is exact, and faster than dividing. */
const PER_TWO_32 = 2 ** -32;
const BEST_FIVE_LEVELS = BEST_FIVE.ENTRIES / 2;

/** A mode byte that has a frame. */
export type AngelMode = (typeof ANGEL_MODE)[keyof typeof ANGEL_MODE];

/**
 * The token field: UTF-8, padded with NULs to 25 bytes.
 * @throws RangeError if the token is longer than the field.
 */
export function encodeToken(token: string): Uint8Array {
  const text = Buffer.from(token, 'utf8');
  if (text.length > TOKEN_BYTES) {
    throw new RangeError(`Token '${token}' has ${text.length} bytes; the frame holds ${TOKEN_BYTES}.`);
  }
  const field = new Uint8Array(TOKEN_BYTES);
  field.set(text);
  return field;
}

/** Little-endian int64 in two halves: several times faster than a BigInt write, and exact to ±(2^53 - 1). */
function writeInt64(view: DataView, offset: number, value: number): void {
  const low = value >>> 0;
  view.setUint32(offset, low, true);
  view.setInt32(offset + 4, (value - low) * PER_TWO_32, true);
}

function writeBestFive(
  view: DataView,
  offset: number,
  side: readonly MarketLevel[],
  flag: number,
  firstEntry: number,
): void {
  for (let level = 0; level < BEST_FIVE_LEVELS; level++) {
    const at = offset + OFFSET.BEST_FIVE + (firstEntry + level) * BEST_FIVE.ENTRY_BYTES;
    const value = side[level];
    view.setUint16(at + BEST_FIVE.FLAG, flag, true);
    writeInt64(view, at + BEST_FIVE.QUANTITY, value === undefined ? 0 : value.quantity);
    writeInt64(view, at + BEST_FIVE.PRICE, value === undefined ? 0 : value.price);
    view.setUint16(at + BEST_FIVE.ORDERS, value === undefined ? 0 : value.orders, true);
  }
}

function writeDepth20(view: DataView, offset: number, side: readonly MarketLevel[]): void {
  for (let level = 0; level < DEPTH_20.LEVELS; level++) {
    const at = offset + level * DEPTH_20.LEVEL_BYTES;
    const value = side[level];
    view.setInt32(at + DEPTH_20.QUANTITY, value === undefined ? 0 : value.quantity, true);
    view.setInt32(at + DEPTH_20.PRICE, value === undefined ? 0 : value.price, true);
    view.setInt16(at + DEPTH_20.ORDERS, value === undefined ? 0 : value.orders, true);
  }
}

function writeLtpFields(state: MarketState, view: DataView, offset: number): void {
  writeInt64(view, offset + OFFSET.SEQUENCE_NUMBER, state.sequenceNumber);
  writeInt64(view, offset + OFFSET.EXCHANGE_TIME_MS, state.exchangeTimeMs);
  writeInt64(view, offset + OFFSET.LAST_TRADED_PRICE, state.lastTradedPrice);
}

function writeQuoteFields(state: MarketState, view: DataView, offset: number): void {
  writeInt64(view, offset + OFFSET.LAST_TRADED_QUANTITY, state.lastTradedQuantity);
  writeInt64(view, offset + OFFSET.AVERAGE_TRADED_PRICE, state.averageTradedPrice);
  writeInt64(view, offset + OFFSET.VOLUME, state.volume);
  view.setFloat64(offset + OFFSET.TOTAL_BUY_QUANTITY, state.totalBuyQuantity, true);
  view.setFloat64(offset + OFFSET.TOTAL_SELL_QUANTITY, state.totalSellQuantity, true);
  writeInt64(view, offset + OFFSET.OPEN, state.open);
  writeInt64(view, offset + OFFSET.HIGH, state.high);
  writeInt64(view, offset + OFFSET.LOW, state.low);
  writeInt64(view, offset + OFFSET.CLOSE, state.close);
}

function writeSnapFields(state: MarketState, view: DataView, offset: number): void {
  writeInt64(view, offset + OFFSET.LAST_TRADED_TIME, state.lastTradedTime);
  writeInt64(view, offset + OFFSET.OPEN_INTEREST, state.openInterest);
  view.setFloat64(offset + OFFSET.OPEN_INTEREST_CHANGE, state.openInterestChange, true);
  writeBestFive(view, offset, state.buy, BUY_FLAG, 0);
  writeBestFive(view, offset, state.sell, SELL_FLAG, BEST_FIVE_LEVELS);
  writeInt64(view, offset + OFFSET.UPPER_CIRCUIT, state.upperCircuit);
  writeInt64(view, offset + OFFSET.LOWER_CIRCUIT, state.lowerCircuit);
  writeInt64(view, offset + OFFSET.HIGH_52W, state.high52w);
  writeInt64(view, offset + OFFSET.LOW_52W, state.low52w);
}

/**
 * Writes one frame at `offset` and returns its length: 51, 123, 379 or 443 bytes by mode. The target must have room for
 * it. Runs in the simulated exchange's thread for every tick; does not allocate, and throws only without room.
 */
export function encodeFrame(
  mode: AngelMode,
  state: MarketState,
  target: FrameTarget,
  offset: number,
): number {
  const { view } = target;
  view.setUint8(offset + OFFSET.MODE, mode);
  view.setUint8(offset + OFFSET.EXCHANGE_TYPE, state.exchangeType);
  target.bytes.set(state.tokenBytes, offset + OFFSET.TOKEN);
  if (mode === ANGEL_MODE.DEPTH_20) {
    writeInt64(view, offset + DEPTH_20.EXCHANGE_TIME_MS, state.depthTimeMs);
    // The packet's time of receipt, a dummy that is always 0.
    writeInt64(view, offset + DEPTH_20.EXCHANGE_TIME_MS + 8, 0);
    writeDepth20(view, offset + DEPTH_20.BUY, state.buy);
    writeDepth20(view, offset + DEPTH_20.SELL, state.sell);
  } else {
    writeLtpFields(state, view, offset);
    if (mode >= ANGEL_MODE.QUOTE) writeQuoteFields(state, view, offset);
    if (mode >= ANGEL_MODE.SNAP_QUOTE) writeSnapFields(state, view, offset);
  }
  return FRAME_BYTES[mode] ?? 0;
}
