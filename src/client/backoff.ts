/** How long to wait before the next attempt: twice as long each time, and never all clients at the same moment. */

export interface ReconnectTimes {
  /** Of the first attempt, ms. Default 250. */
  readonly initialMs?: number;
  /** At most, ms. Default 30,000. */
  readonly maxMs?: number;
}

const INITIAL_MS = 250;
const MAX_MS = 30_000;
/** Of a wait that the server asked for, so that clients that were told the same do not come together. */
const SPREAD = 0.2;

export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  constructor({ initialMs = INITIAL_MS, maxMs = MAX_MS }: ReconnectTimes, random = Math.random) {
    this.#initialMs = initialMs;
    this.#maxMs = Math.max(maxMs, initialMs);
    this.#random = random;
  }

  /** Attempts since the last success. */
  get attempt(): number {
    return this.#attempt;
  }

  /** ms to wait now. @param atLeastMs what the reason of the failure asks for */
  next(atLeastMs: number): number {
    const whole = Math.min(this.#maxMs, this.#initialMs * 2 ** this.#attempt++);
    const jittered = whole * (0.5 + this.#random() / 2);
    return Math.round(Math.max(jittered, atLeastMs * (1 + this.#random() * SPREAD)));
  }

  /**
   * ms to wait where the server named the moment. One that names a moment each time, and never lets a connection stay, is believed
   * once.
   */
  nextAt(ms: number): number {
    const isFirst = this.#attempt === 0;
    const own = this.next(0);
    return isFirst ? ms : Math.max(ms, own);
  }

  /** The connection has proved good. */
  reset(): void {
    this.#attempt = 0;
  }
}
