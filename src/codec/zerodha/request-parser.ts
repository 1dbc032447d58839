/** The exchange's side of the ticker's requests: what the simulated exchange reads, and what it answers. */
import type { WireRequest, WireToken } from '../exchange-wire.ts';
import { MODE } from '../tick.ts';
import { MAX_TOKEN } from './frame-layout.ts';
import { KITE_MODES, type KiteMode } from './request-encoder.ts';
import { segmentOf } from './token.ts';

const FAULT: WireRequest = { kind: 'fault', answer: null };
/** The mode of what is subscribed without one. */
const FIRST_MODE = MODE.QUOTE;

/** An error message as the server sends it: it names no request. */
function formatServerError(message: string): string {
  return JSON.stringify({ type: 'error', data: message });
}

/** Reads a request. The live server says nothing to one that makes no sense; tokens in quotes are passed over. */
export function parseRequest(text: string, maxTokens: number): WireRequest {
  const { a: action, v: value } = parseObject(text);
  if (!Array.isArray(value)) return FAULT;
  if (action === 'mode') {
    const mode = readMode(value[0]);
    const tokens: unknown = value[1];
    if (mode === null || !Array.isArray(tokens)) return FAULT;
    return { kind: 'mode', mode, tokens: readTokens(tokens) };
  }
  if (action !== 'subscribe' && action !== 'unsubscribe') return FAULT;
  return {
    kind: action,
    mode: FIRST_MODE,
    tokens: readTokens(value),
    limitAnswer: formatServerError(`Can't subscribe to more than ${maxTokens} instruments.`),
  };
}

function parseObject(text: string): { readonly a?: unknown; readonly v?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function readMode(name: unknown): KiteMode | null {
  for (const mode of [MODE.LTP, MODE.QUOTE, MODE.DEPTH] as const) {
    if (KITE_MODES[mode] === name) return mode;
  }
  return null;
}

function readTokens(list: readonly unknown[]): WireToken[] {
  return list.flatMap((token) => {
    if (typeof token !== 'number' || !Number.isInteger(token) || token < 0 || token > MAX_TOKEN) return [];
    return [{ exchangeType: segmentOf(token), token: String(token) }];
  });
}
