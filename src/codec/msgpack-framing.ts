/**
 * Ticks as msgpack, with the keys, order and values of the JSON framing. The frame is built once; its numbers have
 * fixed widths (float64, uint32 for orders), so that a tick only overwrites them in place. A total that is no
 * number is nil, which has another width: such a tick is packed anew.
 */
import { pack } from 'msgpackr';
import { ISO_TIME_LENGTH, receiveTimeMs, writeIsoTime } from './client-time.ts';
import type { FrameProgram, FramingCounters, SendTime } from './frame-program.ts';
import { exceedsDouble, fitsDouble, formatPrice, readBigInt64 } from './price.ts';
import {
  changeOf,
  changePercentOf,
  exactChange,
  exactChangePercent,
  PERCENT_DECIMALS,
} from './price-change.ts';
import { readInt64 } from './tick-message.ts';
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
const PERCENT_UNIT = 10 ** PERCENT_DECIMALS;
/** Constants of this module, not of another: the compiler then folds them into the loop. */
const { PRICE, INTEGER, MILLISECONDS } = FIELD;

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
  } else if (typeof shape !== 'object' || shape === null) {
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
  /** 10^decimals: dividing an exact integer by it gives the double nearest to the price. */
  readonly #unit: number;
  readonly #counters: FramingCounters;
  readonly #frame: Uint8Array;
  readonly #view: DataView;
  readonly #kinds: Uint8Array;
  readonly #places: Uint16Array;
  readonly #offsets: Uint16Array;
  #rounded = false;
  #hasAbsent = false;

  constructor(shape: Shape, decimals: number, counters: FramingCounters) {
    const bytes: number[] = [];
    const fields: PlacedField[] = [];
    build(shape, bytes, fields);
    this.#shape = shape;
    this.#decimals = decimals;
    this.#unit = 10 ** decimals;
    this.#counters = counters;
    this.#frame = Uint8Array.from(bytes);
    this.#view = new DataView(this.#frame.buffer);
    this.#kinds = Uint8Array.from(fields, ({ field }) =>
      field.kind === MILLISECONDS ? INTEGER : field.kind,
    );
    this.#places = Uint16Array.from(fields, ({ field }) => field.at);
    this.#offsets = Uint16Array.from(fields, ({ offset }) => offset);
  }

  /**
   * The tick as a binary frame, valid until the next call. Owning thread; does not throw, and allocates only for totals
   * that are no numbers and beyond 2^53.
   */
  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array {
    this.#rounded = false;
    this.#hasAbsent = false;
    for (let i = 0; i < this.#kinds.length; i++) {
      const kind = this.#kinds[i]!;
      const at = this.#places[i]!;
      const offset = this.#offsets[i]!;
      if (kind === PRICE || kind === INTEGER) {
        if (!fitsDouble(words, at)) this.#writeWide(kind, offset, readBigInt64(words, at));
        else if (kind === INTEGER) this.#view.setFloat64(offset, readInt64(words, at));
        else this.#view.setFloat64(offset, readInt64(words, at) / this.#unit);
      } else {
        this.#writeOther(kind, at, offset, words, doubles, send);
      }
    }
    if (this.#rounded) this.#counters.rounded += 1;
    return this.#hasAbsent ? this.#repack() : this.#frame;
  }

  /** Writes rather than returns: a double that a function returns may be allocated. */
  #writeOther(
    kind: number,
    at: number,
    offset: number,
    words: Int32Array,
    doubles: Float64Array,
    send: SendTime,
  ): void {
    const view = this.#view;
    switch (kind) {
      case FIELD.ORDERS:
        view.setUint32(offset, words[at]!);
        break;
      case FIELD.TOTAL: {
        const total = doubles[at]!;
        if (!Number.isFinite(total)) this.#hasAbsent = true;
        // Zero has no sign in the framings.
        view.setFloat64(offset, total + 0);
        break;
      }
      case FIELD.CHANGE: {
        const change = changeOf(words);
        if (Number.isNaN(change)) this.#writeExact(offset, exactChange(words), this.#decimals);
        else view.setFloat64(offset, change / this.#unit);
        break;
      }
      case FIELD.CHANGE_PERCENT: {
        const percent = changePercentOf(words);
        if (Number.isNaN(percent)) this.#writeExact(offset, exactChangePercent(words), PERCENT_DECIMALS);
        else view.setFloat64(offset, percent / PERCENT_UNIT);
        break;
      }
      case FIELD.RECEIVE_MS:
        view.setFloat64(offset, receiveTimeMs(words));
        break;
      case FIELD.RECEIVE_ISO:
        writeIsoTime(view, offset, receiveTimeMs(words));
        break;
      case FIELD.MS_AS_NANOSECONDS:
        if (fitsDouble(words, at)) view.setFloat64(offset, readInt64(words, at) * NS_PER_MS);
        else view.setFloat64(offset, Number(readBigInt64(words, at) * BigInt(NS_PER_MS)));
        break;
      case FIELD.SEND_TIME:
        view.setFloat64(offset, readInt64(send, 0));
        break;
      default:
        view.setFloat64(offset, readInt64(words, at));
    }
  }

  #writeWide(kind: number, offset: number, value: bigint): void {
    this.#writeExact(offset, value, kind === PRICE ? this.#decimals : 0);
    this.#rounded = true;
  }

  #writeExact(offset: number, value: bigint, decimals: number): void {
    if (exceedsDouble(value)) this.#rounded = true;
    this.#view.setFloat64(offset, Number(formatPrice(value, decimals)));
  }

  /** The tick that stands in the frame, with nil for totals that are no numbers. */
  #repack(): Uint8Array {
    this.#counters.repacked += 1;
    let next = 0;
    const fill = (shape: Shape): Packed => {
      if (shape instanceof Field) return this.#read(shape, this.#offsets[next++]!);
      if (typeof shape !== 'object' || shape === null) return shape;
      if (Array.isArray(shape)) return shape.map(fill);
      return Object.fromEntries(Object.entries<Shape>(shape).map(([key, member]) => [key, fill(member)]));
    };
    return pack(fill(this.#shape));
  }

  #read(field: Field, offset: number): Packed {
    if (field.kind === FIELD.ORDERS) return this.#view.getUint32(offset);
    if (field.kind === FIELD.RECEIVE_ISO) {
      return String.fromCharCode(...this.#frame.subarray(offset, offset + ISO_TIME_LENGTH));
    }
    const value = this.#view.getFloat64(offset);
    return Number.isFinite(value) ? value : null;
  }
}
