/**
 * Lets keys be looked at one after another, so that hundreds that come in one instant do not take every core from the ticks:
 * each costs this thread, the main thread and the system its part. A few go at once, the rest by the tick of a timer. Nobody
 * waits whose key comes by itself. Proxy worker thread.
 */

/** Keys that may be looked at in so many ms: 2,000 a second, so that 5,000 clients that come back at once are let in in 2.5 s. */
const PORTION = 10;
const PORTION_MS = 5;

export class KeyPace {
  readonly #waiting: (() => void)[] = [];
  #left = PORTION;
  #timer: NodeJS.Timeout | undefined;

  /** Resolves when it is a key's turn: at once, or later, in the order of the calls. */
  turn(): Promise<void> {
    this.#timer ??= setTimeout(this.#next, PORTION_MS);
    if (this.#left > 0) {
      this.#left--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whoever waits is let go at once. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const go of this.#waiting.splice(0)) go();
  }

  readonly #next = (): void => {
    this.#timer = undefined;
    const turns = this.#waiting.splice(0, PORTION);
    this.#left = PORTION - turns.length;
    if (turns.length > 0) this.#timer = setTimeout(this.#next, PORTION_MS);
    for (const go of turns) go();
  };
}
