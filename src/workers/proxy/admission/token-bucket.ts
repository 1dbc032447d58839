/**
 * A token bucket: so many requests at once, and so many a second for long. Time is given to it, so that it needs no timer
 * and a test no clock. Proxy worker thread; neither allocates nor throws.
 */
export class TokenBucket {
  #perMs: number;
  #capacity: number;
  #tokens: number;
  /** ms */
  #filledAt: number;

  /**
   * Full at first.
   * @param perSecond more than 0
   * @param capacity at least 1
   * @param nowMs of the clock that all later times are of
   */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#filledAt = nowMs;
  }

  /**
   * Takes so many tokens, all or none. What costs more than the bucket holds takes a full one.
   * @returns false when there are too few
   */
  take(count: number, nowMs: number): boolean {
    this.#fill(nowMs);
    const cost = Math.min(count, this.#capacity);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** ms until so many tokens are there, 0 when they are. */
  waitMs(count: number, nowMs: number): number {
    this.#fill(nowMs);
    const missing = Math.min(count, this.#capacity) - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil(missing / this.#perMs);
  }

  /** Another rate from now on; what is there stays. @param perSecond more than 0 */
  setRate(perSecond: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#perMs = perSecond / 1000;
  }

  /** Holds so many from now on; what there is beyond is gone. @param capacity at least 1 */
  setCapacity(capacity: number): void {
    this.#capacity = capacity;
    this.#tokens = Math.min(this.#tokens, capacity);
  }

  #fill(nowMs: number): void {
    // A clock that stood still or went back brings nothing, and takes nothing.
    if (nowMs <= this.#filledAt) return;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#filledAt) * this.#perMs);
    this.#filledAt = nowMs;
  }
}
