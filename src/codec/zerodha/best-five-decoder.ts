/** The ten levels of a full packet: five buys, then five sells, the best first. Nothing but the place says the side. */
import { LEVEL } from '../tick-message.ts';
import { LEVEL_BYTES, LEVEL_OFFSET, LEVELS } from './frame-layout.ts';

/**
 * Decodes one side from `at` into five levels (words as in `LEVEL`). An empty level is all zero and stays so.
 * Feed worker; neither allocates nor throws.
 */
export function decodeSide(view: DataView, at: number, levels: Int32Array): void {
  for (let i = 0; i < LEVELS; i++) {
    const from = at + i * LEVEL_BYTES;
    const to = i * LEVEL.WORDS;
    const price = view.getInt32(from + LEVEL_OFFSET.PRICE);
    levels[to + LEVEL.PRICE] = price;
    levels[to + LEVEL.PRICE + 1] = price >> 31;
    levels[to + LEVEL.QUANTITY] = view.getInt32(from + LEVEL_OFFSET.QUANTITY);
    levels[to + LEVEL.QUANTITY + 1] = 0;
    levels[to + LEVEL.ORDERS] = view.getUint16(from + LEVEL_OFFSET.ORDERS);
  }
}
