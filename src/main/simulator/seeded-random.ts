const TWO_32 = 2 ** 32;

/** A 32-bit hash of a text (FNV-1a with a final mix, so that neighbouring tokens differ in all bits). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Small seeded generator (mulberry32): the same seed gives the same numbers on every machine. No cryptography.
 */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The next integer from 0 to 2^32 - 1. Does not allocate. */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** The next number in [0, 1). */
  fraction(): number {
    return this.uint32() / TWO_32;
  }

  /** The next integer in [0, limit); `limit` is at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.uint32() * limit) / TWO_32);
  }

  /** The next integer in [from, to], both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }
}
