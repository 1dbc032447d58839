/**
 * How much a client may ask: a token bucket, and a second one for requests that were refused, so that who goes a little too
 * fast is told so, and who floods is cut off. Proxy worker thread; neither allocates nor throws but in `setRate`.
 */
import { TokenBucket } from './token-bucket.ts';

/**
 * Bytes that count as one more request: reading a long one costs time even if it is nonsense, and a list of symbols costs
 * for each of them.
 */
const BYTES_PER_REQUEST = 512;

export type Verdict = 'ok' | 'refused' | 'flood';

/** What a message of so many bytes counts. */
function costOf(bytes: number): number {
  return 1 + Math.floor(bytes / BYTES_PER_REQUEST);
}

export class RequestAllowance {
  readonly #burst: number;
  #perSecond = 0;
  #served: TokenBucket | null = null;
  #refused: TokenBucket | null = null;

  /** @param perSecond 0: no limit */
  constructor(perSecond: number, burst: number) {
    this.#burst = burst;
    this.setRate(perSecond);
  }

  /** Another rate from now on, beginning with a full burst. @param perSecond 0: no limit */
  setRate(perSecond: number): void {
    // Who could begin anew by authenticating again would have no limit.
    if (perSecond === this.#perSecond) return;
    this.#perSecond = perSecond;
    const now = performance.now();
    this.#served = perSecond === 0 ? null : new TokenBucket(perSecond, this.#burst, now);
    this.#refused = perSecond === 0 ? null : new TokenBucket(perSecond, this.#burst, now);
  }

  /** A message of so many bytes has come; a ping of WebSocket's own is one too. */
  take(bytes: number, nowMs: number): Verdict {
    if (this.#served === null || this.#served.take(costOf(bytes), nowMs)) return 'ok';
    return this.#refused!.take(1, nowMs) ? 'refused' : 'flood';
  }

  /** ms until such a message would be taken. */
  waitMs(bytes: number, nowMs: number): number {
    return this.#served === null ? 0 : this.#served.waitMs(costOf(bytes), nowMs);
  }
}
