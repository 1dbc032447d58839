/** Numbers and times as people read them. */

const NONE = '-';
const MAX_DECIMALS = 7;
const MAX_TEXT = 300;

/** Words of another program, without what would steer a terminal, and no more of them than anybody reads. */
export function printable(text: string): string {
  const cut = text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
  return cut.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
}

/** With two decimals, or as many as the price has; `-` for what the broker did not send. */
export function formatPrice(price: number | null): string {
  if (price === null) return NONE;
  const [, decimals = ''] = price.toFixed(MAX_DECIMALS).replace(/0+$/, '').split('.');
  return price.toFixed(Math.max(2, decimals.length));
}

export function formatCount(count: number | null): string {
  return count === null ? NONE : count.toLocaleString('en-US');
}

/** With its sign, since that is what is asked for. */
export function formatChange(change: number | null, percent: number | null): string {
  if (change === null) return NONE;
  const sign = change > 0 ? '+' : '';
  const part = percent === null ? '' : ` (${percent > 0 ? '+' : ''}${percent.toFixed(2)} %)`;
  return `${sign}${formatPrice(change)}${part}`;
}

/** Time of the day, in the time zone of this machine; `-` for what is no time. @param ms since 1970 */
export function formatTime(ms: number | null): string {
  const date = new Date(ms ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return NONE;
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`;
}

/** A span of time, no more exact than it is of use. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** A span of time between two stamps, ms; microseconds count. */
export function formatHop(ms: number | null): string {
  if (ms === null) return NONE;
  if (Math.abs(ms) < 1) return `${Math.round(ms * 1000)} µs`;
  return Math.abs(ms) < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
