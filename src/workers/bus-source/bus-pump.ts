import type { Pump, PumpOptions } from '../proxy/proxy-intake.ts';

/**
 * Drains what feed hosts sent, a portion in each turn of the event loop as long as there is some. ZeroMQ wakes the thread
 * through its event loop, so there is nothing to wait for: an idle proxy costs nothing.
 */
export class BusPump implements Pump {
  readonly #options: PumpOptions;
  readonly #hasWork: () => boolean;
  #isRunning = false;
  #turn: NodeJS.Immediate | undefined;

  /** @param hasWork whether `drain` would find something */
  constructor(options: PumpOptions, hasWork: () => boolean) {
    this.#options = options;
    this.#hasWork = hasWork;
  }

  start(): void {
    this.#isRunning = true;
    this.wake();
  }

  /** There may be something to drain. */
  wake(): void {
    if (!this.#isRunning || this.#turn !== undefined) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      try {
        this.#options.drain();
        if (this.#hasWork()) this.wake();
      } catch (error) {
        this.#isRunning = false;
        this.#options.onError(error);
      }
    });
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    clearImmediate(this.#turn);
    this.#turn = undefined;
  }
}
