/**
 * How much a client may ask: a token bucket, and a second one for requests that were refused, so that who goes a little too
 * fast is told so, and who floods is cut off. Proxy worker thread; neither allocates nor throws.
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
  readonly #served: TokenBucket;
  readonly #refused: TokenBucket;
  #isLimited = false;

  /** @param perSecond 0: no limit */
  constructor(perSecond: number, burst: number) {
    const now = performance.now();
    this.#served = new TokenBucket(Math.max(1, perSecond), burst, now);
    this.#refused = new TokenBucket(Math.max(1, perSecond), burst, now);
    this.setRate(perSecond);
  }

  /** Another rate from now on. What the client has used up stays so, however often it authenticates. @param perSecond 0: no limit */
  setRate(perSecond: number): void {
    this.#isLimited = perSecond > 0;
    if (!this.#isLimited) return;
    const now = performance.now();
    this.#served.setRate(perSecond, now);
    this.#refused.setRate(perSecond, now);
  }

  /** So many at once from now on. */
  setBurst(burst: number): void {
    this.#served.setCapacity(burst);
    this.#refused.setCapacity(burst);
  }

  /** A message of so many bytes has come; a ping of WebSocket's own is one too. */
  take(bytes: number, nowMs: number): Verdict {
    if (!this.#isLimited || this.#served.take(costOf(bytes), nowMs)) return 'ok';
    return this.#refused.take(1, nowMs) ? 'refused' : 'flood';
  }

  /** ms until such a message would be taken. */
  waitMs(bytes: number, nowMs: number): number {
    return this.#isLimited ? this.#served.waitMs(costOf(bytes), nowMs) : 0;
  }
}
