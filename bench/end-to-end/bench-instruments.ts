/** The instruments of the load, as clients name them and as the broker does. */

export const EXCHANGE = 'NSE';

const FIRST_TOKEN = 900_000;
const PREFIX = 'BENCH';

/** The symbol of the instrument at a place among all, from 0. */
export function benchSymbol(index: number): string {
  return PREFIX + String(index).padStart(4, '0');
}

/** Symbols of the first `count` instruments. */
export function benchSymbols(count: number): string[] {
  return Array.from({ length: count }, (_, i) => benchSymbol(i));
}

/** The place of an instrument by its symbol. */
export function benchIndex(symbol: string): number {
  return Number(symbol.slice(PREFIX.length));
}

/** The broker's token of the instrument at a place: six digits, of which the last five are the place. */
export function benchToken(index: number): string {
  return String(FIRST_TOKEN + index);
}
