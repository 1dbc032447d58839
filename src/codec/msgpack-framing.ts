/**
 * Ticks as msgpack, with the keys, order and values of the JSON framing. The frame is built once; its numbers have
 * fixed widths (float64, uint32 for orders), so that a tick only overwrites them in place. An absent value is nil, which
 * has another width: such a tick is packed anew.
 */
import { pack } from 'msgpackr';
import { ISO_TIME_LENGTH, receiveTimeMs, writeIsoTime } from './client-time.ts';
import type { FrameProgram, FramingCounters, SendTime } from './framing.ts';
import { exceedsDouble, fitsDouble, formatPrice, POWERS_OF_TEN, priceNumber, readBigInt64 } from './price.ts';
import {
  changeOf,
  changePercentOf,
  exactChange,
  exactChangePercent,
  PERCENT_DECIMALS,
} from './price-change.ts';
import { readInt64, WORD } from './tick-message.ts';
import { FIELD, Field, type Shape } from './tick-shape.ts';

/** First bytes of msgpack values. */
const FIXMAP = 0x80;
const FIXARRAY = 0x90;
const FIXSTR = 0xa0;
const FLOAT64 = 0xcb;
const UINT32 = 0xce;
const ARRAY16 = 0xdc;
const MAP16 = 0xde;

const NS_PER_MS = 1e6;

/** A field, and where its number stands in the frame, behind the first byte. */
interface PlacedField {
  readonly field: Field;
  readonly offset: number;
}

type Packed = string | number | boolean | null | Packed[] | { [key: string]: Packed };

function head(length: number, fixed: number, wide: number): number[] {
  return length < 16 ? [fixed | length] : [wide, length >> 8, length & 0xff];
}

function build(shape: Shape, bytes: number[], fields: PlacedField[]): void {
  if (shape instanceof Field) {
    const isTime = shape.kind === FIELD.RECEIVE_ISO;
    const isOrders = shape.kind === FIELD.ORDERS;
    bytes.push(isTime ? FIXSTR | ISO_TIME_LENGTH : isOrders ? UINT32 : FLOAT64);
    fields.push({ field: shape, offset: bytes.length });
    bytes.push(...new Array<number>(isTime ? ISO_TIME_LENGTH : isOrders ? 4 : 8).fill(0));
  } else if (typeof shape !== 'object') {
    bytes.push(...pack(shape));
  } else if (Array.isArray(shape)) {
    bytes.push(...head(shape.length, FIXARRAY, ARRAY16));
    for (const item of shape) build(item, bytes, fields);
  } else {
    const members = Object.entries<Shape>(shape);
    bytes.push(...head(members.length, FIXMAP, MAP16));
    for (const [key, member] of members) {
      bytes.push(...pack(key));
      build(member, bytes, fields);
    }
  }
}

/** Writes the ticks of one shape. */
export class MsgpackFraming implements FrameProgram {
  readonly #shape: Shape;
  readonly #decimals: number;
  readonly #counters: FramingCounters;
  readonly #frame: Uint8Array;
  readonly #view: DataView;
  readonly #kinds: Uint8Array;
  readonly #places: Uint16Array;
  readonly #offsets: Uint16Array;
  readonly #absentFlags: number;
  #rounded = false;

  constructor(shape: Shape, decimals: number, counters: FramingCounters) {
    const bytes: number[] = [];
    const fields: PlacedField[] = [];
    build(shape, bytes, fields);
    this.#shape = shape;
    this.#decimals = decimals;
    this.#counters = counters;
    this.#frame = Uint8Array.from(bytes);
    this.#view = new DataView(this.#frame.buffer);
    this.#kinds = Uint8Array.from(fields, ({ field }) => field.kind);
    this.#places = Uint16Array.from(fields, ({ field }) => field.at);
    this.#offsets = Uint16Array.from(fields, ({ offset }) => offset);
    this.#absentFlags = fields.reduce((flags, { field }) => flags | field.absentFlag, 0);
  }

