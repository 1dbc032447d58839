/**
 * Reads `[ {…}, {…}, … ]` piece by piece, so that a text of any length takes no more memory than its longest object.
 * Braces and brackets are found byte by byte; what an object holds is left to `JSON.parse`.
 */
import { ListFormatError, type ListReader, type ListRow } from './instrument-list.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** No other JSON than `null` begins with it. */
const LETTER_N = 0x6e;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const SHOWN_CHARACTERS = 60;

/** An instrument has some 250 bytes; a text without an end shall not fill the memory. */
const MAX_OBJECT_BYTES = 64 * 1024;

/** What may come next at the level of the array. */
const PLACE = { BEFORE: 0, FIRST: 1, OBJECT: 2, AFTER_OBJECT: 3, AFTER: 4 } as const;
type Place = (typeof PLACE)[keyof typeof PLACE];

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export class JsonListReader implements ListReader {
  readonly #onRow: (row: ListRow) => void;
  #place: Place = PLACE.BEFORE;
  /** The object that has begun and not ended: its bytes from earlier pieces. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  /** Bytes of the mark that have been seen at the very beginning. */
  #mark = 0;
  #rows = 0;

  constructor(onRow: (row: ListRow) => void) {
    this.#onRow = onRow;
  }

  push(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < piece.length) at = this.#depth > 0 ? this.#inObject(piece, at) : this.#between(piece, at);
  }

  end(): void {
    if (this.#place === PLACE.AFTER) {
      if (this.#rows === 0) throw new ListFormatError('empty', 'the list has no rows');
      return;
    }
    if (this.#place === PLACE.BEFORE) throw new ListFormatError('empty', 'there is no text');
    throw new ListFormatError('cut', `the text ends behind row ${this.#rows}, before the end of the list`);
  }

  /** Goes on behind one byte of the array's own level. @returns the place of the next byte */
  #between(piece: Buffer, at: number): number {
    const byte = piece[at]!;
    if (isBlank(byte)) return at + 1;
    switch (this.#place) {
      case PLACE.BEFORE:
        if (byte === BYTE_ORDER_MARK[this.#mark]) this.#mark++;
        else if (byte === OPEN_BRACKET) this.#place = PLACE.FIRST;
        else throw unexpectedBegin(piece, at);
        return at + 1;
      case PLACE.FIRST:
      case PLACE.OBJECT:
        if (byte === OPEN_BRACE) return this.#inObject(piece, at);
        if (byte === CLOSE_BRACKET && this.#place === PLACE.FIRST) this.#place = PLACE.AFTER;
        else throw this.#unexpected(piece, at, 'an object');
        return at + 1;
      case PLACE.AFTER_OBJECT:
        if (byte === COMMA) this.#place = PLACE.OBJECT;
        else if (byte === CLOSE_BRACKET) this.#place = PLACE.AFTER;
        else throw this.#unexpected(piece, at, 'a comma or the end of the list');
        return at + 1;
      default:
        throw this.#unexpected(piece, at, 'nothing more');
    }
  }

  /** Goes on to the end of the object, or of the piece. @returns the place behind it */
  #inObject(piece: Buffer, from: number): number {
    let at = from;
    let depth = this.#depth;
    let isInText = this.#isInText;
    let isEscaped = this.#isEscaped;
    for (; at < piece.length; at++) {
      const byte = piece[at]!;
      if (isInText) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInText = false;
      } else if (byte === QUOTE) isInText = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth--;
        if (depth === 0) break;
      }
    }
    this.#depth = depth;
    this.#isInText = isInText;
    this.#isEscaped = isEscaped;
    const isWhole = at < piece.length;
    const part = piece.subarray(from, isWhole ? at + 1 : at);
    this.#begunBytes += part.length;
    if (this.#begunBytes > MAX_OBJECT_BYTES) {
      throw new ListFormatError(
        'not-a-list',
        `row ${this.#rows + 1} is longer than ${MAX_OBJECT_BYTES} bytes`,
      );
    }
    if (isWhole) this.#take(part);
    // The caller may use the memory of the piece again.
    else this.#begun.push(Buffer.from(part));
    return isWhole ? at + 1 : at;
  }

  #take(last: Buffer): void {
    const bytes = this.#begun.length === 0 ? last : Buffer.concat([...this.#begun, last]);
    if (this.#begun.length > 0) this.#begun = [];
    this.#begunBytes = 0;
    this.#place = PLACE.AFTER_OBJECT;
    this.#rows++;
    this.#onRow(parseRow(bytes, this.#rows));
  }

  #unexpected(piece: Buffer, at: number, expected: string): ListFormatError {
    const message = `behind row ${this.#rows} stands ${shown(piece, at)}; expected ${expected}`;
    return new ListFormatError('not-a-list', message);
  }
}

function parseRow(bytes: Buffer, row: number): ListRow {
  try {
    return JSON.parse(bytes.toString('utf8')) as ListRow;
  } catch {
    throw new ListFormatError('not-a-list', `row ${row} is no JSON: ${shown(bytes, 0)}`);
  }
}

function unexpectedBegin(piece: Buffer, at: number): ListFormatError {
  return piece[at] === LETTER_N
    ? new ListFormatError('empty', 'it is null')
    : new ListFormatError('not-a-list', `it begins with ${shown(piece, at)} instead of [`);
}

function shown(piece: Buffer, at: number): string {
  return JSON.stringify(piece.toString('utf8', at, at + SHOWN_CHARACTERS));
}
