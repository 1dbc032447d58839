/**
 * Control messages to clients: their shapes, and their bytes in both framings. JSON comes out as the deployed server
 * writes it (Python's json.dumps: blanks after comma and colon, everything beyond ASCII escaped), because one client
 * reads it by text search.
 */
import { Packr } from 'msgpackr';

/** Absent members are left out at every depth, as in JSON: written, they are of an extension type that few libraries know. */
const PACKING = { useRecords: false, skipValues: [undefined] };
const packr = new Packr(PACKING);
const pack = (value: unknown) => packr.pack(value);

/** A value that both framings can carry. `undefined` members are left out; in a list, where JSON has nothing like it, it is null. */
export type Json =
  | string
  | number
  /** An integer beyond 2^53, which only msgpack requests bring. */
  | bigint
  | boolean
  | null
  | readonly (Json | undefined)[]
  | WrittenList
  | { readonly [key: string]: Json | undefined };

export type JsonList = readonly Json[] | WrittenList;

export type ServerMessage = { readonly [key: string]: Json | undefined };

/** Error answer of the deployed dialect: exactly these keys, in this order, and no `type`. */
export function errorMessage(code: string, message: string): ServerMessage {
  return { status: 'error', code, message };
}

/** Error answer of the published design: typed, and it names what was asked for. */
export function designError(code: string, message: string, context: ServerMessage = {}): ServerMessage {
  return { type: 'error', code, message, ...context };
}

/** What has another spelling within quotes. */
const SPECIAL = /[^ !#-[\]-~]/;
/** What JSON may hold as it is, and Python's does not. */
const BEYOND_ASCII = /[\u007f-\uffff]/;
const LAST_PLAIN = 0x7e;
/** Bytes of such a character, which is `\uXXXX` then. */
const ESCAPE_BYTES = 6;
const ESCAPE_START = Buffer.from('\\u');
const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** Python's spelling of a string: ASCII only. */
export function pythonString(text: string): string {
  // Names and codes are plain, and an answer for thousands of instruments has many.
  if (!SPECIAL.test(text)) return `"${text}"`;
  const quoted = JSON.stringify(text);
  return BEYOND_ASCII.test(quoted) ? escapeBeyondAscii(quoted) : quoted;
}

/** Byte by byte: an echo of 1 MiB took 50 ms when each character was replaced, and takes 4. */
function escapeBeyondAscii(text: string): string {
  const bytes = Buffer.allocUnsafe(text.length * ESCAPE_BYTES);
  let end = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= LAST_PLAIN) {
      bytes[end++] = code;
      continue;
    }
    bytes[end++] = ESCAPE_START[0]!;
    bytes[end++] = ESCAPE_START[1]!;
    for (let shift = 12; shift >= 0; shift -= 4) bytes[end++] = HEX_DIGITS[(code >> shift) & 0xf]!;
  }
  return bytes.toString('latin1', 0, end);
}

/** JSON text with Python's spacing. */
export function toPythonJson(value: Json | undefined): string {
  if (value === undefined) return 'null';
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (value instanceof WrittenList) return value.bytes().toString('latin1');
  let text = '{';
  let before = '';
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    text += `${before}${pythonString(key)}: ${toPythonJson(member)}`;
    before = ', ';
  }
  return `${text}}`;
}

/** The message as JSON text, in bytes where some of it is written already. */
export function toJsonMessage(message: ServerMessage): string | Uint8Array {
  const present = Object.entries(message).filter(([, member]) => member !== undefined);
  if (!present.some(([, member]) => member instanceof WrittenList)) return toPythonJson(message);
  const pieces = present.flatMap(([key, member], i) => [
    Buffer.from(`${i === 0 ? '{' : ', '}${pythonString(key)}: `, 'latin1'),
    member instanceof WrittenList ? member.bytes() : Buffer.from(toPythonJson(member), 'latin1'),
  ]);
  return Buffer.concat([...pieces, Buffer.from('}', 'latin1')]);
}

/** The same message as msgpack. */
export function toMsgpack(message: ServerMessage): Uint8Array {
  const present = Object.entries(message).filter(([, member]) => member !== undefined);
  if (!present.some(([, member]) => member instanceof WrittenList)) return pack(Object.fromEntries(present));
  const members = present.flatMap(([key, member]) => [
    pack(key),
    member instanceof WrittenList ? member.bytes() : pack(member),
  ]);
  return Buffer.concat([lengthHead(MAP16, present.length), ...members]);
}

const MAP16 = 0xde;
const ARRAY16 = 0xdc;
/** An array of more than 2^16 - 1 members has the next code and a length of four bytes. */
const MAX_LENGTH16 = 0xffff;

function lengthHead(code: number, length: number): Uint8Array {
  if (length <= MAX_LENGTH16) return Uint8Array.of(code, length >> 8, length & 0xff);
  const head = Buffer.alloc(5);
  head[0] = code + 1;
  head.writeUInt32BE(length, 1);
  return head;
}

/**
 * A list that is written piece by piece: one of thousands of members in one go would keep ticks waiting. A member of a
 * message itself, not of what a message holds.
 */
export class WrittenList {
  length = 0;
  readonly #isMsgpack: boolean;
  readonly #pieces: Uint8Array[] = [];

  constructor(framing: 'json' | 'msgpack') {
    this.#isMsgpack = framing === 'msgpack';
  }

  add(members: readonly Json[]): void {
    if (members.length === 0) return;
    this.#pieces.push(
      this.#isMsgpack ? Buffer.concat(members.map((each) => pack(each))) : this.#text(members),
    );
    this.length += members.length;
  }

  /** In the framing. */
  bytes(): Buffer {
    if (this.#isMsgpack) return Buffer.concat([lengthHead(ARRAY16, this.length), ...this.#pieces]);
    return Buffer.concat([Buffer.from('['), ...this.#pieces, Buffer.from(']')]);
  }

  /** All of it is ASCII. */
  #text(members: readonly Json[]): Uint8Array {
    const before = this.length === 0 ? '' : ', ';
    return Buffer.from(`${before}${members.map(toPythonJson).join(', ')}`, 'latin1');
  }
}
