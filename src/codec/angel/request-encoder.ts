/**
 * What the client sends over a SmartStream socket: subscribe and unsubscribe requests as JSON text, and the heartbeat.
 * The server confirms nothing; it answers a failed request with the request's correlation id.
 */
import { randomInt } from 'node:crypto';
import type { AngelMode } from './frame-decoder.ts';

/** The heartbeat, sent as a text frame. */
export const HEARTBEAT_TEXT = 'ping';

/** An instrument as Angel names it. The token is text: it may have leading zeros. */
export interface AngelToken {
  readonly exchangeType: number;
  readonly token: string;
}

/** One request: tokens of any exchanges in one mode. An unsubscribe must name the mode of its subscribe. */
export interface AngelRequest<T extends AngelToken = AngelToken> {
  readonly action: 'subscribe' | 'unsubscribe';
  readonly mode: AngelMode;
  readonly tokens: readonly T[];
  readonly correlationId: string;
}

/** The JSON text of a request, tokens grouped by exchange in the order of their first appearance. */
export function encodeRequest(request: AngelRequest): string {
  const tokensOf = new Map<number, string[]>();
  for (const { exchangeType, token } of request.tokens) {
    const tokens = tokensOf.get(exchangeType);
    if (tokens === undefined) tokensOf.set(exchangeType, [token]);
    else tokens.push(token);
  }
  return JSON.stringify({
    correlationID: request.correlationId,
    action: request.action === 'subscribe' ? 1 : 0,
    params: {
      mode: request.mode,
      tokenList: Array.from(tokensOf, ([exchangeType, tokens]) => ({ exchangeType, tokens })),
    },
  });
}

/**
 * Cuts a request into requests of at most `maxTokens` tokens, each with a correlation id of its own. No tokens make no
 * request.
 *
 * @throws RangeError when `maxTokens` is not a positive integer
 */
export function chunk<T extends AngelToken>(
  request: Omit<AngelRequest<T>, 'correlationId'>,
  maxTokens: number,
  nextCorrelationId: () => string,
): AngelRequest<T>[] {
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new RangeError(`a request takes ${maxTokens} tokens: give a positive integer`);
  }
  const requests: AngelRequest<T>[] = [];
  for (let start = 0; start < request.tokens.length; start += maxTokens) {
    const tokens = request.tokens.slice(start, start + maxTokens);
    requests.push({ ...request, tokens, correlationId: nextCorrelationId() });
  }
  return requests;
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX_DIGITS = 4;
const COUNTER_DIGITS = 6;

/**
 * A source of correlation ids: 10 characters of `[A-Za-z0-9]`, a random prefix and a counter. The ids of one source
 * repeat after 62^6 (5.7 × 10^10) calls; the prefix tells the requests of two sockets apart in a log.
 */
export function createCorrelationIds(): () => string {
  const prefix = base62(randomInt(DIGITS.length ** PREFIX_DIGITS), PREFIX_DIGITS);
  let count = 0;
  return () => prefix + base62(count++, COUNTER_DIGITS);
}

/** The last `digits` digits of a non-negative integer in base 62. */
function base62(value: number, digits: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < digits; i++) {
    text = DIGITS.charAt(rest % DIGITS.length) + text;
    rest = Math.floor(rest / DIGITS.length);
  }
  return text;
}
