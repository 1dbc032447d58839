/**
 * Lets the first tick that was not sent wait for others, which then share one write to each client with it.
 * A proxy worker's thread.
 */
const US_PER_MS = 1000;

export interface FlushOptions {
  /** Longest wait, in µs. */
  readonly us: number;
  /** What one `drain` delivers at most: having delivered so much, it is called again without a wait. */
  readonly portion: number;
}

export class FlushDelay {
  readonly #us: number;
  readonly #due: () => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #untilMs = 0;

  /** @param due called when the wait is over */
  constructor(us: number, due: () => void) {
    this.#us = us;
    this.#due = due;
  }

  /**
   * Begins a wait; not while one goes on. Timers count whole ms, so what is longer than one sleeps for its whole ms, and
   * what is shorter looks at the clock each turn of the event loop.
   */
  start(): void {
    if (this.#us >= US_PER_MS) {
      this.#timer = setTimeout(this.#due, Math.floor(this.#us / US_PER_MS));
      return;
    }
    this.#untilMs = performance.now() + this.#us / US_PER_MS;
    this.#look();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  readonly #look = (): void => {
    if (performance.now() >= this.#untilMs) this.#due();
    else this.#immediate = setImmediate(this.#look);
  };
}
