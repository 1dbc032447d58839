/**
 * How a reader's thread passes the time when its rings are empty, and what that costs. Measured with records of 32 bytes
 * on a 2-core machine, Node 22, from before the write in one thread to the handler in the other.
 *
 * | strategy      | empty ring                           | CPU, idle | CPU, 1 record/ms | wake-up p50, 1 record/ms |
 * | park          | sleeps on the doorbell               | 0.4 %     | 4 %              | 22 µs                    |
 * | backoff 200   | spins for 200 µs, then as park       | 0.5 %     | 21 %             | 22 µs                    |
 * | backoff 2000  | spins for 2 ms, then as park         | 0.5 %     | 99 %             | 2 µs                     |
 * | spin          | looks again each turn of the loop    | 99 %      | 100 %            | 2 µs                     |
 *
 * The whole engine, 3000 instruments in quotes to one JSON client on the same machine, whose load generator and client
 * take part of it too. Engines side by side took turns, five runs of 2 s each; medians of cores kept busy, and of the
 * p50 in µs from the time at which a tick was due at the exchange to the client (load generator: 96 to 150 of them):
 *
 * | strategy      | 1,000 ticks/s | 10,000 ticks/s | 45,000 ticks/s |
 * | park          | 0.140   221   | 0.228   223    | 0.420   383    |
 * | backoff 20    | 0.136   189   | 0.232   249    | 0.396   367    |
 * | backoff 50    | 0.148   201   | 0.236   230    | 0.424   419    |
 * | backoff 200   | 0.312   209   | 0.388   217    | 0.572   348    |
 *
 * The latencies differ by no more than such runs do; the CPU does not. Hence the default of 20 µs: it bridges the pauses
 * within a burst, and what it spins behind one is not seen in the CPU.
 *
 * - park: costs no CPU when idle, and each record that finds the reader asleep waits for the thread to wake: 20 µs on a
 *   warm core, 100 to 150 µs when nothing came for 10 ms; it also takes 8 to 16 µs of the writer.
 * - backoff: saves the wake-up within bursts, for at most `spinUs` of CPU behind each of them, so it pays only when
 *   `spinUs` is longer than the usual pause between records.
 * - spin: takes one core, always, for a hop of a few µs, always.
 */
import { FlushDelay, type FlushOptions } from '../flush-delay.ts';
import type { WaitStrategyName } from '../worker-messages.ts';
import { type Doorbell, RECHECK_MS } from './doorbell.ts';

/** The longest that a timer can be set to, 24 days. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

/**
 * Each sleep that nobody ended doubles the next one, from RECHECK_MS up to this: the looks of a reader in a closed market
 * are nearly all that its thread does.
 */
const LONGEST_SLEEP_MS = 400;

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
  /** `backoff` only: spins for so long after the last record, in µs. */
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
  #keepAlive: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #asleep: Promise<void> = Promise.resolve();
  #lastRecordMs = 0;
  #sleepMs = RECHECK_MS;

  constructor(options: DrainLoopOptions) {
    this.#options = options;
    this.#flush = options.flush === undefined ? null : new FlushDelay(options.flush.us, this.#turn);
  }

  /** Starts the loop, which keeps the thread alive until it is stopped. Once; a new loop is as good as a second start. */
  start(): void {
    this.#running = true;
    // A thread that sleeps on the doorbell alone would leave: the promise of `waitAsync` does not hold it.
    this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
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
      if (drained > 0) this.#sleepMs = RECHECK_MS;
      if (this.#mayPark(drained)) {
        this.#park();
        return;
      }
      if (drained > 0 && this.#options.strategy === 'backoff') this.#lastRecordMs = performance.now();
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
    if (strategy === 'backoff') return (performance.now() - this.#lastRecordMs) * 1000 >= spinUs;
    return strategy === 'park';
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
    this.#asleep = doorbell.sleep(this.#sleepMs).then(() => {
      doorbell.disarm();
      this.#sleepMs = Math.min(LONGEST_SLEEP_MS, 2 * this.#sleepMs);
      if (this.#running) this.#wake();
    });
  }

  #wake(): void {
    if (this.#flush !== null && this.#options.hasWork()) this.#flush.start();
    else this.#turn();
  }

  #end(): void {
    this.#running = false;
    clearInterval(this.#keepAlive);
    clearImmediate(this.#immediate);
    this.#flush?.cancel();
    this.#options.doorbell.disarm();
  }
}
