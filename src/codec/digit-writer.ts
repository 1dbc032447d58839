/**
 * Numbers as ASCII digits, written straight into a buffer at `at`. Each function may write up to four bytes beyond
 * the end that it returns, for whatever follows to overwrite. The caller provides room.
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

/** The point and 0 to 99 hundredths, one digit at least, and the length in the high byte. */
const FRACTIONS = Int32Array.from({ length: 100 }, (_, n) => {
  const units = n % 10;
  return POINT | ((ZERO + Math.floor(n / 10)) << 8) | ((ZERO + units) << 16) | ((units === 0 ? 2 : 3) << 24);
});
const ASCII_ZEROS = 0x3030_3030;
const TEN_THOUSAND = 10_000;
const HUNDRED_MILLION = 1e8;

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

/**
 * 0 to 9999 as the bytes of a word, a digit each, the first in the low byte: no branch, no look-up. A constant, as the next
 * ones are: of a declared function the compiler tests at each call whether it is still the same.
 */
const digitsOf = (n: number): number => {
  const hundreds = Math.imul(n, 5243) >>> 19;
  const pairs = hundreds | ((n - Math.imul(hundreds, 100)) << 16);
  const tens = (Math.imul(pairs, 103) >>> 10) & 0x000f_000f;
  return tens | ((pairs - Math.imul(tens, 10)) << 8);
};

/** 0 to 9999 without leading zeros. */
const writeUpToFour = (view: DataView, at: number, n: number): number => {
  const digits = digitsOf(n);
  // The lowest bit that is set lies in the first digit that is not zero, or else in the last.
  const marked = digits | 0x0100_0000;
  const skipped = (31 - Math.clz32(marked & -marked)) & 24;
  view.setInt32(at, (digits + ASCII_ZEROS) >>> skipped, true);
  return (at + 4 - (skipped >>> 3)) | 0;
};

/** The last eight digits of an integer from 0 to 10^8 − 1, leading zeros included. @returns the end */
export function writeEightDigits(view: DataView, at: number, value: number): number {
  const upper = (value / TEN_THOUSAND) | 0;
  view.setInt32(at, digitsOf(upper) + ASCII_ZEROS, true);
  view.setInt32((at + 4) | 0, digitsOf(value - Math.imul(upper, TEN_THOUSAND)) + ASCII_ZEROS, true);
  return (at + 8) | 0;
}

/** An integer from 0 to 2^31 − 1. @returns the end */
export function writeSmall(view: DataView, at: number, value: number): number {
  const small = value | 0;
  if (small < TEN_THOUSAND) return writeUpToFour(view, at, small);
  const upper = (small / TEN_THOUSAND) | 0;
  if (upper >= TEN_THOUSAND) {
    const top = (upper / TEN_THOUSAND) | 0;
    return writeEightDigits(view, writeUpToFour(view, at, top), small - Math.imul(top, HUNDRED_MILLION));
  }
  const place = writeUpToFour(view, at, upper);
  view.setInt32(place, digitsOf(small - Math.imul(upper, TEN_THOUSAND)) + ASCII_ZEROS, true);
  return (place + 4) | 0;
}

/** What stands behind the whole part of a number: up to three characters, the first in the low byte, their count in the high one. */
export type Tail = number;

/** `.0` */
export const POINT_ZERO: Tail = FRACTIONS[0]!;
/** Nothing. */
export const NO_TAIL: Tail = 0;

/** The point and 0 to 99 hundredths, one digit at least. */
export function tailOfPaise(hundredths: number): Tail {
  return FRACTIONS[hundredths]!;
}

/** @returns the end */
export function writeTail(view: DataView, at: number, tail: Tail): number {
  view.setInt32(at, tail, true);
  return (at + (tail >>> 24)) | 0;
}

/** A price of 0 to 2^31 − 1 hundredths, as `writePrice` does with 2 decimals. @returns the end */
export function writePaise(view: DataView, at: number, value: number): number {
  const paise = value | 0;
  const rupees = (paise / 100) | 0;
  return writeTail(view, writeSmall(view, at, rupees), tailOfPaise(paise - rupees * 100));
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
