/**
 * The slow and obvious way to write and read an Angel frame, with BigInt and one table of the documented layout. It
 * speaks the records of the test vectors: raw integers under canonical names, an integer beyond 2^53 as decimal text.
 */
import { readFileSync } from 'node:fs';

export interface WireLevel {
  /** Best five only: 1 buy, 0 sell. */
  readonly flag?: number;
  readonly quantity: number | string;
  readonly price: number | string;
  readonly orders: number;
}

export type WireValue = number | string | readonly WireLevel[];
export type WireRecord = Readonly<Record<string, WireValue>>;

export interface AngelVector {
  readonly name: string;
  readonly hex: string;
  readonly expected: WireRecord;
  readonly scaled?: Readonly<Record<string, string | readonly string[]>>;
  readonly note: string;
}

/** The verified frames of `test/vectors/angel-frames.json`. */
export const ANGEL_VECTORS: readonly AngelVector[] = JSON.parse(
  readFileSync(new URL('../vectors/angel-frames.json', import.meta.url), 'utf8'),
);

/** Name, offset, and the modes that carry it. */
const INT64_FIELDS: readonly (readonly [string, number, readonly number[]])[] = [
  ['sequence_number', 27, [1, 2, 3]],
  ['exchange_timestamp', 35, [1, 2, 3]],
  ['exchange_timestamp', 27, [4]],
  ['last_traded_price', 43, [1, 2, 3]],
  ['last_traded_quantity', 51, [2, 3]],
  ['average_traded_price', 59, [2, 3]],
  ['volume_traded', 67, [2, 3]],
  ['open_price', 91, [2, 3]],
  ['high_price', 99, [2, 3]],
  ['low_price', 107, [2, 3]],
  ['close_price', 115, [2, 3]],
  ['last_traded_timestamp', 123, [3]],
  ['open_interest', 131, [3]],
  ['upper_circuit', 347, [3]],
  ['lower_circuit', 355, [3]],
  ['high_52w', 363, [3]],
  ['low_52w', 371, [3]],
];

const DOUBLE_FIELDS: readonly (readonly [string, number, readonly number[]])[] = [
  ['total_buy_quantity', 75, [2, 3]],
  ['total_sell_quantity', 83, [2, 3]],
  ['open_interest_change', 139, [3]],
];

const LENGTHS = [0, 51, 123, 379, 443];

/** Names of the int64 fields of a mode, and of its doubles. */
export function int64FieldsOf(mode: number): string[] {
  return INT64_FIELDS.filter(([, , modes]) => modes.includes(mode)).map(([name]) => name);
}
export function doubleFieldsOf(mode: number): string[] {
  return DOUBLE_FIELDS.filter(([, , modes]) => modes.includes(mode)).map(([name]) => name);
}

/** A number where it is exact, else decimal text. */
export function exactInteger(value: bigint): number | string {
  return BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : String(value);
}

