/**
 * Counts of how long something took, in buckets that are an eighth of a power of two wide: from 1 µs to 134 s no value is
 * told wrong by more than an eighth of itself. Any thread; each has histograms of its own.
 */

/** Parts of a power of two, as bits of the mantissa. */
const PART_BITS = 3;
export const PARTS = 1 << PART_BITS;
/** Powers of two from 1 µs on. */
export const OCTAVES = 27;
/** The first is for less than 1 µs, the last for more than there are octaves. */
export const BUCKETS = OCTAVES * PARTS + 2;

const EXPONENT_BIAS = 1023;
const MANTISSA_BITS_IN_HIGH_WORD = 20;
const SHIFT = MANTISSA_BITS_IN_HIGH_WORD - PART_BITS;
const FIRST = (EXPONENT_BIAS << PART_BITS) - 1;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** What was counted since the last time, as it is posted to the main thread. */
export interface HistogramIncrement {
  readonly counts: Uint32Array;
  readonly sumUs: number;
  readonly maxUs: number;
}

/** The bucket of a value: exponent and first bits of the mantissa, read off the double. Neither allocates nor throws. */
function bucketOf(us: number): number {
  double[0] = us;
  const bucket = (words[1]! >> SHIFT) - FIRST;
  if (bucket < 1) return 0;
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/** Lowest value of a bucket, µs. @param bucket from 0 to BUCKETS */
export function bucketStart(bucket: number): number {
  if (bucket <= 0) return 0;
  const part = (bucket - 1) % PARTS;
  return 2 ** Math.floor((bucket - 1) / PARTS) * (1 + part / PARTS);
}

export class HopHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #sumUs = 0;
  #maxUs = 0;
  #isEmpty = true;

  /**
   * Hot path, owning thread; neither allocates nor throws.
   * @param us microseconds, not negative
   */
  record(us: number): void {
    const bucket = bucketOf(us);
    this.#counts[bucket] = this.#counts[bucket]! + 1;
    this.#sumUs += us;
    if (us > this.#maxUs) this.#maxUs = us;
    this.#isEmpty = false;
  }

  /**
   * Records how long ago all of these were, in one go: half the cost of one by one. Hot path, owning thread; neither
   * allocates nor throws.
   *
   * @param times the first `count` of them; with `now` in ns of one clock
   * @returns how many lie in the future; they count as 0
   */
  recordAges(times: Float64Array, count: number, now: number): number {
    const counts = this.#counts;
    let sumUs = 0;
    let maxUs = this.#maxUs;
    let future = 0;
    for (let i = 0; i < count; i++) {
      let us = (now - times[i]!) / 1000;
      if (us < 0) {
        us = 0;
        future++;
      }
      const bucket = bucketOf(us);
      counts[bucket] = counts[bucket]! + 1;
      sumUs += us;
      if (us > maxUs) maxUs = us;
    }
    this.#sumUs += sumUs;
    this.#maxUs = maxUs;
    this.#isEmpty = this.#isEmpty && count === 0;
    return future;
  }

  /** What was recorded since the last call; null for nothing. */
  take(): HistogramIncrement | null {
    if (this.#isEmpty) return null;
    const increment = { counts: this.#counts.slice(), sumUs: this.#sumUs, maxUs: this.#maxUs };
    this.#counts.fill(0);
    this.#sumUs = 0;
    this.#maxUs = 0;
    this.#isEmpty = true;
    return increment;
  }
}
