/**
 * Numbers as ASCII digits, written straight into a buffer at `at`. Each function may write a byte beyond the end that it
 * returns, for whatever follows to overwrite. The caller provides room.
 *
 * Any thread; nothing here allocates or throws.
 */
import { POWERS_OF_TEN } from './price.ts';

const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;
const MILLION = 1e6;
/** High words below this are of integers below 2^31 millions. */
const MILLIONS_HIGH = 500_000;
const BILLION = 1e9;

/** 0 to 99 as two ASCII digits, tens in the low byte: one look-up and one store instead of two divisions and stores. */
const PAIRS = Uint16Array.from(
  { length: 100 },
  (_, n) => ZERO + Math.floor(n / 10) + ((ZERO + (n % 10)) << 8),
);

function digitCount(n: number): number {
  if (n < 10_000) return n < 100 ? (n < 10 ? 1 : 2) : n < 1000 ? 3 : 4;
  if (n < 100_000_000) return n < 1_000_000 ? (n < 100_000 ? 5 : 6) : n < 10_000_000 ? 7 : 8;
  return n < 1_000_000_000 ? 9 : 10;
}

/** The last `count` digits of an integer from 0 to 2^31 − 1, leading zeros included. */
function writePadded(view: DataView, at: number, n: number, count: number): number {
  const end = at + count;
  let rest = n;
  let place = end - 2;
  for (; place >= at; place -= 2) {
    const quotient = (rest / 100) | 0;
    view.setUint16(place, PAIRS[rest - quotient * 100]!, true);
    rest = quotient;
  }
  if (place === at - 1) view.setUint8(at, ZERO + (rest % 10));
  return end;
}

/** An integer from 0 to 2^31 − 1. @returns the end */
export function writeSmall(view: DataView, at: number, value: number): number {
  const small = value | 0;
  return writePadded(view, at, small, digitCount(small));
}

/** A price of 0 to 2^31 − 1 hundredths, as `writePrice` does with 2 decimals. @returns the end */
export function writePaise(view: DataView, at: number, value: number): number {
  const paise = value | 0;
  const rupees = (paise / 100) | 0;
  const pair = PAIRS[paise - rupees * 100]!;
  const place = writePadded(view, at, rupees, digitCount(rupees));
  view.setUint8(place, POINT);
  view.setUint16(place + 1, pair, true);
  return pair >> 8 === ZERO ? place + 2 : place + 3;
}

/** An integer from 0 to 2^31 millions − 1, as times in ms are. @returns the end */
function writeMillions(view: DataView, at: number, value: number): number {
  const millions = (value / MILLION) | 0;
  const rest = (value - millions * MILLION) | 0;
  if (millions === 0) return writeSmall(view, at, rest);
  return writePadded(view, writeSmall(view, at, millions), rest, 6);
}

/** An integer from -2^53 to 2^53. @returns the end */
export function writeInteger(view: DataView, at: number, value: number): number {
  if (value >= 0 && value < TWO_31) return writeSmall(view, at, value);
  if (value >= 0 && value < TWO_31 * MILLION) return writeMillions(view, at, value);
  let place = at;
  let size = value;
  if (value < 0) {
    view.setUint8(place++, MINUS);
    size = -value;
  }
  if (size < BILLION) return writePadded(view, place, size | 0, digitCount(size));
  // Exact: below 2^53 the quotient is less than 2^24, so it is never rounded up to an integer.
  const billions = (size / BILLION) | 0;
  place = writePadded(view, place, billions, digitCount(billions));
  return writePadded(view, place, (size - billions * BILLION) | 0, 9);
}

/**
 * An int64, given as its two words, over its whole range: ns since 1970 exceed what a double holds, and BigInt would
 * allocate. 2^32 is 4294 million and 967296, so that no intermediate value exceeds 2^53. @returns the end
 */
export function writeInt64(view: DataView, at: number, low: number, high: number): number {
  if (high >= 0 && high < MILLIONS_HIGH) return writeMillions(view, at, high * TWO_32 + (low >>> 0));
  let place = at;
  let upper = high;
  let lower = low >>> 0;
  if (high < 0) {
    view.setUint8(place++, MINUS);
    lower = -low >>> 0;
    upper = (lower === 0 ? -high : ~high) >>> 0;
  }
  const carried = upper * 967_296 + lower;
  const carriedMillions = (carried / MILLION) >>> 0;
  const millions = upper * 4294 + carriedMillions;
  const rest = (carried - carriedMillions * MILLION) | 0;
  if (millions === 0) return writePadded(view, place, rest, digitCount(rest));
  return writePadded(view, writeInteger(view, place, millions), rest, 6);
}

/**
 * A price from -2^53 to 2^53 in its shortest form with at least one decimal: 250050 with 2 decimals as `2500.5`.
 * @returns the end
 */
export function writePrice(view: DataView, at: number, value: number, decimals: number): number {
  let place = at;
  let size = value;
  if (value < 0) {
    view.setUint8(place++, MINUS);
    size = -value;
  }
  if (decimals === 2 && size < TWO_31) return writePaise(view, place, size);
  const unit = POWERS_OF_TEN[decimals]!;
  // Below 2^53 a quotient that is no integer is never rounded up to one: the fraction is exact and not negative.
  const whole = Math.floor(size / unit);
  const fraction = size - whole * unit;
  place = writeInteger(view, place, whole);
  view.setUint8(place++, POINT);
  let digits = fraction | 0;
  let count = decimals;
  while (count > 1 && digits % 10 === 0) {
    digits = (digits / 10) | 0;
    count -= 1;
  }
  return writePadded(view, place, digits, count === 0 ? 1 : count);
}

/** ASCII text. @returns the end */
export function writeAscii(view: DataView, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  return at + text.length;
}
