/**
 * Shares the proxy thread between requests and ticks. A request for a thousand instruments takes some milliseconds, and the
 * answers of the main thread come in one go, each of which would let its client's next request begin: without a bound,
 * five clients that asked on and on kept all ticks waiting for a second. So work is begun until a turn of the event loop has
 * lasted some time, and the rest waits for later turns, in the order in which it came. Proxy worker thread.
 */

/** Work begins for so long in a turn: short beside what a client notices, long beside what a turn costs by itself. */
const TURN_MS = 0.3;
/** One piece of work lasts so long at most, as far as it can be divided. */
export const SLICE_MS = 0.2;
const COMPACT_AT = 1000;

export class WorkTurns {
  #waiting: (() => void)[] = [];
  /** How many of these are done. */
  #done = 0;
  /** When work was first begun in this turn, ms of performance.now(). */
  #from = 0;
  #isOpen = false;
  #next: NodeJS.Immediate | undefined;
  #isStopped = false;

  /** Whether work may begin at once: nothing waits that came before, and the turn has not lasted too long. */
  mayBegin(): boolean {
    if (this.#waiting.length > 0) return false;
    if (this.#isOpen) return this.#hasTime();
    this.#isOpen = true;
    this.#from = performance.now();
    this.#next ??= setImmediate(this.#turn);
    return true;
  }

  /** Does it in a later turn, behind what waits already. */
  later(work: () => void): void {
    if (this.#isStopped) return;
    this.#waiting.push(work);
    this.#next ??= setImmediate(this.#turn);
  }

  /** Resolved in a later turn, behind what waits already; never, once it was stopped. */
  pause(): Promise<void> {
    return new Promise((resolve) => this.later(resolve));
  }

  /**
   * Does the work for each item, in as many turns as it takes.
   * @param isWanted asked after each pause: the rest is left when it is not
   * @returns undefined when all was done at once
   */
  each<T>(
    items: Iterable<T>,
    work: (item: T) => void,
    isWanted: () => boolean = () => true,
  ): Promise<void> | undefined {
    const rest = items[Symbol.iterator]();
    let next = rest.next();
    const isDone = () => {
      const until = performance.now() + SLICE_MS;
      while (next.done !== true) {
        work(next.value);
        next = rest.next();
        if (performance.now() >= until) break;
      }
      return next.done === true;
    };
    return isDone() ? undefined : this.#until(isDone, isWanted);
  }

  /** Nothing that waits, or would wait from now on, is done any more. */
  stop(): void {
    this.#isStopped = true;
    clearImmediate(this.#next);
    this.#waiting = [];
    this.#done = 0;
  }

  async #until(isDone: () => boolean, isWanted: () => boolean): Promise<void> {
    do await this.pause();
    while (isWanted() && !isDone());
  }

  #hasTime(): boolean {
    return performance.now() - this.#from < TURN_MS;
  }

  readonly #turn = (): void => {
    this.#next = undefined;
    this.#isOpen = this.#waiting.length > 0;
    this.#from = performance.now();
    if (this.#isOpen) this.#goOn();
  };

  /** Does one thing, and the next one when everything that hangs on it is done too: most of a request is promises. */
  readonly #goOn = (): void => {
    const work = this.#waiting[this.#done++];
    if (work === undefined) return;
    if (this.#done === this.#waiting.length || this.#done === COMPACT_AT) {
      // A queue that is never quite empty would keep all that was ever in it.
      this.#waiting = this.#waiting.slice(this.#done);
      this.#done = 0;
    }
    work();
    queueMicrotask(() => process.nextTick(this.#goOnInTime));
  };

  readonly #goOnInTime = (): void => {
    if (this.#waiting.length > 0 && this.#hasTime()) this.#goOn();
    else this.#next ??= setImmediate(this.#turn);
  };
}

/** A list in parts of so many items. */
export function* inParts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
