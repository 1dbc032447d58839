/**
 * Delays between connection attempts: exponential with full jitter in the upper half, so that many engines whose broker
 * comes back do not arrive in the same instant, and none comes at once.
 */
export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor(initialMs: number, maxMs: number, random: () => number = Math.random) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** Attempts since the last `reset`. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Delay before the next attempt, ms: between half of and the whole of initial × 2^attempts, capped. */
  next(): number {
    const ceiling = Math.min(this.#maxMs, this.#initialMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts++;
    return Math.round(ceiling / 2 + (ceiling / 2) * this.#random());
  }

  /** To be called once a connection has proved itself, not when it merely opened. */
  reset(): void {
    this.#attempts = 0;
  }
}
