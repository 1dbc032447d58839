/**
 * Shares the proxy thread between requests and ticks. A request for a thousand instruments takes some milliseconds, and the
 * answers of the main thread come in one go, each of which would let its client's next request begin: without a bound,
 * five clients that asked on and on kept all ticks waiting for a second. So work is begun until a turn of the event loop has
 * lasted some time, and the rest waits for later turns, in the order in which it came. Proxy worker thread.
 */

/** Short beside what a client notices, long beside what a turn costs by itself. */
const TURN_MS = 1;
const COMPACT_AT = 1000;

export class WorkTurns {
  #waiting: (() => void)[] = [];
  /** How many of these are done. */
  #done = 0;
  /** When work was first begun in this turn, ms of performance.now(). */
  #from = 0;
  #isOpen = false;
  #next: NodeJS.Immediate | undefined;

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
    this.#waiting.push(work);
    this.#next ??= setImmediate(this.#turn);
  }

  /** Nothing that waits is done any more. */
  stop(): void {
    clearImmediate(this.#next);
    this.#waiting = [];
    this.#done = 0;
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
