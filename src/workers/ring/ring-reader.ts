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
import { loadPosition } from './shared-position.ts';

const TWO_POW_32 = 4294967296;

export interface RingReaderOptions {
  /**
   * Where to begin: behind the newest record (`newest`, the default), or at the oldest one that can be found (`oldest`):
   * the first of the current lap, which is the first of all while the ring has not been filled once.
   */
  readonly from?: 'newest' | 'oldest';
  /**
   * Called between two records: what follows comes after the records of another feed's ring up to `position`. It may drain
   * this reader too; what lies before the call is delivered.
   */
  readonly onHandover?: (feed: number, position: number) => void;
}

/**
 * One of any number of readers of a ring, with a position of its own. The writer does not know it and does not wait for
 * it. A reader that falls more than the capacity behind is lapped: it counts what it lost and goes on with the newest
 * record. That is a state and not an error; what it missed it heals from the last-value table.
 */
export class RingReader {
  /** The record that the handler is being called for: a private copy, overwritten by the next one. */
  readonly words: Int32Array;
  /** The same memory as `words`. */
  readonly doubles: Float64Array;
  readonly #ring: Int32Array;
  readonly #epochs: BigInt64Array;
  readonly #capacity: number;
  readonly #onHandover: (feed: number, position: number) => void;
  #position = 0;
  #nextIndex = 0;
  #lost = 0;
  #laps = 0;

