/**
 * A decoder as one writes it first, and as the broker's published clients have it: an object per frame, 64-bit integers
 * read as BigInt. Values are the same as those of the real one.
 */
import {
  ANGEL_MODE,
  BEST_FIVE,
  BUY_FLAG,
  DEPTH_20,
  OFFSET,
  TOKEN_BYTES,
} from '../../src/codec/angel/frame-layout.ts';

interface NaiveLevel {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}

export interface NaiveFrame {
  mode: number;
  exchangeType: number;
  token: string;
  sequenceNumber?: number;
  exchangeTimeMs?: number;
  lastTradedPrice?: number;
  lastTradedQuantity?: number;
  averageTradedPrice?: number;
  volume?: number;
  totalBuyQuantity?: number;
  totalSellQuantity?: number;
  open?: number;
  high?: number;
  low?: number;
  close?: number;
  lastTradedTime?: number;
  openInterest?: number;
  upperCircuit?: number;
  lowerCircuit?: number;
  high52w?: number;
  low52w?: number;
  buy?: NaiveLevel[];
  sell?: NaiveLevel[];
}

/** `readInt64` reads at a byte offset of `bytes`; the two common ways to do so are compared. */
export type ReadInt64 = (bytes: Buffer, view: DataView, at: number) => number;

export const readWithBuffer: ReadInt64 = (bytes, _view, at) => Number(bytes.readBigInt64LE(at));
export const readWithView: ReadInt64 = (_bytes, view, at) => Number(view.getBigInt64(at, true));

/** Makes a decoder, so that each way of reading gets compiled for itself. */
export function createNaiveDecoder(
  readInt64: ReadInt64,
): (bytes: Buffer, view: DataView, at: number) => NaiveFrame {
  return (bytes, view, at) => {
    const mode = bytes[at + OFFSET.MODE]!;
    const tokenEnd = bytes.indexOf(0, at + OFFSET.TOKEN);
    const end = Math.min(tokenEnd, at + OFFSET.TOKEN + TOKEN_BYTES);
    const frame: NaiveFrame = {
      mode,
      exchangeType: bytes[at + OFFSET.EXCHANGE_TYPE]!,
      token: bytes.toString('utf8', at + OFFSET.TOKEN, end),
    };
    const int64 = (offset: number) => readInt64(bytes, view, at + offset);
    if (mode === ANGEL_MODE.DEPTH_20) {
      frame.exchangeTimeMs = int64(DEPTH_20.EXCHANGE_TIME_MS);
      const side = (from: number) =>
        Array.from({ length: DEPTH_20.LEVELS }, (_, i) => {
          const level = at + from + i * DEPTH_20.LEVEL_BYTES;
          return {
            price: bytes.readInt32LE(level + DEPTH_20.PRICE),
            quantity: bytes.readInt32LE(level + DEPTH_20.QUANTITY),
            orders: bytes.readInt16LE(level + DEPTH_20.ORDERS),
          };
        });
      frame.buy = side(DEPTH_20.BUY);
      frame.sell = side(DEPTH_20.SELL);
      return frame;
    }
    frame.sequenceNumber = int64(OFFSET.SEQUENCE_NUMBER);
    frame.exchangeTimeMs = int64(OFFSET.EXCHANGE_TIME_MS);
    frame.lastTradedPrice = int64(OFFSET.LAST_TRADED_PRICE);
    if (mode >= ANGEL_MODE.QUOTE) {
      frame.lastTradedQuantity = int64(OFFSET.LAST_TRADED_QUANTITY);
      frame.averageTradedPrice = int64(OFFSET.AVERAGE_TRADED_PRICE);
      frame.volume = int64(OFFSET.VOLUME);
      frame.totalBuyQuantity = bytes.readDoubleLE(at + OFFSET.TOTAL_BUY_QUANTITY);
      frame.totalSellQuantity = bytes.readDoubleLE(at + OFFSET.TOTAL_SELL_QUANTITY);
      frame.open = int64(OFFSET.OPEN);
      frame.high = int64(OFFSET.HIGH);
      frame.low = int64(OFFSET.LOW);
      frame.close = int64(OFFSET.CLOSE);
    }
    if (mode === ANGEL_MODE.SNAP_QUOTE) {
      frame.lastTradedTime = int64(OFFSET.LAST_TRADED_TIME);
      frame.openInterest = int64(OFFSET.OPEN_INTEREST);
      frame.upperCircuit = int64(OFFSET.UPPER_CIRCUIT);
      frame.lowerCircuit = int64(OFFSET.LOWER_CIRCUIT);
      frame.high52w = int64(OFFSET.HIGH_52W);
      frame.low52w = int64(OFFSET.LOW_52W);
      frame.buy = [];
      frame.sell = [];
      for (let i = 0; i < BEST_FIVE.ENTRIES; i++) {
        const entry = OFFSET.BEST_FIVE + i * BEST_FIVE.ENTRY_BYTES;
        const isBuy = bytes.readUInt16LE(at + entry + BEST_FIVE.FLAG) === BUY_FLAG;
        (isBuy ? frame.buy : frame.sell).push({
          price: int64(entry + BEST_FIVE.PRICE),
          quantity: int64(entry + BEST_FIVE.QUANTITY),
          orders: bytes.readUInt16LE(at + entry + BEST_FIVE.ORDERS),
        });
      }
    }
    return frame;
  };
}
