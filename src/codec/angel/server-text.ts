/**
 * Text frames of a SmartStream server: heartbeat answers, and errors of failed requests. There is no confirmation of a
 * success. Published samples include unknown codes, missing ids and broken JSON, so nothing here is fatal.
 */

/** Error code of a request that would carry more pairs than a connection may have. */
export const SUBSCRIPTION_LIMIT = 'E1002';

/** Longest text taken over from the server, so that an odd frame cannot flood a log. */
const MAX_TEXT_CHARS = 200;

export type ServerText =
  | { readonly kind: 'pong' }
  /** A request failed. Parts that the server left out are empty strings. */
  | {
      readonly kind: 'error';
      readonly correlationId: string;
      readonly code: string;
      readonly message: string;
    }
  /** Anything else, cut to 200 characters. */
  | { readonly kind: 'unknown'; readonly text: string };

/** Reads one text frame. Never throws. */
export function parseServerText(text: string): ServerText {
  if (text.trim() === 'pong') return { kind: 'pong' };
  const fields = parseObject(text);
  if (fields === null || (fields.errorCode === undefined && fields.errorMessage === undefined)) {
    return { kind: 'unknown', text: text.slice(0, MAX_TEXT_CHARS) };
  }
  return {
    kind: 'error',
    correlationId: scalarText(fields.correlationID),
    code: scalarText(fields.errorCode),
    message: scalarText(fields.errorMessage),
  };
}

interface ErrorFields {
  readonly correlationID?: unknown;
  readonly errorCode?: unknown;
  readonly errorMessage?: unknown;
}

function parseObject(text: string): ErrorFields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    // Text that is no JSON is an ordinary case here.
    return null;
  }
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT_CHARS);
  return typeof value === 'number' ? String(value) : '';
}
