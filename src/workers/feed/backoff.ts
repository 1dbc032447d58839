export interface BackoffOptions {
  /** Delay before the first attempt, ms. */
  readonly initialMs: number;
  /** By how much each delay is longer than the one before; at least 1. */
  readonly factor: number;
  readonly maxMs: number;
  /** Which share of a delay is left to chance, 0 to 1. */
  readonly jitter: number;
}

/**
 * Delays between attempts: exponential, and in part random, so that many engines whose broker comes back do not arrive in
 * the same instant.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #attempts = 0;

  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /** Delay before the next attempt, ms: initial × factor^attempts, capped, less a random part of the jitter's share. */
  next(): number {
    const { initialMs, factor, maxMs, jitter } = this.#options;
    const ceiling = Math.min(maxMs, initialMs * factor ** this.#attempts);
    this.#attempts++;
    return Math.round(ceiling * (1 - jitter * this.#random()));
  }

  /** To be called once a connection has proved itself, not when it merely opened. */
  reset(): void {
    this.#attempts = 0;
  }
}
