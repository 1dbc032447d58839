/** How fast a counter rises, from what it was at two moments. Main thread. */

/** A counter that has not been told for so long says nothing of now. */
const STALE_MS = 3000;

export class Rate {
  #count = 0;
  #at = Number.NaN;
  #perSecond = 0;

  /**
   * @param count what the counter stands at; one that has fallen began anew
   * @param at when it did, ms
   * @param now ms of the same clock
   * @returns per second between the two latest moments that differ; 0 at first, and when nothing has been told for a while
   */
  next(count: number, at: number, now: number): number {
    if (at !== this.#at) {
      const ms = at - this.#at;
      const rise = count >= this.#count ? count - this.#count : count;
      this.#perSecond = ms > 0 ? (rise * 1000) / ms : 0;
      this.#count = count;
      this.#at = at;
    }
    return now - at > STALE_MS ? 0 : this.#perSecond;
  }
}
