/**
 * How long work for slow clients may take in one turn of the event loop: so short that no tick waits for it, but a part of
 * the time where turns are long, so that it comes to an end there too. Proxy worker thread.
 */

const LEAST_MS = 0.25;
/** However long the thread was held up. */
const MOST_MS = 2;
const PART = 0.1;

export class TurnShare {
  /** Since when work has been waiting for its next turn; infinity while none was left. */
  #leftAt = Number.POSITIVE_INFINITY;

  /** Work begins or goes on. @returns until when it may; all in ms of one clock */
  begin(now: number): number {
    return now + Math.min(MOST_MS, Math.max(LEAST_MS, PART * (now - this.#leftAt)));
  }

  /** @param hasMore whether something is left for the next turn */
  end(now: number, hasMore: boolean): void {
    this.#leftAt = hasMore ? now : Number.POSITIVE_INFINITY;
  }
}
