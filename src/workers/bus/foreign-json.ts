/**
 * Reads JSON that came over a socket, where every field may be missing or of another type. Nothing here throws: what does
 * not fit is undefined, or false.
 */
import type { InstrumentName } from '../worker-messages.ts';

export type ForeignObject = Readonly<Record<string, unknown>>;

/** Longest name of a broker, user, exchange or symbol. */
const MAX_NAME_LENGTH = 256;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The object that these bytes are the JSON text of. */
export function parseObject(bytes: Uint8Array): ForeignObject | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is ForeignObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** A text that names something, hence is neither empty nor of any length. */
export function isName(value: unknown): value is string {
  return isText(value) && value !== '' && value.length <= MAX_NAME_LENGTH;
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** A count, a time or an id: an integer from 0 that a double holds exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A list all of whose members `read` understands. @param read undefined for what it does not understand */
export function readList<T>(
  value: unknown,
  read: (member: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list: T[] = [];
  for (const member of value) {
    const understood = read(member);
    if (understood === undefined) return undefined;
    list.push(understood);
  }
  return list;
}

/** An instrument as `[exchange, symbol]`. */
export function readInstrumentPair(value: unknown): InstrumentName | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [exchange, symbol]: unknown[] = value;
  return isName(exchange) && isName(symbol) ? { exchange, symbol } : undefined;
}

export function writeInstrumentPair({ exchange, symbol }: InstrumentName): [string, string] {
  return [exchange, symbol];
}
