/**
 * Control messages to clients: their shapes, and their bytes in both framings. JSON comes out as the deployed server
 * writes it (Python's json.dumps: blanks after comma and colon, everything beyond ASCII escaped), because one client
 * reads it by text search.
 */
import { pack } from 'msgpackr';

/** A value that both framings can carry. `undefined` members are left out; in a list, where JSON has nothing like it, it is null. */
export type Json =
  | string
  | number
  /** An integer beyond 2^53, which only msgpack requests bring. */
  | bigint
  | boolean
  | null
  | readonly (Json | undefined)[]
  | { readonly [key: string]: Json | undefined };

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

/** Python's spelling of a string: ASCII only. */
export function pythonString(text: string): string {
  // Names and codes are plain, and an answer for thousands of instruments has many.
  if (!SPECIAL.test(text)) return `"${text}"`;
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON text with Python's spacing. */
export function toPythonJson(value: Json | undefined): string {
  if (value === undefined) return 'null';
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${pythonString(key)}: ${toPythonJson(member)}`);
  }
  return `{${members.join(', ')}}`;
}

/** The same message as msgpack. */
export function toMsgpack(message: ServerMessage): Uint8Array {
  const present = Object.entries(message).filter(([, member]) => member !== undefined);
  return pack(Object.fromEntries(present));
}
