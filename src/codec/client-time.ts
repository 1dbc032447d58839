/**
 * The receive time as clients read it: ms since 1970 in the deployed messages, ISO 8601 in UTC with milliseconds
 * (`2025-04-16T10:30:45.123Z`) in those of the published design.
 */
import { writeAscii } from './digit-writer.ts';
import { WORD } from './tick-message.ts';

/** Characters of every such time between the years 0 and 9999. */
export const ISO_TIME_LENGTH = 24;

const MS_PER_DAY = 86_400_000;
const ZERO = 48;
const COLON = 58;

let cachedDay = Number.NaN;
let cachedDate = '';

/**
 * The whole ms of an int64 of ns, rounded down. 2^32 ns are 4294 ms and 967296 ns, so that every intermediate value stays
 * below 2^53. Any thread; neither allocates nor throws.
 */
export function wholeMs(low: number, high: number): number {
  return high * 4294 + Math.floor((high * 967_296 + (low >>> 0)) / 1e6);
}

/** The message's receive time in whole ms since 1970. Any thread; neither allocates nor throws. */
export function receiveTimeMs(words: Int32Array): number {
  return wholeMs(words[WORD.RECEIVE_TIME_NS]!, words[WORD.RECEIVE_TIME_NS + 1]!);
}

function writeTwo(view: DataView, at: number, n: number): void {
  const tens = (n / 10) | 0;
  view.setUint8(at, ZERO + tens);
  view.setUint8(at + 1, ZERO + n - tens * 10);
}

/**
 * Writes ms since 1970 as ISO 8601. Any thread; does not throw, and allocates only when the day is another than last
 * time. @returns the end
 */
export function writeIsoTime(view: DataView, at: number, ms: number): number {
  const day = Math.floor(ms / MS_PER_DAY);
  if (day !== cachedDay) {
    cachedDay = day;
    cachedDate = new Date(day * MS_PER_DAY).toISOString().slice(0, 11);
  }
  const time = ms - day * MS_PER_DAY;
  const seconds = (time / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  const millis = time - seconds * 1000;
  const hundreds = (millis / 100) | 0;
  const place = writeAscii(view, at, cachedDate);
  writeTwo(view, place, hours);
  view.setUint8(place + 2, COLON);
  writeTwo(view, place + 3, minutes - hours * 60);
  view.setUint8(place + 5, COLON);
  writeTwo(view, place + 6, seconds - minutes * 60);
  view.setUint8(place + 8, 46);
  view.setUint8(place + 9, ZERO + hundreds);
  writeTwo(view, place + 10, millis - hundreds * 100);
  view.setUint8(place + 12, 90);
  return at + ISO_TIME_LENGTH;
}