/** A finite number as it is, NaN and the infinities as text. */
export function exactDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function levelsIn(record: WireRecord, name: string): readonly WireLevel[] {
  const value = record[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list of levels`);
  return value;
}

/** Bytes of a record. `best_five` gives the ten entries in wire order; without it, buys stand before sells. */
export function encodeWire(record: WireRecord): Uint8Array {
  const mode = Number(record.mode);
  const bytes = new Uint8Array(LENGTHS[mode]!);
  const view = new DataView(bytes.buffer);
  bytes[0] = mode;
  bytes[1] = Number(record.exchange_type);
  bytes.set(new TextEncoder().encode(String(record.token)), 2);
  for (const [name, offset, modes] of INT64_FIELDS) {
    if (modes.includes(mode)) view.setBigInt64(offset, BigInt(String(record[name])), true);
  }
  for (const [name, offset, modes] of DOUBLE_FIELDS) {
    if (modes.includes(mode)) view.setFloat64(offset, Number(record[name]), true);
  }
  if (mode === 3) {
    const entries = record.best_five
      ? levelsIn(record, 'best_five')
      : [...levelsIn(record, 'best_five_buy'), ...levelsIn(record, 'best_five_sell')];
    for (const [i, level] of entries.entries()) {
      const at = 147 + 20 * i;
      view.setUint16(at, level.flag ?? 0, true);
      view.setBigInt64(at + 2, BigInt(level.quantity), true);
      view.setBigInt64(at + 10, BigInt(level.price), true);
      view.setUint16(at + 18, level.orders, true);
    }
  }
  if (mode === 4) {
    const entries = [...levelsIn(record, 'depth20_buy'), ...levelsIn(record, 'depth20_sell')];
    for (const [i, level] of entries.entries()) {
      const at = 43 + 10 * i;
      view.setInt32(at, Number(level.quantity), true);
      view.setInt32(at + 4, Number(level.price), true);
      view.setUint16(at + 8, level.orders, true);
    }
  }
  return bytes;
}

/** What the decoder must make of any bytes: a record as in the vectors, or the name of a reject. */
export function decodeWire(bytes: Uint8Array): WireRecord {
  const mode = bytes[0];
  if (mode === undefined) return { reject: 'short_frame' };
  if (mode < 1 || mode > 4) return { reject: 'unknown_mode' };
  if (bytes.length < LENGTHS[mode]!) return { reject: 'short_frame' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const token = bytes.subarray(2, 27);
  const nul = token.indexOf(0);
  const record: Record<string, WireValue> = {
    mode,
    exchange_type: bytes[1]!,
    token: new TextDecoder().decode(token.subarray(0, nul < 0 ? 25 : nul)),
  };
  for (const [name, offset, modes] of INT64_FIELDS) {
    if (modes.includes(mode)) record[name] = exactInteger(view.getBigInt64(offset, true));
  }
  for (const [name, offset, modes] of DOUBLE_FIELDS) {
    if (modes.includes(mode)) record[name] = exactDouble(view.getFloat64(offset, true));
  }
  if (mode === 3) {
    const entries = Array.from({ length: 10 }, (_, i) => {
      const at = 147 + 20 * i;
      return {
        flag: view.getUint16(at, true),
        quantity: exactInteger(view.getBigInt64(at + 2, true)),
        price: exactInteger(view.getBigInt64(at + 10, true)),
        orders: view.getUint16(at + 18, true),
      };
    });
    const sides = sidesOf(entries.map((entry) => entry.flag));
    record.best_five_buy = entries.filter((_, i) => sides[i] === 1).map((entry) => ({ ...entry, flag: 1 }));
    record.best_five_sell = entries.filter((_, i) => sides[i] === 0).map((entry) => ({ ...entry, flag: 0 }));
  }
  if (mode === 4) {
    const levels = Array.from({ length: 40 }, (_, i) => {
      const at = 43 + 10 * i;
      return {
        quantity: view.getInt32(at, true),
        price: view.getInt32(at + 4, true),
        orders: view.getUint16(at + 8, true),
      };
    });
    record.depth20_buy = levels.slice(0, 20);
    record.depth20_sell = levels.slice(20);
  }
  if (bytes.length > LENGTHS[mode]!) record.trailing = bytes.length - LENGTHS[mode]!;
  return record;
}

/** The side of each of the ten entries: by flag, and by position where the flags do not decide. */
function sidesOf(flags: readonly number[]): number[] {
  const count = (side: number, sides: readonly number[]) => sides.filter((s) => s === side).length;
  const byPosition = flags.map((_, i) => (i < 5 ? 1 : 0));
  if (count(1, flags) > 5 || count(0, flags) > 5) return byPosition;
  const sides = [...flags];
  for (const [i, flag] of flags.entries()) {
    if (flag === 0 || flag === 1) continue;
    const wanted = byPosition[i]!;
    sides[i] = count(wanted, sides) < 5 ? wanted : 1 - wanted;
  }
  return sides;
}
