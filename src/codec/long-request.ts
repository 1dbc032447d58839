/**
 * Reads a long request in steps, so that none keeps a thread: a message of 1 MiB can hold what takes `JSON.parse` or msgpackr
 * 0.1 s. The one part of a request that grows long is its list of symbols. Of that, what is looked at is taken out while the
 * message is walked over; what is left is read like any short request, with an empty list. How many values that may hold is
 * bounded, and not their bytes: a long string costs little. Of entries only what `parseSymbols` reads is built, and nothing
 * of those beyond the number that is ever served.
 */
import {
  invalidJson,
  type ParsedRequest,
  parseRequest,
  type RawRequest,
  SYMBOL_COUNT,
  startsMsgpack,
} from './client-request.ts';
import { JsonCursor } from './json-cursor.ts';
import { MsgpackCursor } from './msgpack-cursor.ts';
import { MAX_NESTING, NESTED_TOO_DEEP } from './request-bounds.ts';
import { type RequestCursor, tooDeep, tooMany } from './request-cursor.ts';

/** A message of no more bytes is read in one go: whatever it holds, that takes less than 0.5 ms. */
export const LONG_BYTES = 4096;
/** So much of a list is walked over in a step, in 0.1 ms or less. */
export const STEP_BYTES = 8 * 1024;
/** Values of a request beside its symbols, and of an entry of those. Real clients send less than twenty, and four. */
export const MAX_VALUES = 256;
export const MAX_ENTRY_VALUES = 64;
/** Of lists and maps within the message, within its list of symbols, and within an entry of that. */
const MEMBER_LEVELS = MAX_NESTING - 1;
const LIST_LEVELS = MAX_NESTING - 2;
const ENTRY_LEVELS = MAX_NESTING - 3;

export class LongRequest {
  readonly #bytes: Buffer;
  readonly #cursor: RequestCursor;
  readonly #maxSymbols: number;
  readonly #steps: Generator<undefined, ParsedRequest>;
  /** Of the last list of that name, as with any object of JavaScript. */
  #symbols: unknown[] = [];
  #count = 0;
  #isInEntry = false;
  /** Where the step began: not with each list of that name, of which there may be many. */
  #stepFrom = 0;

  /**
   * @param bytes must stay as they are until the request has been read
   * @param maxSymbols of those behind it the request has only the number. 0: no limit
   */
  constructor(bytes: Uint8Array, maxSymbols: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const isMsgpack = startsMsgpack(this.#bytes[0] ?? 0);
    this.#cursor = isMsgpack ? new MsgpackCursor(this.#bytes) : new JsonCursor(this.#bytes);
    this.#maxSymbols = maxSymbols === 0 ? Number.POSITIVE_INFINITY : maxSymbols;
    this.#steps = this.#read();
  }

  /**
   * Reads on for a step. Never throws.
   * @returns the request, or why it is refused; null when there is more to read
   */
  step(): ParsedRequest | null {
    try {
      const { done, value } = this.#steps.next();
      return done ? value : null;
    } catch (fault) {
      return invalidJson(this.#textOf(fault));
    }
  }

  #textOf(fault: unknown): string {
    if (fault === tooDeep) return NESTED_TOO_DEEP;
    if (fault !== tooMany) return '';
    return this.#isInEntry
      ? `one of its symbols has more than ${MAX_ENTRY_VALUES} values`
      : `it has more than ${MAX_VALUES} values beside its symbols`;
  }

  /** @throws faults of `request-cursor.ts` */
  *#read(): Generator<undefined, ParsedRequest> {
    const cursor = this.#cursor;
    const rest: Buffer[] = [];
    /** Bytes that are part of the rest already, or symbols. */
    let done = 0;
    cursor.left = MAX_VALUES;
    if (!cursor.enterMap()) cursor.skip(MAX_NESTING);
    else {
      while (cursor.next()) {
        const isSymbols = cursor.key() === 'symbols';
        const { at, left } = cursor;
        if (!isSymbols || !cursor.enterList()) {
          cursor.skip(MEMBER_LEVELS);
          continue;
        }
        if (left === 0) throw tooMany;
        rest.push(this.#bytes.subarray(done, at), cursor.emptyList);
        yield* this.#readSymbols();
        cursor.left = left - 1;
        done = cursor.at;
      }
    }
    cursor.finish();
    rest.push(this.#bytes.subarray(done));
    if (cursor.at > STEP_BYTES) yield;
    const parsed = parseRequest(done === 0 ? this.#bytes : Buffer.concat(rest));
    // The last value of that name may be no list.
    if (!parsed.ok || !Array.isArray(parsed.request.symbols)) return parsed;
    const request: RawRequest = { ...parsed.request, symbols: this.#symbols, [SYMBOL_COUNT]: this.#count };
    return { ...parsed, request };
  }

  *#readSymbols(): Generator<undefined> {
    const cursor = this.#cursor;
    const symbols: unknown[] = [];
    this.#symbols = symbols;
    this.#count = 0;
    while (cursor.next()) {
      cursor.left = MAX_ENTRY_VALUES;
      this.#isInEntry = true;
      if (++this.#count <= this.#maxSymbols) symbols.push(readEntry(cursor));
      else cursor.skip(LIST_LEVELS);
      this.#isInEntry = false;
      if (cursor.at - this.#stepFrom < STEP_BYTES) continue;
      yield;
      this.#stepFrom = cursor.at;
    }
  }
}

/** What `parseSymbols` reads of an entry. One that is no object is refused by what it is. */
function readEntry(cursor: RequestCursor): unknown {
  if (!cursor.enterMap()) return cursor.shallow(LIST_LEVELS);
  const entry: { symbol?: unknown; exchange?: unknown; mode?: unknown } = {
    symbol: undefined,
    exchange: undefined,
    mode: undefined,
  };
  while (cursor.next()) {
    const name = cursor.key();
    if (name === '' || name === 'symbols') cursor.skip(ENTRY_LEVELS);
    else entry[name] = cursor.shallow(ENTRY_LEVELS);
  }
  return entry;
}
