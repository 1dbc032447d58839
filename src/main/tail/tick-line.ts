/** One event a line, for pipes and files. */
import type { DepthLevel, FeedStatus, Gap, StaleReason, Tick } from '../../client/index.ts';
import { describeStale } from './describe-state.ts';
import { formatChange, formatCount, formatPrice, formatTime, printable } from './format-values.ts';

export function tickLine(tick: Tick): string {
  const marks = [tick.isSnapshot ? 'last value from before' : '', tick.isStale ? 'OLD' : ''];
  const marked = marks.filter((mark) => mark !== '').join(', ');
  const head = `${formatTime(tick.time ?? tick.receivedAt)} ${printable(tick.instrument)} ${formatPrice(tick.ltp)}`;
  return `${head}${details(tick)}${marked === '' ? '' : ` (${marked})`}`;
}

function details(tick: Tick): string {
  if (tick.mode === 'ltp') return '';
  if (tick.mode === 'quote') {
    const { change, changePercent, volume, open, high, low, close } = tick;
    const day = [open, high, low, close].map(formatPrice).join(' ');
    return ` ${formatChange(change, changePercent)} volume ${formatCount(volume)} open high low close ${day}`;
  }
  return ` buy ${levels(tick.buy)} sell ${levels(tick.sell)}`;
}

function levels(list: readonly DepthLevel[]): string {
  return list.length === 0
    ? '-'
    : list.map(({ price, quantity }) => `${quantity}@${formatPrice(price)}`).join(' ');
}

/** @param at ms since 1970 */
export function gapLine(instrument: string, { reason, missed }: Gap, at: number): string {
  const count = missed === null ? 'nobody knows how many' : String(missed);
  return `${formatTime(at)} ${instrument} GAP (${printable(reason)}): ticks missed: ${count}`;
}

/** @param at ms since 1970 */
export function statusLine(instrument: string, { status, reason }: FeedStatus, at: number): string {
  return `${formatTime(at)} ${instrument} feed ${printable(`${status}${reason === '' ? '' : `: ${reason}`}`)}`;
}

/** @param at ms since 1970 */
export function staleLine(instrument: string, reason: StaleReason, at: number): string {
  return `${formatTime(at)} ${instrument} OLD: ${printable(describeStale(reason))}`;
}
