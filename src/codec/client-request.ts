/**
 * Requests of clients: bytes to a request, or to the error answer that the deployed server would give. JSON (as text, or
 * as binary holding UTF-8) and msgpack are told apart by the first byte, whatever the framing of the answers.
 */
import { Unpackr } from 'msgpackr';
import type { Dialect } from './dialect.ts';
import { checkNesting } from './msgpack-cursor.ts';
import { MAX_NESTING, NESTED_TOO_DEEP, requestFault } from './request-bounds.ts';
import { tooDeep } from './request-cursor.ts';
import { MODE, MODE_NAMES, type Mode } from './tick.ts';

/** How many symbols were named, in a request that does not hold all of them. */
export const SYMBOL_COUNT = Symbol('symbol count');

/** A request as the client sent it; nothing in it has been checked. */
export type RawRequest = Readonly<Record<string, unknown>> & { readonly [SYMBOL_COUNT]?: number };

export type ParsedRequest =
  | { readonly ok: true; readonly action: string; readonly request: RawRequest }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** First bytes of a msgpack map or array; none of them can start JSON. */
export function startsMsgpack(first: number): boolean {
  return (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf);
}

const decoder = new TextDecoder('utf-8', { fatal: true });
/**
 * Other languages pack a time in ms as int64; a bigint could not be echoed as JSON. Beyond 2^53 as inexact as JSON.
 * No pointers to values that were read before, as only this library writes them, where it is told to: who walks over a few
 * hundred bytes of pointers to lists of pointers would never come to an end. And copies: a binary id is echoed when the bytes
 * of its message have been taken back.
 */
const unpackr = new Unpackr({
  useRecords: false,
  int64AsType: 'number',
  structuredClone: false,
  copyBuffers: true,
});

/** @throws whatever the library says of bytes that are neither; tooDeep */
function decode(bytes: Uint8Array): unknown {
  if (!startsMsgpack(bytes[0] ?? 0)) return JSON.parse(decoder.decode(bytes));
  checkNesting(bytes, MAX_NESTING);
  return unpackr.unpack(bytes);
}

/** What Python calls the type of a value, for the messages that the deployed server makes of it. */
function pythonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    default:
      return 'dict';
  }
}

function pythonTextOf(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    // A msgpack extension without a JSON form.
    return pythonTypeOf(value);
  }
}

/** Whether Python would take a value as true: the deployed server takes `type` when `action` is not. */
function isTruthy(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== '';
}

/** @param fault empty where the bytes are none of our forms */
export function invalidJson(fault: string): ParsedRequest {
  const message = fault === '' ? 'Invalid JSON message' : `Invalid JSON message: ${fault}`;
  return { ok: false, code: 'INVALID_JSON', message };
}

/** Reads one message of a client in one go; a long one is for `LongRequest`. Never throws. */
export function parseRequest(bytes: Uint8Array): ParsedRequest {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    return invalidJson(error === tooDeep ? NESTED_TOO_DEEP : '');
  }
  const fault = requestFault(value);
  if (fault !== null) return invalidJson(fault);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const type = pythonTypeOf(value);
    return { ok: false, code: 'SERVER_ERROR', message: `'${type}' object has no attribute 'get'` };
  }
  const request = value as RawRequest;
  const action = isTruthy(request.action) ? request.action : request.type;
  return { ok: true, action: typeof action === 'string' ? action : pythonTextOf(action), request };
}

export type ParsedMode =
  | { readonly ok: true; readonly mode: Mode; readonly name: string }
  | { readonly ok: false; readonly message: string };

/** Modes by the names and numbers of a dialect. The design has no mode 3: its depth is 4. */
const MODES: { readonly [dialect in Dialect]: { readonly depth: Mode; readonly expected: string } } = {
  openalgo: { depth: MODE.DEPTH, expected: '1 (LTP), 2 (Quote), or 3 (Depth)' },
  design: { depth: MODE.DEEP_DEPTH, expected: '1 (LTP), 2 (Quote), or 4 (Depth)' },
};

/**
 * The mode of a request, as a number or as a name in any case. 2.0 and 2 are the same number after JSON.parse. Mode 4 is
 * the design's depth, and may be asked for in the deployed dialect too, where no client in use sends it.
 */
export function parseMode(value: unknown, dialect: Dialect): ParsedMode {
  const { depth, expected } = MODES[dialect];
  if (typeof value === 'string') {
    const name = value.trim().toLowerCase();
    const mode = name === 'ltp' ? MODE.LTP : name === 'quote' ? MODE.QUOTE : name === 'depth' ? depth : null;
    if (mode !== null) return { ok: true, mode, name: MODE_NAMES[mode] };
    return {
      ok: false,
      message: `Invalid mode '${value}'; expected 'LTP', 'Quote', or 'Depth' (case-insensitive)`,
    };
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return {
      ok: false,
      message: `Mode must be int or str, got ${pythonTypeOf(value)} (${pythonTextOf(value)})`,
    };
  }
  const mode = Object.values(MODE).find((known) => known === value);
  if (mode === undefined || (mode === MODE.DEPTH && depth !== MODE.DEPTH)) {
    return { ok: false, message: `Invalid mode ${value}; expected ${expected}` };
  }
  return { ok: true, mode, name: MODE_NAMES[mode] };
}

/** How many symbols a request names in a list. */
export function countSymbols({ symbols, [SYMBOL_COUNT]: count }: RawRequest): number {
  return count ?? (Array.isArray(symbols) ? symbols.length : 0);
}

/** One entry of a subscribe or unsubscribe request. */
export interface RequestedSymbol {
  readonly symbol: string;
  readonly exchange: string;
  /** Mode of the entry alone; only unsubscribe looks at it. */
  readonly mode: unknown;
}

export type ParsedSymbols =
  | { readonly ok: true; readonly batch: boolean; readonly symbols: readonly RequestedSymbol[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * The symbols of a request: the `symbols` array when it is not empty, else the single form. Entries without symbol or
 * exchange are skipped; an entry that is no object is the deployed server's SERVER_ERROR.
 */
export function parseSymbols(request: RawRequest, emptyMessage: string): ParsedSymbols {
  const list = request.symbols;
  if (Array.isArray(list) && list.length > 0) {
    const symbols: RequestedSymbol[] = [];
    for (const entry of list as unknown[]) {
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
        const type = pythonTypeOf(entry);
        return { ok: false, code: 'SERVER_ERROR', message: `'${type}' object has no attribute 'get'` };
      }
      const { symbol, exchange, mode } = entry as Record<string, unknown>;
      if (typeof symbol === 'string' && typeof exchange === 'string' && symbol !== '' && exchange !== '') {
        symbols.push({ symbol, exchange, mode });
      }
    }
    return { ok: true, batch: true, symbols };
  }
  const { symbol, exchange } = request;
  if (typeof symbol === 'string' && typeof exchange === 'string' && symbol !== '' && exchange !== '') {
    return { ok: true, batch: false, symbols: [{ symbol, exchange, mode: request.mode }] };
  }
  return { ok: false, code: 'INVALID_PARAMETERS', message: emptyMessage };
}