  /**
   * The tick as a binary frame, valid until the next call. Owning thread; does not throw, and allocates only for absent
   * values and beyond 2^53.
   */
  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array {
    const view = this.#view;
    this.#rounded = false;
    let isComplete = (words[WORD.FLAGS]! & this.#absentFlags) === 0;
    for (let i = 0; isComplete && i < this.#kinds.length; i++) {
      const kind = this.#kinds[i]!;
      const at = this.#places[i]!;
      const offset = this.#offsets[i]!;
      if (kind === FIELD.PRICE) {
        if (!fitsDouble(words, at)) this.#rounded = true;
        view.setFloat64(offset, priceNumber(words, at, this.#decimals));
      } else if (kind === FIELD.ORDERS) {
        view.setUint32(offset, words[at]!);
      } else if (kind === FIELD.RECEIVE_ISO) {
        writeIsoTime(this.#frame, offset, receiveTimeMs(words));
      } else {
        const value = this.#number(kind, at, words, doubles, send);
        view.setFloat64(offset, value);
        isComplete = Number.isFinite(value);
      }
    }
    const frame = isComplete ? this.#frame : this.#repack(words, doubles, send);
    if (this.#rounded) this.#counters.rounded += 1;
    return frame;
  }

  /** A number that JSON.parse makes of the JSON framing's text, NaN or infinite for null. */
  #number(kind: number, at: number, words: Int32Array, doubles: Float64Array, send: SendTime): number {
    switch (kind) {
      case FIELD.PRICE:
        if (!fitsDouble(words, at)) this.#rounded = true;
        return priceNumber(words, at, this.#decimals);
      case FIELD.INTEGER:
        if (!fitsDouble(words, at)) this.#rounded = true;
        return readInt64(words, at);
      case FIELD.ORDERS:
        return words[at]! >>> 0;
      case FIELD.TOTAL:
        // Zero has no sign in the framings.
        return doubles[at]! + 0;
      case FIELD.CHANGE: {
        const change = changeOf(words);
        if (Number.isNaN(change)) return this.#exact(exactChange(words), this.#decimals);
        return change / POWERS_OF_TEN[this.#decimals]!;
      }
      case FIELD.CHANGE_PERCENT: {
        const percent = changePercentOf(words);
        if (Number.isNaN(percent)) return this.#exact(exactChangePercent(words), PERCENT_DECIMALS);
        return percent / POWERS_OF_TEN[PERCENT_DECIMALS]!;
      }
      case FIELD.RECEIVE_MS:
        return receiveTimeMs(words);
      case FIELD.MS_AS_NANOSECONDS:
        if (!fitsDouble(words, at)) return Number(readBigInt64(words, at) * BigInt(NS_PER_MS));
        return readInt64(words, at) * NS_PER_MS;
      case FIELD.SEND_TIME:
        return readInt64(send, 0);
      default:
        return readInt64(words, at);
    }
  }

  #exact(value: bigint, decimals: number): number {
    if (exceedsDouble(value)) this.#rounded = true;
    return Number(formatPrice(value, decimals));
  }

  #repack(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array {
    this.#counters.repacked += 1;
    const flags = words[WORD.FLAGS]!;
    const fill = (shape: Shape): Packed => {
      if (shape instanceof Field) {
        if ((flags & shape.absentFlag) !== 0) return null;
        if (shape.kind === FIELD.RECEIVE_ISO) return new Date(receiveTimeMs(words)).toISOString();
        const value = this.#number(shape.kind, shape.at, words, doubles, send);
        return Number.isFinite(value) ? value : null;
      }
      if (typeof shape !== 'object') return shape;
      if (Array.isArray(shape)) return shape.map(fill);
      return Object.fromEntries(Object.entries<Shape>(shape).map(([key, member]) => [key, fill(member)]));
    };
    return pack(fill(this.#shape));
  }
}
