/** Kite's tokens: numbers on the wire, text elsewhere. One token is unique over all segments. */
import { MAX_TOKEN, SEGMENT_BITS, SEGMENT_MASK } from './frame-layout.ts';

/** What stands between Kite's token and the exchange's in OpenAlgo's instrument table. */
const TABLE_SEPARATOR = '::::';
const PLAIN_TOKEN = /^(?:0|[1-9]\d{0,9})$/;

/** The number of a token, null for a text that is none: leading zeros included, which no packet could give back. */
export function parseToken(text: string): number | null {
  if (!PLAIN_TOKEN.test(text)) return null;
  const token = Number(text);
  return token <= MAX_TOKEN ? token : null;
}

export function segmentOf(token: number): number {
  return token & SEGMENT_MASK;
}

/** The exchange's own number of a token. */
export function exchangeTokenOf(token: number): number {
  return token >>> SEGMENT_BITS;
}

/** The token of an exchange's number in a segment. */
export function tokenOf(exchangeToken: number, segment: number): number {
  return exchangeToken * (SEGMENT_MASK + 1) + segment;
}

/** The token as OpenAlgo's instrument table has it, for example `408065::::1594`. */
export function formatTableToken(token: number): string {
  return `${token}${TABLE_SEPARATOR}${exchangeTokenOf(token)}`;
}

/**
 * The wire's address of a row of the instrument table; null where its token is none of Kite's. A bare number is another
 * broker's: read as Kite's it would be some other instrument.
 */
export function resolveTableToken(text: string): { readonly segment: number; readonly token: string } | null {
  const end = text.indexOf(TABLE_SEPARATOR);
  const token = end < 0 ? null : parseToken(text.slice(0, end));
  return token === null ? null : { segment: segmentOf(token), token: String(token) };
}