  /** @throws RangeError when the buffer is not a ring */
  constructor(sab: SharedArrayBuffer, options: RingReaderOptions = {}) {
    this.#capacity = ringCapacity(sab);
    this.#onHandover = options.onHandover ?? (() => {});
    this.#ring = new Int32Array(sab);
    this.#epochs = new BigInt64Array(sab, 0, EPOCH_INT64 + 1);
    const scratch = new ArrayBuffer(maxMessageWords(this.#capacity) * 4);
    this.words = new Int32Array(scratch);
    this.doubles = new Float64Array(scratch);
    // The start of the lap may be given up already, also for good when the writer died after it claimed. The newest
    // record is given up only when the writer went around half the ring since its position was loaded: look again.
    let attached = options.from === 'oldest' && this.#attach('oldest');
    while (!attached) attached = this.#attach('newest');
  }

  /** Records that this reader did not get because it was lapped, skipped ones apart; exact whenever `drain` has returned. */
  get lost(): number {
    return this.#lost;
  }

  /** How often this reader was lapped. */
  get laps(): number {
    return this.#laps;
  }

  /**
   * Calls `handler` for the records that are there, `limit` at most, oldest first, each in `words`. Records written
   * meanwhile wait for the next call. A record counts as delivered when the handler is called, also if it throws.
   * The reader's thread; does not allocate, and throws only what the handler throws.
   *
   * @param handler gets the length of the message in words
   * @returns records delivered
   */
  drain(handler: (wordCount: number) => void, limit: number): number {
    return this.#drain(handler, limit, loadPosition(this.#ring, RING_WORD.TAIL));
  }

  /** As `drain`, up to a position that the writer has committed: nothing if this reader stands behind it. */
  drainTo(handler: (wordCount: number) => void, position: number): number {
    return this.#drain(handler, Number.POSITIVE_INFINITY, position);
  }

  #drain(handler: (wordCount: number) => void, limit: number, until: number): number {
    const ring = this.#ring;
    let tail = until;
    let delivered = 0;
    while (this.#position < tail && delivered < limit) {
      const position = this.#position;
      const at = this.#recordWord(position);
      // The writer may be overwriting all of this: nothing read here means anything before it is validated.
      const length = ring[at + RECORD_WORD.LENGTH]!;
      const kind = ring[at + RECORD_WORD.KIND]!;
      const index = ring[at + RECORD_WORD.INDEX_HI]! * TWO_POW_32 + (ring[at + RECORD_WORD.INDEX_LO]! >>> 0);
      const wordCount = (length - RECORD_HEADER_BYTES) >> 2;
      if (kind !== RECORD_KIND.PADDING) this.#copyMessage(at + RECORD_WORD.MESSAGE, wordCount);

      if (!this.#isIntact(position)) {
        this.#laps++;
        this.#position = loadPosition(ring, RING_WORD.LATEST);
        tail = Math.max(until, loadPosition(ring, RING_WORD.TAIL));
        continue;
      }
      this.#position = position + alignedLength(length);
      if (kind !== RECORD_KIND.TICK) {
        if (kind === RECORD_KIND.HANDOVER) this.#announceHandover();
        continue;
      }
      this.#lost += index - this.#nextIndex;
      this.#nextIndex = index + 1;
      delivered++;
      handler(wordCount);
    }
    return delivered;
  }

  /**
   * Goes on behind the newest record, as a new reader does. What is skipped was not wanted: it does not count as lost, and
   * neither does what this reader was lapped by meanwhile. At the price of one record, however many are skipped.
   * The reader's thread; neither allocates nor throws, and looks again only while the writer goes around half the ring.
   */
  skipToNewest(): void {
    const position = this.#position;
    const nextIndex = this.#nextIndex;
    while (!this.#attach('newest'));
    if (this.#position >= position) return;
    // LATEST follows TAIL, so it may be one record behind what was drained already; that one is not delivered again.
    this.#position = position;
    this.#nextIndex = nextIndex;
  }

  /** Whether `drain` would deliver something. The reader's thread; neither allocates nor throws. */
  hasRecords(): boolean {
    return loadPosition(this.#ring, RING_WORD.TAIL) > this.#position;
  }

  /** Bytes committed behind this reader's position; more than the capacity when it is lapped and has not seen it yet. */
  backlogBytes(): number {
    return loadPosition(this.#ring, RING_WORD.TAIL) - this.#position;
  }

  /** Records that all writers of this ring have committed since its creation. */
  written(): number {
    return loadPosition(this.#ring, RING_WORD.RECORD_COUNT);
  }

  /** Epoch of the writer that took the ring over last, 0 before the first. Allocates: not for every record. */
  epoch(): number {
    return Number(Atomics.load(this.#epochs, EPOCH_INT64));
  }

  /**
   * Whether nothing from `position` on was overwritten up to now. The writer moves INTENT before it writes, and the
   * fence keeps the copy before the load of INTENT: an intact position means an intact copy.
   */
  #isIntact(position: number): boolean {
    memoryFence();
    return loadPosition(this.#ring, RING_WORD.INTENT) - this.#capacity <= position;
  }

  #announceHandover(): void {
    const words = this.words;
    const lo = words[HANDOVER_WORD.POSITION_LO]! >>> 0;
    this.#onHandover(words[HANDOVER_WORD.FEED]!, words[HANDOVER_WORD.POSITION_HI]! * TWO_POW_32 + lo);
  }

  /** A length read while being lapped can be anything, so it is bounded by the scratch and by the end of the ring. */
  #copyMessage(from: number, wordCount: number): void {
    const ring = this.#ring;
    const words = this.words;
    const count = Math.min(wordCount, words.length, ring.length - from);
    for (let i = 0; i < count; i++) words[i] = ring[from + i]!;
  }

  #attach(from: 'newest' | 'oldest'): boolean {
    const tail = loadPosition(this.#ring, RING_WORD.TAIL);
    if (tail === 0) return true;
    const lapStart = tail - (tail % this.#capacity);
    const oldest = from === 'oldest' && lapStart < tail;
    const position = oldest ? lapStart : loadPosition(this.#ring, RING_WORD.LATEST);
    const at = this.#recordWord(position);
    const length = this.#ring[at + RECORD_WORD.LENGTH]!;
    const hi = this.#ring[at + RECORD_WORD.INDEX_HI]!;
    const index = hi * TWO_POW_32 + (this.#ring[at + RECORD_WORD.INDEX_LO]! >>> 0);
    // A handover has the number of the tick that follows it.
    const isTick = this.#ring[at + RECORD_WORD.KIND] === RECORD_KIND.TICK;
    if (!this.#isIntact(position)) return false;
    this.#position = oldest ? position : position + alignedLength(length);
    this.#nextIndex = oldest || !isTick ? index : index + 1;
    return true;
  }

  #recordWord(position: number): number {
    return RING_WORD.DATA + ((position & (this.#capacity - 1)) >> 2);
  }
}
