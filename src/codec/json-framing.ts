/**
 * Ticks as JSON text, byte for byte as the deployed server writes them: Python's spacing, everything beyond ASCII
 * escaped, prices with a decimal point.
 *
 * The text between two numbers never changes. It stays in the buffer from tick to tick and is written again only when a
 * number before it became longer or shorter; likewise a number stays that neither changed nor moved.
 */
import { receiveTimeMs, writeIsoTime } from './client-time.ts';
import { writeAscii, writeInt64, writeInteger, writePrice } from './digit-writer.ts';
import type { FrameProgram, FramingCounters, SendTime } from './frame-program.ts';
import { exceedsDouble, fitsDouble, formatPrice, readBigInt64 } from './price.ts';
import {
  changeOf,
  changePercentOf,
  exactChange,
  exactChangePercent,
  PERCENT_DECIMALS,
} from './price-change.ts';
import { pythonFloat } from './python-float.ts';
import { pythonString } from './server-message.ts';
import { readInt64, WORD } from './tick-message.ts';
import { FIELD, Field, type Shape } from './tick-shape.ts';

/** Room for the longest number: a change in percent beyond what doubles hold, 26 characters. */
const NUMBER_BYTES = 32;
/** Totals below are written as integers with `.0`; Python gives an exponent to those from 1e16 on. */
const PLAIN_TOTAL_LIMIT = 1e15;

/** A step of the plan is the text before a number, and the number; the last step is text alone. */
const STEP = {
  /** Where the text begins in the constant text. */
  TEXT: 0,
  TEXT_LENGTH: 1,
  KIND: 2,
  AT: 3,
  ABSENT_FLAG: 4,
  /** Where the text stands in the buffer since the last tick; -1 when text and number must be written anew. */
  PLACE: 5,
  /** The int64 behind the text, of the kinds that are compared, and where its digits end in the buffer. */
  LAST_LOW: 6,
  LAST_HIGH: 7,
  LAST_END: 8,
  SIZE: 9,
} as const;
const NO_NUMBER = -1;
/** Constants of this module, not of another: the compiler then folds them into the loop (5 % of a quote). */
const { PRICE, INTEGER } = FIELD;
const POINT = 46;
const ZERO = 48;

/** Appends to the texts between the fields, of which the last is still open, and to the fields. */
function collect(shape: Shape, texts: string[], fields: Field[]): void {
  const add = (text: string): void => {
    texts.push((texts.pop() ?? '') + text);
  };
  if (shape instanceof Field) {
    const mark = shape.kind === FIELD.RECEIVE_ISO ? '"' : '';
    add(mark);
    fields.push(shape);
    texts.push(mark);
  } else if (typeof shape !== 'object') {
    add(typeof shape === 'string' ? pythonString(shape) : String(shape));
  } else {
    const isArray = Array.isArray(shape);
    let before = isArray ? '[' : '{';
    for (const [key, member] of Object.entries<Shape>(shape)) {
      add(isArray ? before : `${before}${pythonString(key)}: `);
      collect(member, texts, fields);
      before = ', ';
    }
    add(isArray ? ']' : '}');
  }
}

/** Writes the ticks of one shape. */
export class JsonFraming implements FrameProgram {
  readonly #decimals: number;
  readonly #counters: FramingCounters;
  readonly #text: Uint8Array;
  readonly #textView: DataView;
  readonly #plan: Int32Array;
  readonly #buffer: Uint8Array;
  readonly #bufferView: DataView;
  /** The frames handed out, by length: they are views of one buffer, and only a few lengths occur. */
  readonly #frames = new Map<number, Uint8Array>();
  #frame: Uint8Array;
  #rounded = false;

  constructor(shape: Shape, decimals: number, counters: FramingCounters) {
    const texts: string[] = [''];
    const fields: Field[] = [];
    collect(shape, texts, fields);
    this.#decimals = decimals;
    this.#counters = counters;
    this.#text = new Uint8Array(Buffer.from(texts.join(''), 'latin1'));
    this.#plan = new Int32Array(texts.length * STEP.SIZE);
    this.#buffer = new Uint8Array(this.#text.length + fields.length * NUMBER_BYTES);
    this.#textView = new DataView(this.#text.buffer);
    this.#bufferView = new DataView(this.#buffer.buffer);
    this.#frame = this.#buffer;
    let begin = 0;
    for (const [i, text] of texts.entries()) {
      const step = i * STEP.SIZE;
      this.#plan[step + STEP.TEXT] = begin;
      this.#plan[step + STEP.TEXT_LENGTH] = text.length;
      begin += text.length;
      this.#plan[step + STEP.KIND] = fields[i]?.kind ?? NO_NUMBER;
      this.#plan[step + STEP.AT] = fields[i]?.at ?? 0;
      this.#plan[step + STEP.ABSENT_FLAG] = fields[i]?.absentFlag ?? 0;
      this.#plan[step + STEP.PLACE] = -1;
    }
  }

