/**
 * The cursor over JSON in UTF-8. It takes what `JSON.parse` takes, to the letter, as long as that is not nested deeper and has
 * not more values than allowed: what it passes over is read by nobody else.
 */
import { isUtf8 } from 'node:buffer';
import { invalid, type Name, nameOf, type RequestCursor, tooDeep, tooMany } from './request-cursor.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const LIST = 0x5b;
const LIST_END = 0x5d;
const MAP = 0x7b;
const MAP_END = 0x7d;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const E = 0x65;
const U = 0x75;
const SPACE = 0x20;
/** Makes a small letter of a great one. */
const SMALL = 0x20;
const FIRST_NON_ASCII = 0x80;
/** Behind `\u`. */
const HEX_DIGITS = 4;
/** Every integer of so many digits is exact. */
const EXACT_DIGITS = 15;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const ESCAPED: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const LITERALS: ReadonlyMap<number, { readonly text: Buffer; readonly value: boolean | null }> = new Map(
  [true, false, null].map((value) => {
    const text = Buffer.from(String(value));
    return [text[0]!, { text, value }];
  }),
);

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHexDigit(byte: number): boolean {
  const small = byte | SMALL;
  return isDigit(byte) || (small >= 0x61 && small <= 0x66);
}

export class JsonCursor implements RequestCursor {
  at = 0;
  left = 0;
  readonly emptyList: Buffer = Buffer.from('[]');
  readonly #bytes: Buffer;
  /** What ends each list and map that was entered. */
  readonly #ends: number[] = [];
  /** One was entered just now. */
  #isFresh = false;
  /** Of the string that was passed last: where it lies, without its quotes, and what is in it. */
  #textFrom = 0;
  #textEnd = 0;
  #hasEscapes = false;
  #isAscii = true;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    if (BYTE_ORDER_MARK.equals(bytes.subarray(0, BYTE_ORDER_MARK.length))) this.at = BYTE_ORDER_MARK.length;
    this.#space();
  }

  enterMap(): boolean {
    return this.#enter(MAP, MAP_END);
  }

  enterList(): boolean {
    return this.#enter(LIST, LIST_END);
  }

  next(): boolean {
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    if (this.#hasNext(this.#ends.at(-1)!, isFresh)) return true;
    this.#ends.pop();
    return false;
  }

  key(): Name {
    this.#key();
    return this.#hasEscapes
      ? nameOf(Buffer.from(this.#text()))
      : nameOf(this.#bytes, this.#textFrom, this.#textEnd);
  }

  skip(levels: number): void {
    if (--this.left < 0) throw tooMany;
    const first = this.#byte();
    if (first === QUOTE) this.#string();
    else if (first === MAP || first === LIST) this.#skipAll(first, levels);
    else if (first === MINUS || isDigit(first)) this.#number();
    else this.#literal(first);
  }

  shallow(levels: number): unknown {
    const from = this.at;
    const first = this.#byte();
    this.skip(levels);
    if (first === QUOTE) return this.#text();
    if (first === MAP) return {};
    if (first === LIST) return [];
    const literal = LITERALS.get(first);
    return literal === undefined ? this.#numberFrom(from) : literal.value;
  }

  finish(): void {
    this.#space();
    if (this.at !== this.#bytes.length) throw invalid;
  }

  #byte(): number {
    const { at } = this;
    // A read beyond the end would be slow ever after.
    return at < this.#bytes.length ? this.#bytes[at]! : 0;
  }

  #space(): void {
    for (;;) {
      const byte = this.#byte();
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  #enter(first: number, end: number): boolean {
    if (this.#byte() !== first) return false;
    this.at++;
    this.#ends.push(end);
    this.#isFresh = true;
    return true;
  }

  /** To the next member or element, if there is one. @param isFirst of its list or map */
  #hasNext(end: number, isFirst: boolean): boolean {
    this.#space();
    const byte = this.#byte();
    if (byte === end) {
      this.at++;
      return false;
    }
    if (isFirst) return true;
    if (byte !== COMMA) throw invalid;
    this.at++;
    this.#space();
    return true;
  }

  #key(): void {
    if (this.#byte() !== QUOTE) throw invalid;
    this.#string();
    this.#space();
    if (this.#byte() !== COLON) throw invalid;
    this.at++;
    this.#space();
  }

  #skipAll(first: number, levels: number): void {
    if (levels === 0) throw tooDeep;
    this.at++;
    const isMap = first === MAP;
    const end = isMap ? MAP_END : LIST_END;
    for (let isFirst = true; this.#hasNext(end, isFirst); isFirst = false) {
      if (isMap) this.#key();
      this.skip(levels - 1);
    }
  }

  #string(): void {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = this.at + 1;
    let seen = 0;
    this.#textFrom = at;
    this.#hasEscapes = false;
    for (; ; at++) {
      const byte = at < length ? bytes[at]! : 0;
      if (byte === QUOTE) break;
      if (byte < SPACE) throw invalid;
      seen |= byte;
      if (byte === BACKSLASH) at = this.#escape(at + 1);
    }
    this.#isAscii = seen < FIRST_NON_ASCII;
    if (!this.#isAscii && !isUtf8(bytes.subarray(this.#textFrom, at))) throw invalid;
    this.#textEnd = at;
    this.at = at + 1;
  }

  /** @param at behind the backslash @returns where the escape has its last byte */
  #escape(at: number): number {
    this.#hasEscapes = true;
    const byte = this.#bytes[at] ?? 0;
    if (byte !== U) {
      if (!ESCAPED.has(byte)) throw invalid;
      return at;
    }
    for (let i = 1; i <= HEX_DIGITS; i++) if (!isHexDigit(this.#bytes[at + i] ?? 0)) throw invalid;
    return at + HEX_DIGITS;
  }

  #number(): void {
    if (this.#byte() === MINUS) this.at++;
    if (this.#byte() === ZERO) this.at++;
    else this.#digits();
    if (this.#byte() === DOT) {
      this.at++;
      this.#digits();
    }
    if ((this.#byte() | SMALL) !== E) return;
    this.at++;
    if (this.#byte() === PLUS || this.#byte() === MINUS) this.at++;
    this.#digits();
  }

  #digits(): void {
    if (!isDigit(this.#byte())) throw invalid;
    while (isDigit(this.#byte())) this.at++;
  }

  #literal(first: number): void {
    const text = LITERALS.get(first)?.text;
    if (text === undefined || !text.equals(this.#bytes.subarray(this.at, this.at + text.length)))
      throw invalid;
    this.at += text.length;
  }

  /** The string that was passed last. */
  #text(): string {
    const [from, end] = [this.#textFrom, this.#textEnd];
    if (this.#hasEscapes) return JSON.parse(this.#bytes.toString('utf8', from - 1, end + 1)) as string;
    return this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', from, end);
  }

  /** The number that was passed last. */
  #numberFrom(from: number): number {
    let value = 0;
    for (let at = from; at < this.at; at++) {
      const byte = this.#bytes[at]!;
      if (!isDigit(byte) || at - from >= EXACT_DIGITS)
        return Number(this.#bytes.toString('latin1', from, this.at));
      value = value * 10 + byte - ZERO;
    }
    return value;
  }
}
