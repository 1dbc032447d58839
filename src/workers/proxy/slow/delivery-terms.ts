/** How one subscription is delivered, apart from its connection's choice. Proxy worker thread. */
import type { RawRequest } from '../../../codec/client-request.ts';
import { SLOW_POLICIES, type SlowPolicy } from '../../../codec/slow-policy.ts';

export interface DeliveryTerms {
  /** What happens when the client falls behind; null: what its connection chose. */
  readonly slow: SlowPolicy | null;
  /** Messages per second at most; 0: as many as there are ticks. */
  readonly maxRate: number;
}

/** Every tick, and the connection's own policy. */
export const PLAIN_TERMS: DeliveryTerms = { slow: null, maxRate: 0 };

/** Messages per second: more than a timer of milliseconds can keep, and less than anybody wants to wait for. */
const MAX_RATE = 1000;
const MIN_RATE = 0.01;

export type ParsedTerms =
  | { readonly ok: true; readonly terms: DeliveryTerms }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** `slow` and `max_rate` of a subscribe request; null counts as not given. */
export function parseTerms({ slow = null, max_rate: maxRate = null }: RawRequest): ParsedTerms {
  const policy = SLOW_POLICIES.find((known) => known === slow);
  if (slow !== null && policy === undefined) {
    const message = `slow ${JSON.stringify(slow)} does not exist; use ${SLOW_POLICIES.join(' or ')}`;
    return { ok: false, code: 'INVALID_OPTION', message };
  }
  if (maxRate !== null && !(typeof maxRate === 'number' && maxRate >= MIN_RATE && maxRate <= MAX_RATE)) {
    const message = `Invalid max_rate ${JSON.stringify(maxRate)}; expected a number from ${MIN_RATE} to ${MAX_RATE} (messages per second)`;
    return { ok: false, code: 'INVALID_MAX_RATE', message };
  }
  if (policy === undefined && maxRate === null) return { ok: true, terms: PLAIN_TERMS };
  return { ok: true, terms: { slow: policy ?? null, maxRate: maxRate ?? 0 } };
}
