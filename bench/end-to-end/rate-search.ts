/** The search for the highest rate that is sustained: rates rise until one fails twice, then close in on the limit. */

export interface RateSearchOptions {
  /** Rates to begin with, rising. */
  readonly rungs: readonly number[];
  /** It ends when the rate that failed is at most so many times the one that was sustained. */
  readonly precision: number;
}

/** A machine that is busy for a moment fails a run, and the next one shows it. */
const CHANCES = 2;
/** Between rates when not even the first one is sustained, down to the least that is tried. */
const DOWN = 0.7;
const LEAST = 1000;
/** Rates are tried in whole hundreds. */
const STEP = 100;

const rounded = (rate: number) => Math.round(rate / STEP) * STEP;

export class RateSearch {
  readonly #options: RateSearchOptions;
  #sustained = 0;
  #failed = Number.POSITIVE_INFINITY;
  #failuresOfNext = 0;

  constructor(options: RateSearchOptions) {
    this.#options = options;
  }

  /** The highest rate that was sustained so far, per second; 0 for none. */
  get sustained(): number {
    return this.#sustained;
  }

  /** The rate to try, the same one again after its first failure; null when the limit is known, or above all rungs. */
  get next(): number | null {
    const { rungs, precision } = this.#options;
    if (this.#failed === Number.POSITIVE_INFINITY)
      return rungs.find((rate) => rate > this.#sustained) ?? null;
    const between = this.#sustained === 0 ? this.#failed * DOWN : Math.sqrt(this.#sustained * this.#failed);
    const rate = rounded(between);
    const isKnown = this.#failed <= this.#sustained * precision;
    return isKnown || rate < LEAST || rate <= this.#sustained || rate >= this.#failed ? null : rate;
  }

  /** What became of the rate to try. */
  report(isSustained: boolean): void {
    const rate = this.next;
    if (rate === null) return;
    if (isSustained) this.#sustained = rate;
    else if (++this.#failuresOfNext < CHANCES) return;
    else this.#failed = rate;
    this.#failuresOfNext = 0;
  }
}
