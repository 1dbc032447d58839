/**
 * What clients are told of a price's move since the previous close: `change` at the price's scale, and `change_percent`
 * in hundredths of a percent, rounded half away from zero. Integers throughout: 0.005 % is never lost to a double.
 *
 * Each comes in two forms: a number for ordinary prices, NaN where a double could not be exact, and then a bigint.
 */
import { fitsDouble, readBigInt64 } from './price.ts';
import { readInt64, WORD } from './tick-message.ts';

/** Constants of this module, not members of another's object: the compiler then folds them. */
const { LTP, CLOSE } = WORD;
/** Digits behind the decimal point of `change_percent`. */
export const PERCENT_DECIMALS = 2;
/** 100 for percent, 100 for its two decimals. */
const HUNDREDTHS = 10_000;
const TWO_31 = 2 ** 31;
const TWO_53 = 2 ** 53;
/** Changes up to here times HUNDREDTHS stay below 2^53. */
const LARGEST_CHANGE = 2 ** 39;

/** Whether ltp and close both lie from 0 to 2^31 − 1: nearly always, and integers of 32 bits do then. */
export function areSmall(words: Int32Array): boolean {
  return (words[LTP + 1]! | words[CLOSE + 1]!) === 0 && (words[LTP]! | words[CLOSE]!) >= 0;
}

/** ltp − close, or NaN where a double could round it. Any thread; neither allocates nor throws. */
export function changeOf(words: Int32Array): number {
  if (areSmall(words)) return words[LTP]! - words[CLOSE]!;
  if (!fitsDouble(words, LTP) || !fitsDouble(words, CLOSE)) return Number.NaN;
  const change = readInt64(words, LTP) - readInt64(words, CLOSE);
  return change > -TWO_53 && change < TWO_53 ? change : Number.NaN;
}

/**
 * Change per close in hundredths of a percent, 0 when close is 0, or NaN where doubles could round it.
 * Any thread; neither allocates nor throws.
 */
export function changePercentOf(words: Int32Array): number {
  const change = changeOf(words);
  const close = readInt64(words, CLOSE);
  if (close === 0) return 0;
  const size = Math.abs(change);
  // Also false for NaN.
  if (!(size <= LARGEST_CHANGE)) return Number.NaN;
  const divisor = Math.abs(close);
  const dividend = size * HUNDREDTHS;
  // Below 2^53 a quotient that is no integer is never rounded up to one: the rest is exact and not negative.
  let quotient = Math.floor(dividend / divisor);
  const rest = dividend - quotient * divisor;
  if (rest >= divisor - rest) quotient += 1;
  // A quotient of zero has no sign.
  return change < 0 !== close < 0 ? 0 - quotient : quotient;
}

/** ltp − close, exact. Allocates. */
export function exactChange(words: Int32Array): bigint {
  return readBigInt64(words, LTP) - readBigInt64(words, CLOSE);
}

/** Change per close in hundredths of a percent, exact. Allocates. */
export function exactChangePercent(words: Int32Array): bigint {
  const close = readBigInt64(words, CLOSE);
  if (close === 0n) return 0n;
  const change = exactChange(words);
  const dividend = (change < 0n ? -change : change) * BigInt(HUNDREDTHS);
  const divisor = close < 0n ? -close : close;
  const quotient = (2n * dividend + divisor) / (2n * divisor);
  return change < 0n === close < 0n ? quotient : -quotient;
}

/**
 * Change per close in hundredths of a percent for small numbers (`areSmall`), without a sign: what `changePercentOf` gives,
 * with one division. Where it would exceed 2^31 - 1 it is -1. Any thread; neither allocates nor throws.
 *
 * @param change without its sign
 */
export function hundredthsOfPercent(change: number, close: number): number {
  if (close === 0) return 0;
  const quotient = (2 * HUNDREDTHS * change + close) / (2 * close);
  return quotient < TWO_31 ? quotient | 0 : -1;
}
