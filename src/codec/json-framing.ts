/**
 * Ticks as JSON text, byte for byte as the deployed server writes them: Python's spacing, everything beyond ASCII
 * escaped, prices with a decimal point.
 *
 * The text between two numbers never changes; it is kept in blocks of eight bytes. A tick writes texts and numbers one
 * behind the other, and a text's last block may reach over its end: what follows overwrites that. Writing all of it is
 * faster than finding out what could stay, because as a rule the first number's length changes and everything moves.
 */
import { receiveTimeMs, writeIsoTime } from './client-time.ts';
import {
  NO_TAIL,
  POINT_ZERO,
  tailOfPaise,
  writeAscii,
  writeInt64,
  writeInteger,
  writePrice,
  writeSmall,
  writeTail,
} from './digit-writer.ts';
import type { FrameProgram, FramingCounters, SendTime } from './frame-program.ts';
import {
  BLOCK_BYTES,
  blocksOf,
  jsonLayout,
  KIND_BITS,
  LENGTH_BITS,
  NO_NUMBER,
  OWN_TEXT,
  plans,
  SHARED_BYTES,
  STEP_WORDS,
  texts,
} from './json-layout.ts';
import { exceedsDouble, fitsDouble, formatPrice, readBigInt64 } from './price.ts';
import {
  areSmall,
  changeOf,
  changePercentOf,
  exactChange,
  exactChangePercent,
  hundredthsOfPercent,
  PERCENT_DECIMALS,
} from './price-change.ts';
import { pythonFloat } from './python-float.ts';
import { readInt64, WORD } from './tick-message.ts';
import { FIELD, type Shape } from './tick-shape.ts';
import { MillisecondDigits, NanosecondDigits } from './time-digits.ts';

/** Room for a number and what is written behind it; the longest is a change in percent that no double holds, 26. */
const NUMBER_BYTES = 40;
/** Totals below are written as integers with `.0`; Python gives an exponent to those from 1e16 on. */
const PLAIN_TOTAL_LIMIT = 1e15;

/*
 * Constants of this module, and no members of objects: only these does the compiler fold into the loop. As imports, or in
 * fields of the class, the arrays and the view alone would make a quote take half as long again.
 */
const { PRICE, INTEGER, TOTAL, ORDERS, CHANGE, CHANGE_PERCENT, RECEIVE_MS, MILLISECONDS } = FIELD;
const { LTP, CLOSE, RECEIVE_TIME_NS } = WORD;
const PLANS = plans;
const TEXTS = texts;
const STEP = STEP_WORDS;
const KIND_SHIFT = KIND_BITS;
const KIND_MASK = (1 << KIND_BITS) - 1;
const LENGTH_SHIFT = LENGTH_BITS;
const LENGTH_MASK = (1 << LENGTH_BITS) - 1;
const OWN = OWN_TEXT;
const LAST = NO_NUMBER;
const BLOCK = BLOCK_BYTES;
const NOTHING = NO_TAIL;
const ZERO_FRACTION = POINT_ZERO;
const MINUS = 45;

const EXCHANGE_TIME = new MillisecondDigits();
const RECEIVE_TIME = new NanosecondDigits();

/** Several times as much as the largest message takes. */
const OUTPUT_BYTES = 1 << 14;
/** Where the frames of all JSON encoders of a thread are written, and views of it, by length: only a few occur. */
const OUTPUT = new DataView(new ArrayBuffer(OUTPUT_BYTES));
const FRAMES = new Array<Uint8Array | undefined>(OUTPUT_BYTES + 1);

function frameOf(length: number): Uint8Array {
  const known = FRAMES[length];
  if (known !== undefined) return known;
  const frame = new Uint8Array(OUTPUT.buffer, 0, length);
  FRAMES[length] = frame;
  return frame;
}

/** Writes the ticks of one shape. */
export class JsonFraming implements FrameProgram {
  readonly #decimals: number;
  readonly #counters: FramingCounters;
  readonly #plan: number;
  readonly #planEnd: number;
  /** The blocks of the texts that are too long to be shared, one text behind another, and how many bytes each has. */
  readonly #ownBlocks: Float64Array;
  readonly #ownLengths: Int32Array;
  #rounded = false;

  /** @throws RangeError for a message that is larger than any that the engine has */
  constructor(shape: Shape, decimals: number, counters: FramingCounters) {
    const { plan, planEnd, ownTexts, textBytes, numbers } = jsonLayout(shape);
    if (textBytes + numbers * NUMBER_BYTES + SHARED_BYTES > OUTPUT_BYTES) {
      throw new RangeError(`a message with ${textBytes} bytes of text does not fit into ${OUTPUT_BYTES}`);
    }
    this.#decimals = decimals;
    this.#counters = counters;
    this.#plan = plan;
    this.#planEnd = planEnd;
    this.#ownBlocks = Float64Array.from(ownTexts.flatMap((text) => [...blocksOf(text)]));
    this.#ownLengths = Int32Array.from(ownTexts, (text) => text.length);
  }

