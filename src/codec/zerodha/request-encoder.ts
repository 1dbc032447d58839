/**
 * What the client sends over a ticker socket: JSON texts with an action `a` and its value `v`. The server confirms
 * nothing, and its errors name no request. A mode replaces the one before; what is subscribed without one gets `quote`.
 */
import { MODE } from '../tick.ts';

/** Names of the modes on the wire. There is no deep depth. */
export const KITE_MODES = { [MODE.LTP]: 'ltp', [MODE.QUOTE]: 'quote', [MODE.DEPTH]: 'full' } as const;
export type KiteMode = keyof typeof KITE_MODES;

export type KiteRequest =
  | { readonly action: 'subscribe' | 'unsubscribe'; readonly tokens: readonly number[] }
  | { readonly action: 'mode'; readonly mode: KiteMode; readonly tokens: readonly number[] };

/** The JSON text of a request. Tokens are numbers: those in quotes are silently not served. */
export function encodeRequest(request: KiteRequest): string {
  const value = request.action === 'mode' ? [KITE_MODES[request.mode], request.tokens] : request.tokens;
  return JSON.stringify({ a: request.action, v: value });
}

/**
 * Cuts a list into lists of at most `maxItems`. No items make no list.
 *
 * @throws RangeError when `maxItems` is not a positive integer
 */
export function chunk<T>(items: readonly T[], maxItems: number): T[][] {
  if (!Number.isInteger(maxItems) || maxItems < 1) {
    throw new RangeError(`a request takes ${maxItems} tokens: give a positive integer`);
  }
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += maxItems) {
    chunks.push(items.slice(start, start + maxItems));
  }
  return chunks;
}
