/**
 * Lets ticks through a turn of the event loop in which thousands of sockets have something to say. Their handlers are called
 * one after another, and only then does anything else have its turn: 5,000 clients that left in one instant kept all ticks
 * waiting for 65 ms, most of it in the library and the kernel. Proxy worker thread.
 */

/** Less than half of what p99 rises to when the same is done to a neighbour on two cores: see `npm run test:abuse`. */
const LONG_MS = 2;
/** What lets the ticks through takes no more than one part in so many of the turn, however many clients there are. */
const SHARE = 4;

export class LongTurn {
  readonly #letTicksThrough: () => void;
  readonly #now: () => number;
  readonly #atEnd: (work: () => void) => unknown;
  #isOpen = false;
  #isStopped = false;
  /** When the ticks are let through, ms. */
  #dueAt = 0;

  /**
   * @param letTicksThrough called within a turn that is long
   * @param now in ms
   * @param atEnd calls what it is given when the handlers of the turn have been called
   */
  constructor(
    letTicksThrough: () => void,
    now: () => number = () => performance.now(),
    atEnd: (work: () => void) => unknown = setImmediate,
  ) {
    this.#letTicksThrough = letTicksThrough;
    this.#now = now;
    this.#atEnd = atEnd;
  }

  /**
   * To be called in a handler that the library may call for thousands of sockets, while nothing of ours is half done: not
   * from one that our own calls may reach.
   */
  look(): void {
    const now = this.#now();
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#dueAt = now + LONG_MS;
      this.#atEnd(this.#end);
      return;
    }
    if (now < this.#dueAt || this.#isStopped) return;
    this.#letTicksThrough();
    const after = this.#now();
    this.#dueAt = after + Math.max(LONG_MS, (SHARE - 1) * (after - now));
  }

  /** Nothing is let through any more. */
  stop(): void {
    this.#isStopped = true;
  }

  readonly #end = (): void => {
    this.#isOpen = false;
  };
}
