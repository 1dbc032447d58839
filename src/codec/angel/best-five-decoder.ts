/**
 * The ten best-five entries of a SnapQuote frame, sorted into sides. The flag says which side an entry belongs to, in
 * whatever order the entries stand; the documented order (five buys, then five sells) only helps where flags do not.
 */
import { LEVEL } from '../tick-message.ts';
import { BEST_FIVE, BUY_FLAG, SELL_FLAG } from './frame-layout.ts';

const LEVELS = BEST_FIVE.ENTRIES / 2;
/** Entries 0 to 4, one bit each: the buys by position. */
const BUYS_BY_POSITION = (1 << LEVELS) - 1;

/**
 * Decodes the entries from `at` into five levels per side (words as in `LEVEL`), keeping the wire's order in a side.
 * Feed worker; neither allocates nor throws.
 *
 * @returns false when the flags alone did not decide
 */
export function decodeBestFive(view: DataView, at: number, buy: Int32Array, sell: Int32Array): boolean {
  let buys = 0;
  let sells = 0;
  let buyCount = 0;
  let sellCount = 0;
  for (let i = 0; i < BEST_FIVE.ENTRIES; i++) {
    const flag = view.getUint16(at + i * BEST_FIVE.ENTRY_BYTES + BEST_FIVE.FLAG, true);
    if (flag === BUY_FLAG) {
      buys |= 1 << i;
      buyCount++;
    } else if (flag === SELL_FLAG) {
      sells |= 1 << i;
      sellCount++;
    }
  }
  const clean = buyCount === LEVELS && sellCount === LEVELS;
  if (!clean) buys = buysByPosition(buys, sells, buyCount, sellCount);

  let buyWord = 0;
  let sellWord = 0;
  for (let i = 0; i < BEST_FIVE.ENTRIES; i++) {
    const from = at + i * BEST_FIVE.ENTRY_BYTES;
    if ((buys >>> i) & 1) {
      decodeEntry(view, from, buy, buyWord);
      buyWord += LEVEL.WORDS;
    } else {
      decodeEntry(view, from, sell, sellWord);
      sellWord += LEVEL.WORDS;
    }
  }
  return clean;
}

/**
 * The set of buys when the flags do not name each side five times. Flags that name a side more often contradict
 * themselves, and position decides alone. Otherwise an entry without a valid flag goes to the side of its position, or
 * to the other one where that is full.
 */
function buysByPosition(buys: number, sells: number, buyCount: number, sellCount: number): number {
  if (buyCount > LEVELS || sellCount > LEVELS) return BUYS_BY_POSITION;
  let set = buys;
  let buyRoom = LEVELS - buyCount;
  let sellRoom = LEVELS - sellCount;
  for (let i = 0; i < BEST_FIVE.ENTRIES; i++) {
    if (((buys | sells) >>> i) & 1) continue;
    if (i < LEVELS ? buyRoom > 0 : sellRoom === 0) {
      set |= 1 << i;
      buyRoom--;
    } else {
      sellRoom--;
    }
  }
  return set;
}

function decodeEntry(view: DataView, from: number, levels: Int32Array, to: number): void {
  levels[to + LEVEL.PRICE] = view.getInt32(from + BEST_FIVE.PRICE, true);
  levels[to + LEVEL.PRICE + 1] = view.getInt32(from + BEST_FIVE.PRICE + 4, true);
  levels[to + LEVEL.QUANTITY] = view.getInt32(from + BEST_FIVE.QUANTITY, true);
  levels[to + LEVEL.QUANTITY + 1] = view.getInt32(from + BEST_FIVE.QUANTITY + 4, true);
  levels[to + LEVEL.ORDERS] = view.getUint16(from + BEST_FIVE.ORDERS, true);
}
