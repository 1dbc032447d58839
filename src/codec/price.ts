/**
 * Prices are integers whose decimal point stands `decimals` digits from the right (250050 with 2 is 2500.50).
 * Ordinary ones fit into a double, which is how the framings handle them; this file knows which do, and handles the rest.
 */

/** Most decimals of a price that the framings serve; no broker has more than 7. */
export const MAX_PRICE_DECIMALS = 9;

/** 10^0 to 10^MAX_PRICE_DECIMALS. */
export const POWERS_OF_TEN = Float64Array.from({ length: MAX_PRICE_DECIMALS + 1 }, (_, i) => 10 ** i);

const LARGEST_EXACT = 2n ** 53n;

/** Whether the int64 at `word` lies from -2^53 to 2^53 - 1, so that a double holds it. Neither allocates nor throws. */
export function fitsDouble(words: Int32Array, word: number): boolean {
  const high = words[word + 1]!;
  return high >= -0x200000 && high < 0x200000;
}

/** Whether a double would round the integer. */
export function exceedsDouble(value: bigint): boolean {
  return value > LARGEST_EXACT || value < -LARGEST_EXACT;
}

/** The int64 at `word`, exact over its whole range. Allocates: only for values that no double holds. */
export function readBigInt64(words: Int32Array, word: number): bigint {
  return (BigInt(words[word + 1]!) << 32n) | BigInt(words[word]! >>> 0);
}

/** A price of any size in its shortest form with at least one decimal: `2500.0`, `-0.05`. Allocates. */
export function formatPrice(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  const fraction = digits.slice(point).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${fraction || '0'}`;
}
