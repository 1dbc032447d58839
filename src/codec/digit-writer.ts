/**
 * Numbers as ASCII digits, written straight into a buffer. Each function writes at `at` and nothing beyond the end that
 * it returns: the JSON framing relies on that, since it leaves text behind the number in place. The caller provides room.
 *
 * Any thread; nothing here allocates or throws.
 */
import { POWERS_OF_TEN } from './price.ts';

const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const TWO_31 = 2 ** 31;
const MILLION = 1e6;
const BILLION = 1e9;

/** Tens and ones of 0 to 99 as ASCII: one look-up instead of two divisions. */
const TENS = Uint8Array.from({ length: 100 }, (_, n) => ZERO + Math.floor(n / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, n) => ZERO + (n % 10));

function digitCount(n: number): number {
  if (n < 10_000) return n < 100 ? (n < 10 ? 1 : 2) : n < 1000 ? 3 : 4;
  if (n < 100_000_000) return n < 1_000_000 ? (n < 100_000 ? 5 : 6) : n < 10_000_000 ? 7 : 8;
  return n < 1_000_000_000 ? 9 : 10;
}

/** The last `count` digits of an integer from 0 to 2^31 − 1, leading zeros included. */
function writePadded(buffer: Uint8Array, at: number, n: number, count: number): number {
  const end = at + count;
  let rest = n;
  let place = end;
  while (place - at >= 2) {
    const quotient = (rest / 100) | 0;
    const pair = rest - quotient * 100;
    buffer[--place] = ONES[pair]!;
    buffer[--place] = TENS[pair]!;
    rest = quotient;
  }
  if (place > at) buffer[at] = ZERO + (rest % 10);
  return end;
}

/** An integer from -2^53 to 2^53. @returns the end */
export function writeInteger(buffer: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value < TWO_31) {
    const small = value | 0;
    return writePadded(buffer, at, small, digitCount(small));
  }
  let place = at;
  let size = value;
  if (value < 0) {
    buffer[place++] = MINUS;
    size = -value;
  }
  if (size < BILLION) return writePadded(buffer, place, size | 0, digitCount(size));
  // Exact: below 2^53 the quotient is less than 2^24, so it is never rounded up to an integer.
  const billions = (size / BILLION) | 0;
  place = writePadded(buffer, place, billions, digitCount(billions));
  return writePadded(buffer, place, (size - billions * BILLION) | 0, 9);
}

/**
 * An int64, given as its two words, over its whole range: ns since 1970 exceed what a double holds, and BigInt would
 * allocate. 2^32 is 4294 million and 967296, so that no intermediate value exceeds 2^53. @returns the end
 */
export function writeInt64(buffer: Uint8Array, at: number, low: number, high: number): number {
  let place = at;
  let upper = high;
  let lower = low >>> 0;
  if (high < 0) {
    buffer[place++] = MINUS;
    lower = -low >>> 0;
    upper = (lower === 0 ? -high : ~high) >>> 0;
  }
  const carried = upper * 967_296 + lower;
  const carriedMillions = (carried / MILLION) >>> 0;
  const millions = upper * 4294 + carriedMillions;
  const rest = (carried - carriedMillions * MILLION) | 0;
  if (millions === 0) return writePadded(buffer, place, rest, digitCount(rest));
  return writePadded(buffer, writeInteger(buffer, place, millions), rest, 6);
}

/**
 * A price from -2^53 to 2^53 in its shortest form with at least one decimal: 250050 with 2 decimals as `2500.5`.
 * @returns the end
 */
export function writePrice(buffer: Uint8Array, at: number, value: number, decimals: number): number {
  let place = at;
  let size = value;
  if (value < 0) {
    buffer[place++] = MINUS;
    size = -value;
  }
  if (decimals === 2 && size < TWO_31) {
    const paise = size | 0;
    const rupees = (paise / 100) | 0;
    const pair = paise - rupees * 100;
    place = writePadded(buffer, place, rupees, digitCount(rupees));
    buffer[place++] = POINT;
    buffer[place++] = TENS[pair]!;
    const ones = ONES[pair]!;
    if (ones !== ZERO) buffer[place++] = ones;
    return place;
  }
  const unit = POWERS_OF_TEN[decimals]!;
  // Below 2^53 a quotient that is no integer is never rounded up to one: the fraction is exact and not negative.
  const whole = Math.floor(size / unit);
  const fraction = size - whole * unit;
  place = writeInteger(buffer, place, whole);
  buffer[place++] = POINT;
  let digits = fraction | 0;
  let count = decimals;
  while (count > 1 && digits % 10 === 0) {
    digits = (digits / 10) | 0;
    count -= 1;
  }
  return writePadded(buffer, place, digits, count === 0 ? 1 : count);
}

/** ASCII text. @returns the end */
export function writeAscii(buffer: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[at + i] = text.charCodeAt(i);
  return at + text.length;
}
