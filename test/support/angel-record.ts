/** Reads a decoded `AngelFrame` back into the records of the test vectors. */
import {
  AngelFrame,
  decodeFrame,
  FIELD,
  FRAME_DOUBLE,
  REJECT_NAMES,
} from '../../src/codec/angel/frame-decoder.ts';
import { LEVEL } from '../../src/codec/tick-message.ts';
import {
  doubleFieldsOf,
  exactDouble,
  exactInteger,
  int64FieldsOf,
  type WireLevel,
  type WireRecord,
  type WireValue,
} from './angel-wire.ts';

const FIELD_OF: Readonly<Record<string, number>> = {
  sequence_number: FIELD.SEQUENCE_NUMBER,
  exchange_timestamp: FIELD.EXCHANGE_TIME_MS,
  last_traded_price: FIELD.LAST_TRADED_PRICE,
  last_traded_quantity: FIELD.LAST_TRADED_QUANTITY,
  average_traded_price: FIELD.AVERAGE_TRADED_PRICE,
  volume_traded: FIELD.VOLUME,
  open_price: FIELD.OPEN,
  high_price: FIELD.HIGH,
  low_price: FIELD.LOW,
  close_price: FIELD.CLOSE,
  last_traded_timestamp: FIELD.LAST_TRADED_TIME,
  open_interest: FIELD.OPEN_INTEREST,
  upper_circuit: FIELD.UPPER_CIRCUIT,
  lower_circuit: FIELD.LOWER_CIRCUIT,
  high_52w: FIELD.HIGH_52W,
  low_52w: FIELD.LOW_52W,
};

const DOUBLE_OF: Readonly<Record<string, number>> = {
  total_buy_quantity: FRAME_DOUBLE.TOTAL_BUY_QUANTITY,
  total_sell_quantity: FRAME_DOUBLE.TOTAL_SELL_QUANTITY,
  open_interest_change: FRAME_DOUBLE.OPEN_INTEREST_CHANGE,
};

function int64At(words: Int32Array, word: number): bigint {
  return (BigInt(words[word + 1]!) << 32n) | BigInt(words[word]! >>> 0);
}

function levelsOf(words: Int32Array, count: number, flag?: number): WireLevel[] {
  return Array.from({ length: count }, (_, i) => ({
    ...(flag === undefined ? {} : { flag }),
    quantity: exactInteger(int64At(words, i * LEVEL.WORDS + LEVEL.QUANTITY)),
    price: exactInteger(int64At(words, i * LEVEL.WORDS + LEVEL.PRICE)),
    orders: words[i * LEVEL.WORDS + LEVEL.ORDERS]!,
  }));
}

/** The record of a decoded frame: what its mode carries, and nothing that an earlier frame left behind. */
export function recordOf(frame: AngelFrame): WireRecord {
  const { mode } = frame;
  const record: Record<string, WireValue> = {
    mode,
    exchange_type: frame.exchangeType,
    token: new TextDecoder().decode(frame.token.subarray(0, frame.tokenLength)),
  };
  for (const name of int64FieldsOf(mode)) record[name] = exactInteger(int64At(frame.fields, FIELD_OF[name]!));
  for (const name of doubleFieldsOf(mode)) record[name] = exactDouble(frame.doubles[DOUBLE_OF[name]!]!);
  if (mode === 3) {
    record.best_five_buy = levelsOf(frame.buy, 5, 1);
    record.best_five_sell = levelsOf(frame.sell, 5, 0);
  }
  if (mode === 4) {
    record.depth20_buy = levelsOf(frame.buy, 20);
    record.depth20_sell = levelsOf(frame.sell, 20);
  }
  if (frame.trailing > 0) record.trailing = frame.trailing;
  return record;
}

/** A view that ends with the frame, so that reading behind it throws. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Decodes bytes into the record that `decodeWire` would give. */
export function decodeToRecord(bytes: Uint8Array, frame = new AngelFrame()): WireRecord {
  const result = decodeFrame(viewOf(bytes), 0, bytes.length, frame);
  return result === 0 ? recordOf(frame) : { reject: REJECT_NAMES[result] ?? `result ${result}` };
}

/** A frame whose every value is non-zero, to see what a decode writes. */
export function soiledFrame(): AngelFrame {
  const frame = new AngelFrame();
  for (const part of [frame.token, frame.fields, frame.doubles, frame.buy, frame.sell]) part.fill(77);
  frame.tokenLength = 25;
  frame.exchangeType = 77;
  frame.anomalies = 77;
  frame.trailing = 77;
  return frame;
}

/** A decoded LTP frame of an instrument, for lookups; into `frame` when given. */
export function frameOf(exchangeType: number, token: string, frame = new AngelFrame()): AngelFrame {
  const bytes = new Uint8Array(51);
  bytes[0] = 1;
  bytes[1] = exchangeType;
  bytes.set(new TextEncoder().encode(token), 2);
  decodeFrame(viewOf(bytes), 0, bytes.length, frame);
  return frame;
}
