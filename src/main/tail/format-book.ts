/** One instrument as a block of lines: the last trade, the day, the book, how fresh all that is, and what it went through. */
import { type DepthLevel, type DepthTick, hopsOf, type QuoteTick, type Tick } from '../../client/index.ts';
import { describeGaps, describeLevels, describeState } from './describe-state.ts';
import { formatChange, formatCount, formatHop, formatPrice, formatTime } from './format-values.ts';
import type { TailStyle } from './tail-style.ts';
import type { WatchedInstrument } from './watched-instrument.ts';

const BAR_CHARACTERS = 12;
const NUMBER_WIDTH = 10;

/** @param now of `performance.now` */
export function formatBook(instrument: WatchedInstrument, now: number, style: TailStyle): readonly string[] {
  const { name, last } = instrument;
  const { isFresh, text } = describeState(instrument, now);
  const state = isFresh ? style.good(text) : style.warning(text);
  const lines = [`${style.title(name)}  ${state}`];
  if (last !== null) {
    // What is old is drawn as such, whatever colours it had when it was new.
    const drawn = isFresh ? style : { ...style, title: style.quiet, buy: style.quiet, sell: style.quiet };
    lines.push(...dayLines(last, drawn));
    if (last.mode === 'depth') lines.push('', ...bookLines(last, drawn));
    const levels = describeLevels(last, instrument.levels);
    if (levels !== '') lines.push(style.warning(levels));
    if (last.stamps !== null) lines.push(style.quiet(hopLine(last.stamps)));
  }
  const gaps = describeGaps(instrument);
  if (gaps !== '') lines.push(style.warning(gaps));
  return lines;
}

function dayLines(tick: Tick, style: TailStyle): string[] {
  const time = `at ${formatTime(tick.time ?? tick.receivedAt)}`;
  if (tick.mode === 'ltp') return [`last ${style.title(formatPrice(tick.ltp))}  ${time}`];
  const last = `last ${style.title(formatPrice(tick.ltp))}  ${changeOf(tick, style)}  ${time}`;
  // A book of more than five levels comes without the day.
  if (tick.open === null && tick.volume === null) return [last];
  return [
    last,
    [
      `open ${formatPrice(tick.open)}`,
      `high ${formatPrice(tick.high)}`,
      `low ${formatPrice(tick.low)}`,
      `close ${formatPrice(tick.close)}`,
      `volume ${formatCount(tick.volume)}`,
    ].join('  '),
  ];
}

/** Against the day before, in the colour of its direction. */
export function changeOf({ change, changePercent }: QuoteTick | DepthTick, style: TailStyle): string {
  const text = formatChange(change, changePercent);
  if (change === null || change === 0) return text;
  return change > 0 ? style.buy(text) : style.sell(text);
}

function bookLines({ buy, sell }: DepthTick, style: TailStyle): string[] {
  if (buy.length === 0 && sell.length === 0) return ['(no book: an index has none)'];
  const most = Math.max(...[...buy, ...sell].map(({ quantity }) => quantity), 1);
  const pad = (text: string) => text.padStart(NUMBER_WIDTH);
  const empty = ' '.repeat(NUMBER_WIDTH);
  const bar = ({ quantity }: DepthLevel) =>
    '█'.repeat(Math.max(0, Math.round((quantity / most) * BAR_CHARACTERS)));
  const row = (i: number): string => {
    const [bid, ask] = [buy[i], sell[i]];
    const left =
      bid === undefined
        ? `${' '.repeat(BAR_CHARACTERS)} ${empty} ${empty} ${empty}`
        : `${bar(bid).padStart(BAR_CHARACTERS)} ${pad(formatCount(bid.orders))} ${pad(formatCount(bid.quantity))} ${pad(formatPrice(bid.price))}`;
    const right =
      ask === undefined
        ? ''
        : `${pad(formatPrice(ask.price))} ${pad(formatCount(ask.quantity))} ${pad(formatCount(ask.orders))} ${bar(ask)}`;
    return `${style.buy(left)} ${style.quiet('│')} ${style.sell(right)}`;
  };
  const head = `${' '.repeat(BAR_CHARACTERS)} ${pad('orders')} ${pad('buy')} ${pad('price')}   ${pad('price')} ${pad('sell')} ${pad('orders')}`;
  return [style.quiet(head), ...Array.from({ length: Math.max(buy.length, sell.length) }, (_, i) => row(i))];
}

function hopLine(stamps: NonNullable<Tick['stamps']>): string {
  const { exchangeToReceive, receiveToPublish, publishToSend } = hopsOf(stamps);
  return `exchange → ${formatHop(exchangeToReceive)} → received → ${formatHop(receiveToPublish)} → published → ${formatHop(publishToSend)} → sent`;
}
