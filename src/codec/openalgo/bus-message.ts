/**
 * What arrives on OpenAlgo's own ZeroMQ bus: two frames, a topic and a JSON object. The kinds are told apart by topic, in
 * this order, which is the deployed proxy's: invalidations, orders, positions and margins, market data. Any thread;
 * nothing here throws.
 */
import { MODE, type Mode } from '../tick.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface BusTopic {
  readonly exchange: string;
  readonly symbol: string;
  readonly mode: Mode;
}

export type BusMessage =
  | { readonly kind: 'tick'; readonly topic: BusTopic; readonly data: JsonObject }
  /** To be passed on as it came to the clients of `userId` that subscribed to orders. */
  | { readonly kind: 'order'; readonly userId: string; readonly text: string }
  /** A login, a logout or a new session of `userId`; empty when the payload does not say whose. */
  | { readonly kind: 'invalidation'; readonly userId: string }
  /** Known, and of no concern to us. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'garbage' };

const GARBAGE: BusMessage = { kind: 'garbage' };

const INVALIDATION_PREFIX = 'CACHE_INVALIDATE';
const ORDER_SUFFIX = '_orders';
const IGNORED_SUFFIXES: readonly string[] = ['_positions', '_margins'];

const MODES: ReadonlyMap<string, Mode> = new Map([
  ['LTP', MODE.LTP],
  ['QUOTE', MODE.QUOTE],
  ['DEPTH', MODE.DEPTH],
]);
/** Exchanges of two words, whose second one is no part of the symbol. The deployed proxy knows no others. */
const TWO_WORD_EXCHANGES: ReadonlySet<string> = new Set([
  'NSE_INDEX',
  'BSE_INDEX',
  'MCX_INDEX',
  'GLOBAL_INDEX',
]);

const decoder = new TextDecoder('utf-8', { fatal: true });

/** What a market-data topic (`EXCHANGE_SYMBOL_MODE`) names, or null. The symbol may contain underscores. */
export function parseBusTopic(topic: string): BusTopic | null {
  const parts = topic.split('_');
  const mode = MODES.get(parts.at(-1)!.toUpperCase());
  if (parts.length < 3 || mode === undefined) return null;
  const twoWords = `${parts[0]}_${parts[1]}`;
  const exchange = TWO_WORD_EXCHANGES.has(twoWords) ? twoWords : parts[0]!;
  const symbol = topic.slice(exchange.length + 1, topic.lastIndexOf('_'));
  return exchange === '' || symbol === '' ? null : { exchange, symbol, mode };
}

/** Python writes numbers that JSON does not have. They become null; text in quotes stays. */
function withoutPythonNumbers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (part) =>
    part.startsWith('"') ? part : 'null',
  );
}

/** A JSON object and its text, or null. */
function parseObject(text: string): { readonly data: JsonObject; readonly text: string } | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { data: value as JsonObject, text } : null;
  } catch {
    const corrected = withoutPythonNumbers(text);
    return corrected === text ? null : parseObject(corrected);
  }
}

function decode(frame: Uint8Array): string | null {
  try {
    return decoder.decode(frame);
  } catch {
    return null;
  }
}

/** @param frames the frames of one message */
export function parseBusMessage(frames: readonly Uint8Array[]): BusMessage {
  if (frames.length !== 2) return GARBAGE;
  const topic = decode(frames[0]!);
  const payload = decode(frames[1]!);
  if (topic === null || payload === null) return GARBAGE;
  const parsed = parseObject(payload);
  if (topic.startsWith(INVALIDATION_PREFIX)) {
    // A hint even when its payload is not understood: to look at every session once too often costs nothing.
    const userId = parsed?.data.user_id;
    return { kind: 'invalidation', userId: typeof userId === 'string' ? userId : '' };
  }
  if (IGNORED_SUFFIXES.some((suffix) => topic.endsWith(suffix))) return { kind: 'ignored' };
  if (parsed === null) return GARBAGE;
  if (topic.endsWith(ORDER_SUFFIX)) {
    // The topic cannot tell whose: user names may contain underscores.
    const userId = parsed.data.user_id;
    return typeof userId === 'string' ? { kind: 'order', userId, text: parsed.text } : GARBAGE;
  }
  const named = parseBusTopic(topic);
  return named === null ? GARBAGE : { kind: 'tick', topic: named, data: parsed.data };
}
