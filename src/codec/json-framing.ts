/**
 * Ticks as JSON text, byte for byte as the deployed server writes them: Python's spacing, everything beyond ASCII
 * escaped, prices with a decimal point.
 *
 * The text between two numbers never changes; it is kept in blocks of eight bytes. A tick writes texts and numbers one
 * behind the other, and a text's last block may reach over its end: what follows overwrites that. Writing all of it is
 * faster than finding out what could stay, because as a rule the first number's length changes and everything moves.
 */
import { receiveTimeMs, writeIsoTime } from './client-time.ts';
import { writeAscii, writeInt64, writeInteger, writePaise, writePrice, writeSmall } from './digit-writer.ts';
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
import { readInt64 } from './tick-message.ts';
import { FIELD, Field, type Shape } from './tick-shape.ts';

/** Room for a number and the end of the block before it; the longest is a change in percent that no double holds, 26. */
const NUMBER_BYTES = 40;
/** Totals below are written as integers with `.0`; Python gives an exponent to those from 1e16 on. */
const PLAIN_TOTAL_LIMIT = 1e15;

/** A step of the plan is the text before a number, and the number; the last step is text alone. */
const STEP = {
  /** Behind the text's last block. */
  TEXT_END: 0,
  TEXT_LENGTH: 1,
  KIND: 2,
  AT: 3,
  SIZE: 4,
} as const;
/** Texts are copied in blocks of so many bytes. ASCII is safe in a double: a NaN would have the byte 7f or ff. */
const BLOCK = 8;
const NO_NUMBER = -1;
/** Constants of this module, not of another: the compiler then folds them into the loop (5 % of a quote). */
const { PRICE, INTEGER } = FIELD;
/** `.0` */
const POINT_ZERO = 0x302e;

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
  } else if (typeof shape !== 'object' || shape === null) {
    add(typeof shape === 'string' ? pythonString(shape) : String(shape));
  } else {
    const isArray = Array.isArray(shape);
    let before = isArray ? '[' : '{';
    if (Object.keys(shape).length === 0) add(before);
    for (const [key, member] of Object.entries<Shape>(shape)) {
      add(isArray ? before : `${before}${pythonString(key)}: `);
      collect(member, texts, fields);
      before = ', ';
    }
    add(isArray ? ']' : '}');
  }
}

/** Where the frames of all JSON encoders of a thread are written, and views of it, by length: only a few occur. */
interface Output {
  readonly view: DataView;
  readonly frames: (Uint8Array | undefined)[];
}

const FIRST_OUTPUT_BYTES = 4096;

function createOutput(bytes: number): Output {
  return { view: new DataView(new ArrayBuffer(bytes)), frames: new Array<Uint8Array | undefined>(bytes + 1) };
}

/** Grows with the largest frame; encoders from before keep the one that they have. */
let output = createOutput(FIRST_OUTPUT_BYTES);

/** Writes the ticks of one shape. */
export class JsonFraming implements FrameProgram {
  readonly #decimals: number;
  readonly #counters: FramingCounters;
  readonly #blocks: Float64Array;
  readonly #plan: Int32Array;
  readonly #view: DataView;
  readonly #frames: (Uint8Array | undefined)[];
  #rounded = false;

  constructor(shape: Shape, decimals: number, counters: FramingCounters) {
    const texts: string[] = [''];
    const fields: Field[] = [];
    collect(shape, texts, fields);
    this.#decimals = decimals;
    this.#counters = counters;
    const blockCounts = texts.map((text) => Math.ceil(text.length / BLOCK));
    this.#blocks = new Float64Array(blockCounts.reduce((sum, count) => sum + count, 0));
    const bytes = Buffer.alloc(this.#blocks.length * BLOCK);
    this.#plan = new Int32Array(texts.length * STEP.SIZE);
    const room = bytes.length + fields.length * NUMBER_BYTES;
    if (room > output.view.byteLength) output = createOutput(2 * room);
    this.#view = output.view;
    this.#frames = output.frames;
    let end = 0;
    for (const [i, text] of texts.entries()) {
      const step = i * STEP.SIZE;
      bytes.write(text, end * BLOCK, 'latin1');
      end += blockCounts[i]!;
      this.#plan[step + STEP.TEXT_END] = end;
      this.#plan[step + STEP.TEXT_LENGTH] = text.length;
      this.#plan[step + STEP.KIND] = fields[i]?.kind ?? NO_NUMBER;
      this.#plan[step + STEP.AT] = fields[i]?.at ?? 0;
    }
    for (let i = 0; i < this.#blocks.length; i++) this.#blocks[i] = bytes.readDoubleLE(i * BLOCK);
  }

  /**
   * The tick as a text frame, valid until the next call of any JSON encoder of the thread. Owning thread; neither
   * allocates (up to 2^53, but for a length not seen before) nor throws.
   */
  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array {
    const plan = this.#plan;
    const view = this.#view;
    const blocks = this.#blocks;
    const decimals = this.#decimals;
    this.#rounded = false;
    let block = 0;
    let end = 0;
    for (let step = 0; step < plan.length; step += STEP.SIZE) {
      const textEnd = plan[step + STEP.TEXT_END]!;
      for (let place = end; block < textEnd; block++, place += BLOCK) {
        view.setFloat64(place, blocks[block]!, true);
      }
      end += plan[step + STEP.TEXT_LENGTH]!;
      const kind = plan[step + STEP.KIND]!;
      const at = plan[step + STEP.AT]!;
      if (kind === PRICE || kind === INTEGER) {
        const low = words[at]!;
        const high = words[at + 1]!;
        // Nearly all of them are from 0 to 2^31 - 1: no doubles then, and nothing is passed on in one.
        if (high !== 0 || low < 0) end = this.#writeWide(kind, at, end, words);
        else if (kind === INTEGER) end = writeSmall(view, end, low);
        else if (decimals === 2) end = writePaise(view, end, low);
        else end = writePrice(view, end, low, decimals);
      } else if (kind !== NO_NUMBER) {
        end = this.#writeOther(kind, at, end, words, doubles, send);
      }
    }
    if (this.#rounded) this.#counters.rounded += 1;
    return this.#frameOf(end);
  }

  #writeWide(kind: number, at: number, end: number, words: Int32Array): number {
    const fits = fitsDouble(words, at);
    if (!fits) this.#rounded = true;
    if (kind === INTEGER) return writeInt64(this.#view, end, words[at]!, words[at + 1]!);
    if (fits) return writePrice(this.#view, end, readInt64(words, at), this.#decimals);
    return this.#writeExact(end, readBigInt64(words, at), this.#decimals);
  }

  #writeOther(
    kind: number,
    at: number,
    end: number,
    words: Int32Array,
    doubles: Float64Array,
    send: SendTime,
  ): number {
    const buffer = this.#view;
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
    const buffer = this.#view;
    if (Math.abs(value) < PLAIN_TOTAL_LIMIT && Math.trunc(value) === value) {
      const point = writeInteger(buffer, end, value);
      buffer.setUint16(point, POINT_ZERO, true);
      return point + 2;
    }
    return writeAscii(buffer, end, Number.isFinite(value) ? pythonFloat(value) : 'null');
  }

  #writeExact(end: number, value: bigint, decimals: number): number {
    if (exceedsDouble(value)) this.#rounded = true;
    return writeAscii(this.#view, end, formatPrice(value, decimals));
  }

  #frameOf(length: number): Uint8Array {
    const known = this.#frames[length];
    if (known !== undefined) return known;
    const frame = new Uint8Array(this.#view.buffer, 0, length);
    this.#frames[length] = frame;
    return frame;
  }
}
