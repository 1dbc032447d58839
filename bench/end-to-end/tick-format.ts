/**
 * How a measuring client finds the one number that it wants in a message: by the bytes of its key, or at its place. A
 * parser would be most of what is measured.
 */
import { FRAME_BYTES, OFFSET } from '../../src/codec/angel/frame-layout.ts';
import { timeOfStamp } from './price-stamp.ts';

/** What a client receives: the two framings of the protocol, or the broker's own frames without anything between. */
export type TickForm = 'json' | 'msgpack' | 'wire';

export type StreamMode = 'ltp' | 'quote' | 'depth';

/** No tick: an answer, or anything else that carries no intended time. */
export const NO_TICK = -1;

/**
 * The intended time of a tick, µs, or NO_TICK, of the message between two places of a buffer that was read at `nowUs`.
 * Neither allocates nor throws.
 */
export type FindIntended = (buffer: Buffer, from: number, to: number, nowUs: number) => number;

const ZERO = 48;
const SPACE = 32;
const POINT = 46;
const PAISE = 100;

const isDigit = (byte: number) => byte >= ZERO && byte <= ZERO + 9;

/** The digits from a place on. */
function readInteger(buffer: Buffer, at: number): number {
  let value = 0;
  for (let place = at; isDigit(buffer[place]!); place++) value = value * 10 + buffer[place]! - ZERO;
  return value;
}

/** Rupees with one or two decimals, as paise. */
function readPaise(buffer: Buffer, at: number): number {
  let point = at;
  while (buffer[point]! !== POINT) point++;
  const second = buffer[point + 2]!;
  const cents = (buffer[point + 1]! - ZERO) * 10 + (isDigit(second) ? second - ZERO : 0);
  return readInteger(buffer, at) * PAISE + cents;
}

function readWireInteger(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
}

/** @param read the number behind the key; what stands there must begin with a digit if `isText` */
function behindKey(
  key: Buffer,
  isText: boolean,
  read: (buffer: Buffer, at: number, nowUs: number) => number,
): FindIntended {
  return (buffer, from, to, nowUs) => {
    const found = buffer.indexOf(key, from);
    if (found < 0 || found >= to) return NO_TICK;
    const behind = found + key.length;
    // Some servers put a space behind the colon.
    const at = isText && buffer[behind] === SPACE ? behind + 1 : behind;
    // An answer may have a key of that name too, with another kind of value.
    return isText && !isDigit(buffer[at]!) ? NO_TICK : read(buffer, at, nowUs);
  };
}

function wireFrame(offset: number, read: (value: number, nowUs: number) => number): FindIntended {
  return (buffer, from, to, nowUs) =>
    to - from === FRAME_BYTES[buffer[from]!] ? read(readWireInteger(buffer, from + offset), nowUs) : NO_TICK;
}

/** Quote and depth carry it as volume, LTP in the price. */
export function intendedTimeFinder(form: TickForm, mode: StreamMode): FindIntended {
  const isLtp = mode === 'ltp';
  if (form === 'wire') {
    return isLtp ? wireFrame(OFFSET.LAST_TRADED_PRICE, timeOfStamp) : wireFrame(OFFSET.VOLUME, (us) => us);
  }
  if (form === 'json') {
    return isLtp
      ? behindKey(Buffer.from('"ltp":'), true, (buffer, at, nowUs) =>
          timeOfStamp(readPaise(buffer, at), nowUs),
        )
      : behindKey(Buffer.from('"volume":'), true, readInteger);
  }
  // The key, and the first byte of a float64.
  return isLtp
    ? behindKey(Buffer.from('\xa3ltp\xcb', 'latin1'), false, (buffer, at, nowUs) =>
        timeOfStamp(Math.round(buffer.readDoubleBE(at) * PAISE), nowUs),
      )
    : behindKey(Buffer.from('\xa6volume\xcb', 'latin1'), false, (buffer, at) => buffer.readDoubleBE(at));
}
