import { memoryFence } from './memory-fence.ts';
import {
  alignedLength,
  EPOCH_INT64,
  HANDOVER_WORD,
  maxMessageWords,
  RECORD_HEADER_BYTES,
  RECORD_KIND,
  RECORD_WORD,
  RING_WORD,
  ringCapacity,
} from './ring-layout.ts';
import { loadPosition, repairPosition, storePosition } from './shared-position.ts';

const TWO_POW_32 = 4294967296;

/**
 * The one writer of a ring. It never waits: readers that are too slow are lapped and see it for themselves.
 *
 * A write goes through three states that a reader can tell apart, whenever the writer is interrupted or killed:
 * claimed (INTENT is ahead of TAIL: the oldest records are given up), committed (TAIL is moved: the record exists), and
 * announced (LATEST and RECORD_COUNT are moved too).
 */
export class RingWriter {
  readonly #words: Int32Array;
  readonly #capacity: number;
  readonly #maxWords: number;
  readonly #handover = new Int32Array(HANDOVER_WORD.WORDS);
  #intent: number;
  #tail: number;
  #count: number;

  /**
   * Takes the ring over, be it new or left by a writer that was killed at any point: goes on from TAIL, so that a
   * half-written record is overwritten and never read, and leaves INTENT where it is, so that it never goes back.
   *
   * @param epoch generation of the writer: an integer larger than that of every writer before it, from 1
   * @throws RangeError when the buffer is not a ring or the epoch does not grow
   */
  constructor(sab: SharedArrayBuffer, epoch: number) {
    this.#capacity = ringCapacity(sab);
    this.#maxWords = maxMessageWords(this.#capacity);
    this.#words = new Int32Array(sab);
    const epochs = new BigInt64Array(sab, 0, EPOCH_INT64 + 1);
    const previous = Atomics.load(epochs, EPOCH_INT64);
    if (!Number.isSafeInteger(epoch) || epoch <= Number(previous)) {
      throw new RangeError(
        `ring epoch ${epoch} must be an integer larger than ${previous}, the epoch before it`,
      );
    }

    this.#tail = loadPosition(this.#words, RING_WORD.TAIL);
    this.#intent = loadPosition(this.#words, RING_WORD.INTENT);
    this.#count = 0;
    let latest = 0;
    // The killed writer may have moved TAIL and not LATEST. Then the newest tick is behind LATEST. Both are intact: from
    // LATEST to INTENT are at most two writes and the handovers between them, less than the capacity.
    let position = loadPosition(this.#words, RING_WORD.LATEST);
    while (position < this.#tail) {
      const at = this.#recordWord(position);
      if (this.#words[at + RECORD_WORD.KIND] === RECORD_KIND.TICK) {
        latest = position;
        const hi = this.#words[at + RECORD_WORD.INDEX_HI]!;
        this.#count = hi * TWO_POW_32 + (this.#words[at + RECORD_WORD.INDEX_LO]! >>> 0) + 1;
      }
      position += alignedLength(this.#words[at + RECORD_WORD.LENGTH]!);
    }
    repairPosition(this.#words, RING_WORD.INTENT, this.#intent);
    repairPosition(this.#words, RING_WORD.TAIL, this.#tail);
    repairPosition(this.#words, RING_WORD.LATEST, latest);
    repairPosition(this.#words, RING_WORD.RECORD_COUNT, this.#count);
    Atomics.store(epochs, EPOCH_INT64, BigInt(epoch));
  }

  /**
   * Writes the first `wordCount` of `words` as one record. The feed worker's thread; never waits, does not allocate, and
   * throws only for a programming error.
   *
   * @throws RangeError when the record would take more than an eighth of the ring
   */
  write(words: Int32Array, wordCount: number): void {
    if (wordCount > this.#maxWords) {
      throw new RangeError(
        `message of ${wordCount} words is larger than ${this.#maxWords}, the limit of a ring of ${this.#capacity} bytes`,
      );
    }
    const count = this.#count;
    const start = this.#commit(words, wordCount, RECORD_KIND.TICK);
    this.#count = count + 1;
    storePosition(this.#words, RING_WORD.LATEST, start);
    storePosition(this.#words, RING_WORD.RECORD_COUNT, count + 1);
  }

  /** End of what is committed. */
  get position(): number {
    return this.#tail;
  }

  /**
   * Writes that instruments whose ticks follow had theirs in another ring, which readers read up to `position` before they
   * go on. To be followed by a tick. The feed worker's thread; neither allocates nor throws.
   *
   * @param feed number of the worker that writes the other ring
   */
  writeHandover(feed: number, position: number): void {
    this.#handover[HANDOVER_WORD.FEED] = feed;
    this.#handover[HANDOVER_WORD.POSITION_LO] = position | 0;
    this.#handover[HANDOVER_WORD.POSITION_HI] = Math.floor(position / TWO_POW_32);
    this.#commit(this.#handover, HANDOVER_WORD.WORDS, RECORD_KIND.HANDOVER);
  }

  /** Claims, writes and commits a record. @returns its start */
  #commit(words: Int32Array, wordCount: number, kind: number): number {
    const ring = this.#words;
    const length = RECORD_HEADER_BYTES + wordCount * 4;
    const space = alignedLength(length);
    const tail = this.#tail;
    const room = this.#capacity - (tail & (this.#capacity - 1));
    const start = room < space ? tail + room : tail;
    const end = start + space;

    // Claim. The fence keeps the plain stores below from becoming visible before INTENT: a reader that has copied any
    // of them then finds that it was lapped.
    if (end > this.#intent) {
      this.#intent = end;
      storePosition(ring, RING_WORD.INTENT, end);
    }
    memoryFence();

    if (start !== tail) {
      const padding = this.#recordWord(tail);
      ring[padding + RECORD_WORD.LENGTH] = room;
      ring[padding + RECORD_WORD.KIND] = RECORD_KIND.PADDING;
    }
    const at = this.#recordWord(start);
    const count = this.#count;
    ring[at + RECORD_WORD.LENGTH] = length;
    ring[at + RECORD_WORD.KIND] = kind;
    ring[at + RECORD_WORD.INDEX_LO] = count | 0;
    ring[at + RECORD_WORD.INDEX_HI] = Math.floor(count / TWO_POW_32);
    const message = at + RECORD_WORD.MESSAGE;
    for (let i = 0; i < wordCount; i++) ring[message + i] = words[i]!;

    // Commit. The stores are sequentially consistent, so what was written above is visible to whoever sees TAIL.
    this.#tail = end;
    storePosition(ring, RING_WORD.TAIL, end);
    return start;
  }

  #recordWord(position: number): number {
    return RING_WORD.DATA + ((position & (this.#capacity - 1)) >> 2);
  }
}