  /**
   * The tick as a text frame, valid until the next call of any JSON encoder of the thread. Owning thread; neither
   * allocates (up to 2^53, but for a length not seen before) nor throws.
   */
  encode(words: Int32Array, doubles: Float64Array, send: SendTime): Uint8Array {
    // Taken here, once: inside the loop the compiler would not see that they are constants. And integers of 32 bits
    // throughout (`| 0`): if a place could be a double, each use of it would be a conversion and a test.
    const plans = PLANS;
    const texts = TEXTS;
    const view = OUTPUT;
    const isPaise = this.#decimals === 2;
    const planEnd = this.#planEnd | 0;
    this.#rounded = false;
    let own = 0;
    let ownBlock = 0;
    let end = 0;
    for (let step = this.#plan | 0; step < planEnd; step = (step + STEP) | 0) {
      const number = plans[step]!;
      const before = plans[(step + 1) | 0]!;
      if (before === OWN) {
        const blocks = this.#ownBlocks;
        const length = this.#ownLengths[own++]!;
        for (let place = 0; place < length; place = (place + BLOCK) | 0) {
          view.setFloat64((end + place) | 0, blocks[ownBlock]!, true);
          ownBlock = (ownBlock + 1) | 0;
        }
        end = (end + length) | 0;
      } else {
        const length = before & LENGTH_MASK;
        const text = before >> LENGTH_SHIFT;
        view.setFloat64(end, texts[text]!, true);
        view.setFloat64((end + 8) | 0, texts[(text + 1) | 0]!, true);
        if (length > 16) {
          view.setFloat64((end + 16) | 0, texts[(text + 2) | 0]!, true);
          view.setFloat64((end + 24) | 0, texts[(text + 3) | 0]!, true);
        }
        end = (end + length) | 0;
      }
      const kind = number & KIND_MASK;
      const at = number >> KIND_SHIFT;
      let whole = 0;
      let tail = NOTHING;
      if (kind === PRICE || kind === INTEGER) {
        whole = words[at]!;
        // Nearly all of them are from 0 to 2^31 - 1: no doubles then, and nothing is passed on in one.
        if (words[(at + 1) | 0]! !== 0 || whole < 0) {
          end = this.#writeWide(kind, at, end, words) | 0;
          continue;
        }
        if (kind === PRICE) {
          if (!isPaise) {
            end = writePrice(view, end, whole, this.#decimals) | 0;
            continue;
          }
          const paise = whole;
          whole = (paise / 100) | 0;
          tail = tailOfPaise((paise - Math.imul(whole, 100)) | 0);
        }
      } else if (kind === TOTAL) {
        const total = doubles[at]!;
        whole = total | 0;
        if (whole !== total || whole < 0) {
          end = this.#writeTotal(end, total) | 0;
          continue;
        }
        tail = ZERO_FRACTION;
      } else if (kind === MILLISECONDS) {
        const high = words[(at + 1) | 0]!;
        if (high >>> 21 === 0) end = EXCHANGE_TIME.write(view, end, words[at]!, high) | 0;
        else end = this.#writeWide(INTEGER, at, end, words) | 0;
        continue;
      } else if (kind === RECEIVE_MS) {
        end = RECEIVE_TIME.write(view, end, words[RECEIVE_TIME_NS]!, words[RECEIVE_TIME_NS + 1]!) | 0;
        continue;
      } else if (kind === ORDERS && words[at]! >= 0) {
        whole = words[at]!;
      } else if ((kind === CHANGE_PERCENT || (kind === CHANGE && isPaise)) && areSmall(words)) {
        const change = (words[LTP]! - words[CLOSE]!) | 0;
        const mask = change >> 31;
        let hundredths = ((change ^ mask) - mask) | 0;
        if (kind === CHANGE_PERCENT) hundredths = hundredthsOfPercent(hundredths, words[CLOSE]!) | 0;
        if (hundredths < 0) {
          end = this.#writeOther(kind, at, end, words, doubles, send) | 0;
          continue;
        }
        view.setUint8(end, MINUS);
        // Which sign it has is as good as random: no branch. Zero has none.
        end = (end + (mask & (-hundredths >>> 31))) | 0;
        whole = (hundredths / 100) | 0;
        tail = tailOfPaise((hundredths - Math.imul(whole, 100)) | 0);
      } else {
        if (kind !== LAST) end = this.#writeOther(kind, at, end, words, doubles, send) | 0;
        continue;
      }
      end = writeTail(view, writeSmall(view, end, whole) | 0, tail) | 0;
    }
    if (this.#rounded) this.#counters.rounded += 1;
    return frameOf(end);
  }

  #writeWide(kind: number, at: number, end: number, words: Int32Array): number {
    const fits = fitsDouble(words, at);
    if (!fits) this.#rounded = true;
    if (kind === INTEGER) return writeInt64(OUTPUT, end, words[at]!, words[at + 1]!);
    if (fits) return writePrice(OUTPUT, end, readInt64(words, at), this.#decimals);
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
    const buffer = OUTPUT;
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
    const buffer = OUTPUT;
    if (Math.abs(value) < PLAIN_TOTAL_LIMIT && Math.trunc(value) === value) {
      const point = writeInteger(buffer, end, value);
      return writeTail(buffer, point, ZERO_FRACTION);
    }
    return writeAscii(buffer, end, Number.isFinite(value) ? pythonFloat(value) : 'null');
  }

  #writeExact(end: number, value: bigint, decimals: number): number {
    if (exceedsDouble(value)) this.#rounded = true;
    return writeAscii(OUTPUT, end, formatPrice(value, decimals));
  }
}