  /** The tick as a text frame, valid until the next call. Owning thread; neither allocates (up to 2^53) nor throws. */
  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array {
    const plan = this.#plan;
    const buffer = this.#buffer;
    const bufferView = this.#bufferView;
    const text = this.#text;
    const textView = this.#textView;
    const flags = words[WORD.FLAGS]!;
    this.#rounded = false;
    let end = 0;
    for (let step = 0; step < plan.length; step += STEP.SIZE) {
      const stays = plan[step + STEP.PLACE] === end;
      plan[step + STEP.PLACE] = end;
      const begin = plan[step + STEP.TEXT]!;
      const length = plan[step + STEP.TEXT_LENGTH]!;
      if (!stays) {
        if (length < 8) {
          for (let i = 0; i < length; i++) buffer[end + i] = text[begin + i]!;
        } else {
          // Eight bytes at a time, the last block overlapping the one before, so that nothing behind the text changes.
          // ASCII is safe in doubles: a NaN would have the byte 7f or ff. Measured: a quarter off a tick that moves everything.
          const last = length - 8;
          for (let i = 0; i < last; i += 8) {
            bufferView.setFloat64(end + i, textView.getFloat64(begin + i, true), true);
          }
          bufferView.setFloat64(end + last, textView.getFloat64(begin + last, true), true);
        }
      }
      end += length;
      const kind = plan[step + STEP.KIND]!;
      const at = plan[step + STEP.AT]!;
      if ((flags & plan[step + STEP.ABSENT_FLAG]!) !== 0) {
        end = writeAscii(buffer, end, 'null');
        plan[step + STEP.PLACE] = -1;
      } else if (kind === PRICE || kind === INTEGER) {
        const low = words[at]!;
        const high = words[at + 1]!;
        if (stays && low === plan[step + STEP.LAST_LOW] && high === plan[step + STEP.LAST_HIGH]) {
          end = plan[step + STEP.LAST_END]!;
        } else if (fitsDouble(words, at)) {
          const value = readInt64(words, at);
          end =
            kind === PRICE
              ? writePrice(buffer, end, value, this.#decimals)
              : writeInteger(buffer, end, value);
          plan[step + STEP.LAST_LOW] = low;
          plan[step + STEP.LAST_HIGH] = high;
          plan[step + STEP.LAST_END] = end;
        } else {
          const value = readBigInt64(words, at);
          end =
            kind === PRICE
              ? this.#writeExact(end, value, this.#decimals)
              : writeInt64(buffer, end, low, high);
          this.#rounded = true;
          plan[step + STEP.PLACE] = -1;
        }
      } else if (kind !== NO_NUMBER) {
        end = this.#writeOther(kind, at, end, words, doubles, send);
      }
    }
    if (this.#rounded) this.#counters.rounded += 1;
    return this.#frameOf(end);
  }

  #writeOther(
    kind: number,
    at: number,
    end: number,
    words: Int32Array,
    doubles: Float64Array,
    send: SendTime,
  ): number {
    const buffer = this.#buffer;
    switch (kind) {
      case FIELD.ORDERS:
        return writeInteger(buffer, end, words[at]! >>> 0);
      case FIELD.TOTAL:
        return this.#writeTotal(end, doubles[at]!);
      case FIELD.CHANGE: {
        const change = changeOf(words);
        if (Number.isNaN(change)) return this.#writeExact(end, exactChange(words), this.#decimals);
        return writePrice(buffer, end, change, this.#decimals);
      }
      case FIELD.CHANGE_PERCENT: {
        const percent = changePercentOf(words);
        if (Number.isNaN(percent)) return this.#writeExact(end, exactChangePercent(words), PERCENT_DECIMALS);
        return writePrice(buffer, end, percent, PERCENT_DECIMALS);
      }
      case FIELD.RECEIVE_MS:
        return writeInteger(buffer, end, receiveTimeMs(words));
      case FIELD.RECEIVE_ISO:
        return writeIsoTime(buffer, end, receiveTimeMs(words));
      case FIELD.MS_AS_NANOSECONDS:
        if ((words[at]! | words[at + 1]!) === 0) return writeInteger(buffer, end, 0);
        return writeAscii(buffer, writeInt64(buffer, end, words[at]!, words[at + 1]!), '000000');
      case FIELD.SEND_TIME:
        return writeInt64(buffer, end, send[0]!, send[1]!);
      default:
        return writeInt64(buffer, end, words[at]!, words[at + 1]!);
    }
  }

  #writeTotal(end: number, value: number): number {
    const buffer = this.#buffer;
    if (Math.abs(value) < PLAIN_TOTAL_LIMIT && Math.trunc(value) === value) {
      const point = writeInteger(buffer, end, value);
      buffer[point] = POINT;
      buffer[point + 1] = ZERO;
      return point + 2;
    }
    return writeAscii(buffer, end, Number.isFinite(value) ? pythonFloat(value) : 'null');
  }

  #writeExact(end: number, value: bigint, decimals: number): number {
    if (exceedsDouble(value)) this.#rounded = true;
    return writeAscii(this.#buffer, end, formatPrice(value, decimals));
  }

  #frameOf(length: number): Uint8Array {
    if (this.#frame.length === length) return this.#frame;
    let frame = this.#frames.get(length);
    if (frame === undefined) {
      frame = this.#buffer.subarray(0, length);
      this.#frames.set(length, frame);
    }
    this.#frame = frame;
    return frame;
  }
}
