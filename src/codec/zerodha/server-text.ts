/**
 * Text messages of a ticker server: errors, notices of the broker, and order postbacks, which every socket of an API key
 * gets without asking. Anything may come, so nothing here is fatal.
 */

/** Longest text taken over from the server, so that an odd message cannot flood a log. */
const MAX_TEXT_CHARS = 200;

export type ServerText =
  /** A request failed; which one is not said. */
  | { readonly kind: 'error'; readonly message: string; readonly isLimit: boolean }
  /** Something happened to an order. What, is the user's business: it is neither kept nor logged. */
  | { readonly kind: 'order' }
  | { readonly kind: 'message'; readonly text: string }
  /** Anything else, cut to 200 characters. */
  | { readonly kind: 'unknown'; readonly text: string };

/** The one quota that has a known text: "Can't subscribe to more than 3000 instruments." */
const LIMIT_TEXT = /more than \d+ instruments/i;

/** Reads one text message. Never throws. */
export function parseServerText(text: string): ServerText {
  const { type, data } = parseObject(text);
  if (type === 'order') return { kind: 'order' };
  if (type === 'error') {
    const message = shown(data);
    return { kind: 'error', message, isLimit: LIMIT_TEXT.test(message) };
  }
  if (type === 'message') return { kind: 'message', text: shown(data) };
  return { kind: 'unknown', text: text.slice(0, MAX_TEXT_CHARS) };
}

function parseObject(text: string): { readonly type?: unknown; readonly data?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Text that is no JSON is an ordinary case here.
    return {};
  }
}

function shown(data: unknown): string {
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
  return text.slice(0, MAX_TEXT_CHARS);
}
