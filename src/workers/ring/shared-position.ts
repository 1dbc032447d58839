/**
 * A growing 53-bit number in shared memory, with one writer and any number of readers, kept in three int32 words
 * (hiA, lo, hiB) because 64-bit atomics exist only for BigInt, which allocates.
 *
 * The writer stores hiA, lo, hiB in this order and skips the high words while they do not change; a reader loads hiB,
 * lo, hiA. All are sequentially consistent, so there is one order of all of them. High words only grow.
 *
 * Claim: when hiA = hiB = h, the position (h, lo) is one that the writer stored, and it was current when lo was loaded.
 * Proof: hiB = h was loaded first, so the carry to h was complete: its lo, stored before hiB, was there already. hiA = h
 * was loaded last, so the next carry, which begins with hiA, had not begun. Every lo stored in between belongs to h.
 *
 * A writer may be killed between hiA and hiB, so a reader must not wait for the two to agree. When it sees hiA = hiB + 1
 * and afterwards still the same hiB, then the carry was under way all the time from the load of hiA to the second load
 * of hiB, and a lo loaded in between is either the last one before the carry or the first one behind it. A step is
 * smaller than 2^31, so the former has its top bit set and the latter has not.
 */
const TWO_POW_32 = 4294967296;
const HI_A = 0;
const LO = 1;
const HI_B = 2;

/**
 * Loads the position whose first word is `at`. Any thread; neither allocates nor throws. Tries again only when the
 * writer passed a multiple of 2^32 in the meantime.
 */
export function loadPosition(words: Int32Array, at: number): number {
  for (;;) {
    const hiB = Atomics.load(words, at + HI_B);
    const lo = Atomics.load(words, at + LO);
    const hiA = Atomics.load(words, at + HI_A);
    if (hiA === hiB) return hiA * TWO_POW_32 + (lo >>> 0);
    const carryLo = Atomics.load(words, at + LO);
    if (hiA === hiB + 1 && Atomics.load(words, at + HI_B) === hiB) {
      return (carryLo < 0 ? hiB : hiA) * TWO_POW_32 + (carryLo >>> 0);
    }
  }
}

/**
 * Stores the next value, less than 2^31 ahead, of the position whose first word is `at`. Its only writer's thread; neither
 * allocates nor throws.
 */
export function storePosition(words: Int32Array, at: number, position: number): void {
  const hi = Math.floor(position / TWO_POW_32);
  if (words[at + HI_A] === hi) Atomics.store(words, at + LO, position | 0);
  else resetPosition(words, at, hi, position | 0);
}

/** Stores all three words, which also repairs a carry that a killed writer left half done. Only the writer's thread. */
export function repairPosition(words: Int32Array, at: number, position: number): void {
  resetPosition(words, at, Math.floor(position / TWO_POW_32), position | 0);
}

function resetPosition(words: Int32Array, at: number, hi: number, lo: number): void {
  Atomics.store(words, at + HI_A, hi);
  Atomics.store(words, at + LO, lo);
  Atomics.store(words, at + HI_B, hi);
}
