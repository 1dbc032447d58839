/**
 * Nanoseconds since 1970 without BigInt and without allocation, for the stamps of a tick.
 *
 * Runs on the monotonic clock, so that the stamps of one thread never go backwards, from an origin read off the wall
 * clock. Threads read their origins at different moments, each to about 0.25 µs (the resolution of a double that holds
 * ms since 1970); stamps of two threads compare to within that. When somebody sets the wall clock, `adjust` follows it.
 */

const TWO_32 = 4294967296;
/** The wall clock is read in whole ms and may slew; only a larger difference is a clock that was set. */
const STEP_NS = 50_000_000n;

export class EpochClock {
  #originLo = 0;
  #originHi = 0;
  #originNs = 0n;

  constructor() {
    this.#setOrigin(BigInt(Math.round(performance.timeOrigin * 1000)) * 1000n);
  }

  #setOrigin(ns: bigint): void {
    this.#originNs = ns;
    this.#originLo = Number(ns & 0xffffffffn);
    this.#originHi = Number(ns >> 32n);
  }

  /** Writes the present time as int64 at `word`. Hot path, owning thread; neither allocates nor throws. */
  stamp(words: Int32Array, word: number): void {
    this.stampAt(performance.now(), words, word);
  }

  /** As `stamp`, with a time that was read before. @param nowMs `performance.now()` of this thread */
  stampAt(nowMs: number, words: Int32Array, word: number): void {
    const elapsedNs = Math.floor(nowMs * 1e6);
    const lo = this.#originLo + (elapsedNs % TWO_32);
    words[word] = lo | 0;
    words[word + 1] = this.#originHi + Math.floor(elapsedNs / TWO_32) + (lo >= TWO_32 ? 1 : 0);
  }

  /** Follows a wall clock that was set. To be called now and then from a timer. @returns whether it had to */
  adjust(): boolean {
    const wallNs = BigInt(Date.now()) * 1_000_000n;
    const ourNs = this.#originNs + BigInt(Math.floor(performance.now() * 1e6));
    const difference = wallNs - ourNs;
    if (difference < STEP_NS && difference > -STEP_NS) return false;
    this.#setOrigin(this.#originNs + difference);
    return true;
  }
}
