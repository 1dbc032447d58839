/**
 * The slow and obvious way to write and read a Kite message, by one table of the documented layout. It speaks the records
 * of the test vectors: raw integers under canonical names.
 */
import { readFileSync } from 'node:fs';
import { LEVEL, readInt64 } from '../../src/codec/tick-message.ts';
import { type KitePacket, MessageReader } from '../../src/codec/zerodha/frame-decoder.ts';

export interface KiteLevel {
  readonly quantity: number;
  readonly price: number;
  readonly orders: number;
}

/** The raw fields of a packet, and how long it is. */
export interface KiteRecord {
  readonly packet_length: number;
  readonly depth?: { readonly buy: readonly KiteLevel[]; readonly sell: readonly KiteLevel[] };
  readonly [field: string]: unknown;
}

export interface KiteVector {
  readonly name: string;
  readonly hex: string;
  readonly expected: readonly (KiteRecord & {
    readonly divisor: number;
    readonly scaled: Readonly<Record<string, string>>;
  })[];
  readonly anomaly: 'unknown_length' | 'truncated' | 'trailing_bytes' | null;
  readonly heartbeat: boolean;
  readonly note: string;
}

/** The verified messages of `test/vectors/kite-frames.json`. */
export const KITE_VECTORS: readonly KiteVector[] = JSON.parse(
  readFileSync(new URL('../vectors/kite-frames.json', import.meta.url), 'utf8'),
);

type Layout = readonly (readonly [name: string, offset: number, signed: boolean])[];

const LTP: Layout = [
  ['instrument_token', 0, false],
  ['last_price', 4, true],
];
const INDEX_QUOTE: Layout = [
  ...LTP,
  ['high', 8, true],
  ['low', 12, true],
  ['open', 16, true],
  ['close', 20, true],
];
const QUOTE: Layout = [
  ...LTP,
  ['last_traded_quantity', 8, false],
  ['average_traded_price', 12, true],
  ['volume_traded', 16, false],
  ['total_buy_quantity', 20, false],
  ['total_sell_quantity', 24, false],
  ['open', 28, true],
  ['high', 32, true],
  ['low', 36, true],
  ['close', 40, true],
];
/** Fields by the length of the packet that carries them; the net change of an index is not read. */
export const LAYOUTS: Readonly<Record<number, Layout>> = {
  8: LTP,
  28: INDEX_QUOTE,
  32: [...INDEX_QUOTE, ['exchange_timestamp', 28, false]],
  44: QUOTE,
  184: [
    ...QUOTE,
    ['last_trade_time', 44, false],
    ['oi', 48, false],
    ['oi_day_high', 52, false],
    ['oi_day_low', 56, false],
    ['exchange_timestamp', 60, false],
  ],
};

/** The bytes of one packet, without its length. */
export function encodeWirePacket(record: KiteRecord): Uint8Array {
  const bytes = new Uint8Array(record.packet_length);
  const view = new DataView(bytes.buffer);
  for (const [name, offset] of LAYOUTS[record.packet_length] ?? [])
    view.setInt32(offset, Number(record[name]));
  for (const [i, level] of [...(record.depth?.buy ?? []), ...(record.depth?.sell ?? [])].entries()) {
    view.setInt32(64 + 12 * i, level.quantity);
    view.setInt32(68 + 12 * i, level.price);
    view.setUint16(72 + 12 * i, level.orders);
  }
  return bytes;
}

/** A message of packets, as many as there are. */
export function encodeWireMessage(packets: readonly Uint8Array[]): Uint8Array {
  const parts = packets.flatMap((bytes) => [Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
  return Buffer.concat([Uint8Array.of(packets.length >> 8, packets.length & 0xff), ...parts]);
}

/** What a packet of a known length says. */
export function decodeWirePacket(bytes: Uint8Array): KiteRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const side = (from: number) =>
    [0, 1, 2, 3, 4].map((i) => ({
      quantity: view.getUint32(from + 12 * i),
      price: view.getInt32(from + 4 + 12 * i),
      orders: view.getUint16(from + 8 + 12 * i),
    }));
  const fields = (LAYOUTS[bytes.length] ?? []).map(([name, offset, signed]) => [
    name,
    signed ? view.getInt32(offset) : view.getUint32(offset),
  ]);
  const depth = bytes.length === 184 ? { depth: { buy: side(64), sell: side(124) } } : {};
  return { packet_length: bytes.length, ...Object.fromEntries(fields), ...depth };
}

/** The packets of known lengths in a message, the heartbeat apart. */
export function decodeWireMessage(bytes: Uint8Array): KiteRecord[] {
  const records: KiteRecord[] = [];
  if (bytes.length < 2) return records;
  const count = bytes[0]! * 256 + bytes[1]!;
  let at = 2;
  for (let i = 0; i < count && at + 2 <= bytes.length; i++) {
    const length = bytes[at]! * 256 + bytes[at + 1]!;
    if (at + 2 + length > bytes.length) break;
    if (LAYOUTS[length] !== undefined)
      records.push(decodeWirePacket(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return records;
}

const FIELD_WORDS: Readonly<Record<string, number>> = {
  last_price: 0,
  last_traded_quantity: 2,
  average_traded_price: 4,
  volume_traded: 6,
  open: 8,
  high: 10,
  low: 12,
  close: 14,
  oi: 16,
  oi_day_high: 18,
  oi_day_low: 20,
};

function levelsOf(words: Int32Array): KiteLevel[] {
  return [0, 1, 2, 3, 4].map((i) => ({
    quantity: readInt64(words, i * LEVEL.WORDS + LEVEL.QUANTITY),
    price: readInt64(words, i * LEVEL.WORDS + LEVEL.PRICE),
    orders: words[i * LEVEL.WORDS + LEVEL.ORDERS]!,
  }));
}

/** What the decoder made of a packet. */
export function recordOfPacket(packet: KitePacket): KiteRecord {
  const values: Record<string, unknown> = { packet_length: packet.length };
  const special: Readonly<Record<string, number | undefined>> = {
    instrument_token: packet.token,
    total_buy_quantity: packet.totals[0],
    total_sell_quantity: packet.totals[1],
    last_trade_time: packet.times[0],
    exchange_timestamp: packet.times[1],
  };
  for (const [name] of LAYOUTS[packet.length] ?? []) {
    const word = FIELD_WORDS[name];
    values[name] = word === undefined ? special[name] : readInt64(packet.fields, word);
  }
  const depth =
    packet.length === 184 ? { depth: { buy: levelsOf(packet.buy), sell: levelsOf(packet.sell) } } : {};
  return { packet_length: packet.length, ...values, ...depth };
}

/** A reader whose packet is full of an earlier one's values. */
export function soiledReader(): MessageReader {
  const reader = new MessageReader();
  for (const array of [reader.packet.fields, reader.packet.buy, reader.packet.sell]) array.fill(-7);
  for (const array of [reader.packet.totals, reader.packet.times]) array.fill(0xdeadbeef);
  return reader;
}

/** The packets that the decoder finds in a message. */
export function decodeMessage(bytes: Uint8Array, reader = soiledReader()): KiteRecord[] {
  const records: KiteRecord[] = [];
  reader.open(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
  while (reader.next()) records.push(recordOfPacket(reader.packet));
  return records;
}
