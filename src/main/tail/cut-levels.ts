/** No more of a book than was asked for, whatever a server sends. */
import type { Tick } from '../../client/index.ts';

export function cutLevels(tick: Tick, levels: number): Tick {
  if (tick.mode !== 'depth') return tick;
  return { ...tick, buy: tick.buy.slice(0, levels), sell: tick.sell.slice(0, levels) };
}
