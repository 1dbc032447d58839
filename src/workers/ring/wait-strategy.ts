/**
 * How a reader's thread passes the time when its rings are empty, and what that costs. Measured on a 2-core machine,
 * Node 22, from the time at which a record was due in one thread to the handler in the other.
 *
 * | strategy      | empty ring                           | CPU, idle | CPU, 1 record/ms | hop p50, 1 record/ms |
 * | park          | sleeps on the doorbell               | 1.1 %     | 2.0 %            | 19 µs                |
 * | backoff 20    | spins for 20 µs, then as park        | 1.4 %     | 2.1 %            | 19 µs                |
 * | spin          | looks again each turn of the loop    | 98 %      | 100 %            | 9 µs                 |
 *
 * (`npm run bench -- --only ring-hop` makes it anew; these are of the stored run.) The default of 20 µs bridges the pauses
 * within a burst, and what it spins behind one is not seen in the CPU: at 1 record/ms it does not spin at all.
 *
 * - park: costs no CPU when idle, and each record that finds the reader asleep waits for the thread to wake: 20 µs on a
 *   warm core, 100 to 150 µs when nothing came for 10 ms; it also takes 8 to 16 µs of the writer.
 * - backoff: saves the wake-up within bursts, for at most `spinUs` of CPU behind each of them. It spins only while the
 *   usual pause between records is shorter than `spinUs`; while it is longer, it is as park.
 * - spin: takes one core, always, for a hop of a few µs, always.
 */
import { FlushDelay, type FlushOptions } from '../flush-delay.ts';
import type { WaitStrategyName } from '../worker-messages.ts';
import type { Doorbell } from './doorbell.ts';

/**
 * A sleeping loop looks for itself so long behind a record. A notification can be missed: engines have had such bugs in
 * `waitAsync`, and a writer may be killed between its commit and its ring. This bounds the delay.
 */
const RECHECK_MS = 50;
/**
 * Each look that finds nothing doubles the time to the next one, up to this: the looks of a reader in a closed market are
 * nearly all that its thread does.
 */
const LONGEST_RECHECK_MS = 400;
/** Weight of the latest pause in the usual one: what the last few say counts, one that is out of line does not. */
const PAUSE_WEIGHT = 1 / 8;

export interface DrainLoopOptions {
  /**
   * Drains one bounded portion, so that sockets and timers of the thread wait no longer than for that portion.
   *
   * @returns records drained; 0 when there was nothing
   */
  readonly drain: () => number;
  /** Whether `drain` would find something. Asked after the doorbell is armed. */
  readonly hasWork: () => boolean;
  readonly doorbell: Doorbell;
  readonly strategy: WaitStrategyName;
  /** `backoff` only: spins for so long after the last record, in µs, while the usual pause is not longer. */
  readonly spinUs: number;
  /** Lets the first record wait for others. Without it none waits; with it the loop sleeps whatever the strategy. */
  readonly flush?: FlushOptions;
  /** Told once when `drain` or `hasWork` throws; the loop has ended then. */
  readonly onError: (error: unknown) => void;
}

/**
 * Drains in a thread that has an event loop to run beside: a portion, then the event loop's other work, until there is
 * nothing left; then it waits as the strategy says.
 */
export class DrainLoop {
  readonly #options: DrainLoopOptions;
  readonly #flush: FlushDelay | null;
  #running = false;
  #recheck: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #asleep: Promise<void> = Promise.resolve();
  #isParked = false;
  /** Number of the present or latest sleep: the end of an earlier one comes late, and must not end this one. */
  #sleep = 0;
  #recheckMs = RECHECK_MS;
  #lastRecordMs = 0;
  /** From the last record before an empty ring to the next one, on average of late. */
  #usualPauseMs = 0;

  constructor(options: DrainLoopOptions) {
    this.#options = options;
    this.#flush = options.flush === undefined ? null : new FlushDelay(options.flush.us, this.#turn);
  }

  /** Starts the loop, which keeps the thread alive until it is stopped. Once; a new loop is as good as a second start. */
  start(): void {
    this.#running = true;
    // It also keeps the thread: one that sleeps on the doorbell alone would leave, the promise of `waitAsync` does not hold it.
    this.#lookIn(RECHECK_MS);
    this.#immediate = setImmediate(this.#turn);
  }

  /** Ends the loop: neither `drain` nor `hasWork` is called any more. Resolved when it does not sleep any more either. */
  async stop(): Promise<void> {
    this.#end();
    await this.#asleep;
  }

  readonly #turn = (): void => {
    try {
      const drained = this.#options.drain();
      // `drain` itself may have stopped the loop.
      if (!this.#running) return;
      if (drained > 0 && this.#recheckMs > RECHECK_MS) this.#lookIn(RECHECK_MS);
      if (this.#mayPark(drained)) {
        this.#park();
        return;
      }
      if (drained > 0 && this.#options.strategy === 'backoff') this.#noteRecords();
      this.#immediate = setImmediate(this.#turn);
    } catch (error) {
      this.#end();
      this.#options.onError(error);
    }
  };

  #mayPark(drained: number): boolean {
    const { strategy, spinUs, flush } = this.#options;
    // What comes after a portion that was not full waits for others again: there is nothing to hurry for.
    if (flush !== undefined) return drained < flush.portion;
    if (drained > 0) return false;
    if (strategy !== 'backoff') return strategy === 'park';
    const spinMs = spinUs / 1000;
    // A spin that is not expected to end with a record is CPU for nothing.
    return this.#usualPauseMs > spinMs || performance.now() - this.#lastRecordMs >= spinMs;
  }

  #noteRecords(): void {
    const now = performance.now();
    // Longer pauses say no more than that spinning is in vain, and shall not count for long when records come again.
    const pauseMs = Math.min(now - this.#lastRecordMs, (2 * this.#options.spinUs) / 1000);
    this.#usualPauseMs += (pauseMs - this.#usualPauseMs) * PAUSE_WEIGHT;
    this.#lastRecordMs = now;
  }

  #park(): void {
    const { doorbell, hasWork } = this.#options;
    doorbell.arm();
    if (hasWork()) {
      doorbell.disarm();
      if (this.#flush === null) this.#immediate = setImmediate(this.#turn);
      else this.#flush.start();
      return;
    }
    this.#isParked = true;
    const sleep = ++this.#sleep;
    this.#asleep = doorbell.sleep().then(() => {
      if (sleep === this.#sleep) this.#wake();
    });
  }

  #wake(): void {
    if (!this.#isParked) return;
    this.#isParked = false;
    this.#options.doorbell.disarm();
    if (!this.#running) return;
    if (this.#flush !== null && this.#hasWork()) this.#flush.start();
    else if (this.#running) this.#turn();
  }

  readonly #look = (): void => {
    this.#lookIn(this.#isParked ? Math.min(LONGEST_RECHECK_MS, 2 * this.#recheckMs) : RECHECK_MS);
    if (this.#isParked && this.#hasWork()) this.#wake();
  };

  #hasWork(): boolean {
    try {
      return this.#options.hasWork();
    } catch (error) {
      this.#end();
      this.#options.onError(error);
      return false;
    }
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#recheck);
    this.#recheckMs = ms;
    this.#recheck = setTimeout(this.#look, ms);
  }

  #end(): void {
    this.#running = false;
    clearTimeout(this.#recheck);
    clearImmediate(this.#immediate);
    this.#flush?.cancel();
    this.#options.doorbell.close();
  }
}
