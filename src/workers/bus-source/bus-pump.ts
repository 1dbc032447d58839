import { FlushDelay } from '../flush-delay.ts';
import type { Pump, PumpOptions } from '../proxy/proxy-intake.ts';

/**
 * Drains what feed hosts sent, a portion in each turn of the event loop as long as there is some. ZeroMQ wakes the thread
 * through its event loop, so there is nothing to wait for: an idle proxy costs nothing.
 */
export class BusPump implements Pump {
  readonly #options: PumpOptions;
  readonly #hasWork: () => boolean;
  readonly #flush: FlushDelay | null;
  #isRunning = false;
  #isDue = false;
  #immediate: NodeJS.Immediate | undefined;

  /** @param hasWork whether `drain` would find something */
  constructor(options: PumpOptions, hasWork: () => boolean) {
    this.#options = options;
    this.#hasWork = hasWork;
    this.#flush = options.flush === undefined ? null : new FlushDelay(options.flush.us, this.#turn);
  }

  start(): void {
    this.#isRunning = true;
    this.wake();
  }

  /** There may be something to drain. */
  wake(): void {
    if (!this.#isRunning || this.#isDue) return;
    this.#isDue = true;
    if (this.#flush === null) this.#immediate = setImmediate(this.#turn);
    else this.#flush.start();
  }

  readonly #turn = (): void => {
    this.#isDue = false;
    try {
      const drained = this.#options.drain();
      if (!this.#isRunning || !this.#hasWork()) return;
      if (this.#flush === null || drained < this.#options.flush!.portion) {
        this.wake();
        return;
      }
      this.#isDue = true;
      this.#immediate = setImmediate(this.#turn);
    } catch (error) {
      this.#isRunning = false;
      this.#options.onError(error);
    }
  };

  async stop(): Promise<void> {
    this.#isRunning = false;
    clearImmediate(this.#immediate);
    this.#flush?.cancel();
    this.#isDue = false;
  }
}
