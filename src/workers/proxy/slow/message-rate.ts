/**
 * How often one subscription with `max_rate` is sent a tick: a token bucket of two. Ticks without a trade leave one interval
 * after the message before; a trade leaves as soon as there is a token, so that the first one after a while is not late.
 * In any span of time at most the rate times the span, and two more, are sent. Proxy worker thread.
 */

const CAPACITY = 2;

export class MessageRate {
  readonly #perMs: number;
  #tokens = CAPACITY;
  #refilledAt = 0;
  #sentAt = Number.NEGATIVE_INFINITY;

  /** @param perSecond messages, above 0 */
  constructor(perSecond: number) {
    this.#perMs = perSecond / 1000;
  }

  /** When a tick that is there now may leave, in ms of the clock of `now`; `now` itself when at once. */
  dueAt(isTrade: boolean, now: number): number {
    if (!isTrade) return Math.max(now, this.#sentAt + 1 / this.#perMs);
    const tokens = this.#tokensAt(now);
    return tokens >= 1 ? now : now + (1 - tokens) / this.#perMs;
  }

  /** A message leaves, perhaps before it was due: that is not made up for, since a trade would be later than all else. */
  spend(now: number): void {
    this.#tokens = Math.max(0, this.#tokensAt(now) - 1);
    this.#refilledAt = now;
    this.#sentAt = now;
  }

  #tokensAt(now: number): number {
    return Math.min(CAPACITY, this.#tokens + (now - this.#refilledAt) * this.#perMs);
  }
}
