/** The exchange's side of SmartStream's requests: what the simulated exchange reads, and what it answers. */
import type { WireToken } from '../exchange-wire.ts';
import type { AngelMode } from './frame-encoder.ts';
import { ANGEL_MODE, EXCHANGE_TYPE, TOKEN_BYTES } from './frame-layout.ts';

const EXCHANGE_TYPES: ReadonlySet<unknown> = new Set(Object.values(EXCHANGE_TYPE));

export interface SubscriptionRequest {
  readonly correlationId: string;
  readonly action: 'subscribe' | 'unsubscribe';
  readonly mode: AngelMode;
  readonly tokens: readonly WireToken[];
}

/** The exchange's words for a failed request. */
const REQUEST_ERRORS = {
  E1001: 'Invalid Request Payload.',
  E1002: 'Invalid Request. Subscription Limit Exceeded.',
} as const;
type RequestErrorCode = keyof typeof REQUEST_ERRORS;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMode(value: unknown): value is AngelMode {
  const modes: readonly unknown[] = Object.values(ANGEL_MODE);
  return modes.includes(value);
}

function isToken(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    !value.includes('\0') &&
    Buffer.byteLength(value) <= TOKEN_BYTES
  );
}

function isExchangeType(value: unknown): value is number {
  return EXCHANGE_TYPES.has(value);
}

function readTokens(tokenList: unknown): WireToken[] | null {
  if (!Array.isArray(tokenList)) return null;
  const tokens: WireToken[] = [];
  for (const entry of tokenList) {
    if (!isRecord(entry)) return null;
    const { exchangeType } = entry;
    if (!isExchangeType(exchangeType) || !Array.isArray(entry.tokens)) return null;
    for (const token of entry.tokens) {
      if (!isToken(token)) return null;
      tokens.push({ exchangeType, token });
    }
  }
  return tokens;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Reads a request. A fault gives the request's correlation id, or '' where it has none, for the E1001 answer.
 */
export function parseSubscriptionRequest(
  text: string,
): { readonly request: SubscriptionRequest } | { readonly request: null; readonly correlationId: string } {
  const json = parseJson(text);
  const body = isRecord(json) ? json : {};
  const correlationId = typeof body.correlationID === 'string' ? body.correlationID : '';
  const fault = { request: null, correlationId };
  const { action, params } = body;
  if ((action !== 0 && action !== 1) || !isRecord(params) || !isMode(params.mode)) return fault;
  const tokens = readTokens(params.tokenList);
  if (tokens === null) return fault;
  return {
    request: {
      correlationId,
      action: action === 1 ? 'subscribe' : 'unsubscribe',
      mode: params.mode,
      tokens,
    },
  };
}

/** The text frame that answers a failed request. There is none for success. */
export function formatRequestError(correlationId: string, errorCode: RequestErrorCode): string {
  return JSON.stringify({ correlationID: correlationId, errorCode, errorMessage: REQUEST_ERRORS[errorCode] });
}
