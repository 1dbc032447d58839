/** Payloads of recordings that are JSON: whose feed it is, what it was asked to carry, what is missing. */
import { MODE, type Mode } from '../tick.ts';

/** An instrument as the feed knew it. */
export interface RecordedInstrument {
  /** OpenAlgo's names. */
  readonly exchange: string;
  readonly symbol: string;
  /** The broker's address of it. */
  readonly segment: number;
  readonly token: string;
}

export interface RecordedWish extends RecordedInstrument {
  readonly mode: Mode;
}

export interface RecordedWishes {
  readonly action: 'subscribe' | 'unsubscribe';
  readonly wishes: readonly RecordedWish[];
}

export interface RecordedLoss {
  readonly messages: number;
  readonly bytes: number;
}

type Fields = Readonly<Record<string, unknown>>;

function parseFields(payload: Uint8Array): Fields | null {
  try {
    return fieldsOf(JSON.parse(new TextDecoder().decode(payload)));
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function isMode(value: unknown): value is Mode {
  return Object.values<unknown>(MODE).includes(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The broker of a feed, or null where the payload does not say it. */
export function parseRecordedBroker(payload: Uint8Array): string | null {
  const broker = parseFields(payload)?.broker;
  return typeof broker === 'string' && broker !== '' ? broker : null;
}

/** What was wished, without entries that cannot be understood; null where nothing can. */
export function parseRecordedWishes(payload: Uint8Array): RecordedWishes | null {
  const fields = parseFields(payload);
  if (fields === null) return null;
  const { action, wishes } = fields;
  if ((action !== 'subscribe' && action !== 'unsubscribe') || !Array.isArray(wishes)) return null;
  return { action, wishes: wishes.flatMap((wish) => parseWish(wish)) };
}

function parseWish(value: unknown): RecordedWish[] {
  const { exchange, symbol, segment, token, mode } = fieldsOf(value) ?? {};
  if (typeof exchange !== 'string' || typeof symbol !== 'string' || typeof token !== 'string') return [];
  if (!isCount(segment) || !isMode(mode)) return [];
  return [{ exchange, symbol, segment, token, mode }];
}

export function parseRecordedLoss(payload: Uint8Array): RecordedLoss | null {
  const { messages, bytes } = parseFields(payload) ?? {};
  return isCount(messages) && isCount(bytes) ? { messages, bytes } : null;
}
