/** Numbers, times and names as the page writes them. Times are those of the exchanges, whatever zone the reader is in. */

/** @param {number} digits @param {'auto' | 'exceptZero'} [signDisplay] @param {number} [most] */
const numbers = (digits, signDisplay = 'auto', most = digits) =>
  new Intl.NumberFormat('en-IN', {
    minimumFractionDigits: digits,
    maximumFractionDigits: most,
    signDisplay,
  });
const wholeNumbers = numbers(0);
const prices = numbers(2, 'auto', 4);
const changes = numbers(2, 'exceptZero', 4);
const percents = numbers(2, 'exceptZero');
const shortNumbers = numbers(0, 'auto', 1);
const times = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Kolkata', timeStyle: 'medium' });
const days = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Kolkata', day: 'numeric', month: 'short' });

const NONE = '–';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** @param {number | null | undefined} value */
export const count = (value) => (value == null ? NONE : wholeNumbers.format(value));
/** @param {number | null | undefined} value in rupees */
export const price = (value) => (value == null ? NONE : prices.format(value));
/** @param {number} value in rupees */
export const change = (value) => changes.format(value);
/** @param {number} value in per cent */
export const percent = (value) => `${percents.format(value)} %`;
/** @param {number} share of one */
export const share = (share) => `${wholeNumbers.format(share * 100)} %`;

/** With one decimal as long as that says something. @param {number} value per second */
export const rate = (value) => (value < 10 ? shortNumbers : wholeNumbers).format(value);

/** Two significant digits below ten. @param {number | null | undefined} ms */
export function latency(ms) {
  if (ms == null) return NONE;
  const size = Math.abs(ms);
  if (size >= 10_000) return `${wholeNumbers.format(ms / SECOND)} s`;
  if (size >= 1000) return `${(ms / SECOND).toFixed(1)} s`;
  if (size >= 10) return `${wholeNumbers.format(ms)} ms`;
  if (size >= 1) return `${ms.toFixed(1)} ms`;
  return size === 0 ? '0 ms' : `${Number(ms.toPrecision(2))} ms`;
}

/** Its two largest units. @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms == null) return NONE;
  if (ms < 0) return '0 s';
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
}

/** How long ago something was that usually comes many times a second. @param {number | null | undefined} ms */
export const age = (ms) => (ms != null && ms < SECOND ? 'now' : duration(ms));

/** In a sentence. @param {number} ms */
export const ago = (ms) => (ms < SECOND ? 'just now' : `${duration(ms)} ago`);

/** @param {number | null} value */
export function bytes(value) {
  if (value === null) return NONE;
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < BYTE_UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit > 0 && size < 10 ? size.toFixed(1) : wholeNumbers.format(size)} ${BYTE_UNITS[unit]}`;
}

/** With the day when that is not today's. @param {number} at epoch ms @param {number} [now] epoch ms */
export function time(at, now = Date.now()) {
  const day = days.format(at);
  return (day === days.format(now) ? '' : `${day} `) + times.format(at);
}

/** @param {{ readonly exchange: string, readonly symbol: string }} instrument */
export const nameOf = ({ exchange, symbol }) => `${exchange}:${symbol}`;

/** @param {number} number @param {string} one @param {string} [many] */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
