/** Prices of several instruments, one a line, each with how fresh it is. */
import { describeGaps, describeState } from './describe-state.ts';
import { changeOf } from './format-book.ts';
import { formatCount, formatPrice } from './format-values.ts';
import { PLAIN_STYLE, type TailStyle } from './tail-style.ts';
import type { WatchedInstrument } from './watched-instrument.ts';

const PRICE_WIDTH = 12;
const CHANGE_WIDTH = 20;
const VOLUME_WIDTH = 12;
const MARK_OLD = 'OLD';
const MARK_FRESH = '   ';

/** @param now of `performance.now` */
export function formatPriceTable(
  instruments: readonly WatchedInstrument[],
  now: number,
  style: TailStyle,
): readonly string[] {
  const width = Math.max(0, ...instruments.map(({ name }) => name.length));
  return instruments.flatMap((instrument) => {
    const { name, last } = instrument;
    const { isFresh, text } = describeState(instrument, now);
    const gaps = describeGaps(instrument);
    // What is old is drawn as such, whatever colours it had when it was new.
    const drawn = isFresh ? style : { ...style, title: style.quiet, buy: style.quiet, sell: style.quiet };
    const price = drawn.title(formatPrice(last?.ltp ?? null).padStart(PRICE_WIDTH));
    // In front of the price, where no narrow window cuts it off.
    const mark = isFresh ? MARK_FRESH : style.warning(MARK_OLD);
    const state = isFresh ? style.good(text) : style.warning(text);
    const line = [name.padEnd(width), mark, price, ...dayOf(last, drawn), state].join('  ');
    return gaps === '' ? [line] : [line, style.warning(`${' '.repeat(width)}  ${gaps}`)];
  });
}

/** Nothing for a mode that does not have it. */
function dayOf(last: WatchedInstrument['last'], style: TailStyle): readonly string[] {
  if (last === null || last.mode === 'ltp') return [];
  const pad = ' '.repeat(Math.max(0, CHANGE_WIDTH - changeOf(last, PLAIN_STYLE).length));
  return [pad + changeOf(last, style), `volume ${formatCount(last.volume).padStart(VOLUME_WIDTH)}`];
}
