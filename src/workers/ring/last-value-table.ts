/**
 * The latest tick message of every instrument, in shared memory beside the rings. Readers that were lapped heal from it,
 * snapshots and conflation are served from it.
 *
 * A slot has one cell per kind. All BASE cells come first, so that the pages of DEEP cells that nobody uses are never
 * touched and cost no memory. Words are int32.
 *
 * | word of the cell | byte | content                                             | writer     | reader | memory order       |
 * | 0                | 0    | SEQUENCE: odd while a write is in progress          | feed       | any    | seq-cst and fence  |
 * | 1                | 4    | WORD_COUNT: length of the message, 0 = no value     | feed       | any    | plain, by SEQUENCE |
 * | 2–               | 8    | message words, up to MAX_TICK_BYTES (BASE) or       | feed       | any    | plain, by SEQUENCE |
 * |                  |      | MAX_DEEP_TICK_BYTES (DEEP)                          |            |        |                    |
 */
import { MAX_DEEP_TICK_BYTES, MAX_TICK_BYTES } from '../../codec/tick-message.ts';
import { memoryFence } from './memory-fence.ts';

/** BASE: the tick of modes LTP to DEPTH. DEEP: the overlay with up to 20 levels. */
export const KIND = { BASE: 0, DEEP: 1 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

export const CELL_WORD = { SEQUENCE: 0, WORD_COUNT: 1, MESSAGE: 2 } as const;
const CELL_HEAD_BYTES = CELL_WORD.MESSAGE * 4;
export const BASE_CELL_BYTES = CELL_HEAD_BYTES + MAX_TICK_BYTES;
export const DEEP_CELL_BYTES = CELL_HEAD_BYTES + MAX_DEEP_TICK_BYTES;
const SLOT_BYTES = BASE_CELL_BYTES + DEEP_CELL_BYTES;

/**
 * A write takes about 0.2 µs and a look at a cell a few ns, so that many looks outlast every write that goes on, and
 * only a writer that was killed, or put off its core, within a write makes a reader give up.
 */
export const MAX_READS = 1000;

export class LastValueTable {
  readonly slots: number;
  readonly #words: Int32Array;

  /**
   * Memory for `slots` instruments, without values. 2192 bytes of address space per slot.
   *
   * @throws RangeError when `slots` is not a positive integer
   */
  static create(slots: number): SharedArrayBuffer {
    if (!Number.isInteger(slots) || slots < 1)
      throw new RangeError(`slots ${slots} must be a positive integer`);
    return new SharedArrayBuffer(slots * SLOT_BYTES);
  }

  /** @throws RangeError when the memory was not made by `create` */
  constructor(sab: SharedArrayBuffer) {
    this.slots = sab.byteLength / SLOT_BYTES;
    if (!Number.isInteger(this.slots) || this.slots < 1) {
      throw new RangeError(`not a last-value table: ${sab.byteLength} bytes, a slot has ${SLOT_BYTES}`);
    }
    this.#words = new Int32Array(sab);
  }

  /**
   * Puts the first `wordCount` of `words` into a cell. One writer per slot at a time; it may follow one that was killed
   * within a write. The feed worker's thread; never waits, does not allocate, and throws only for a programming error.
   *
   * @throws RangeError when there is no such slot or the message is larger than the cell
   */
  write(slot: number, kind: Kind, words: Int32Array, wordCount: number): void {
    const cell = this.#cellWord(slot, kind);
    if (wordCount > maxWords(kind)) {
      throw new RangeError(`message of ${wordCount} words for slot ${slot}, a cell takes ${maxWords(kind)}`);
    }
    const table = this.#words;
    // Also right when a killed writer left the sequence odd: the cell stays closed until this write is complete.
    const odd = Atomics.load(table, cell + CELL_WORD.SEQUENCE) | 1;
    Atomics.store(table, cell + CELL_WORD.SEQUENCE, odd);
    memoryFence();
    table[cell + CELL_WORD.WORD_COUNT] = wordCount;
    const message = cell + CELL_WORD.MESSAGE;
    for (let i = 0; i < wordCount; i++) table[message + i] = words[i]!;
    Atomics.store(table, cell + CELL_WORD.SEQUENCE, odd + 1);
  }

  /**
   * Copies the latest message of a cell to the start of `into`: the old one or the new one, never a mix. Any thread;
   * does not allocate, never waits longer than MAX_READS looks, and throws only for a programming error.
   *
   * @param into at least MAX_TICK_BYTES (BASE) or MAX_DEEP_TICK_BYTES (DEEP) long; undefined content when 0 is returned
   * @returns length of the message in words; 0 when there is none, or when the writer stopped within a write. A writer
   * writes the table before the ring, so that the message which it was writing comes through the ring, if it lives.
   * @throws RangeError when there is no such slot or `into` is too short
   */
  read(slot: number, kind: Kind, into: Int32Array): number {
    const cell = this.#cellWord(slot, kind);
    const limit = maxWords(kind);
    if (into.length < limit) throw new RangeError(`place for ${into.length} words, a cell has ${limit}`);
    const table = this.#words;
    const message = cell + CELL_WORD.MESSAGE;
    for (let look = 0; look < MAX_READS; look++) {
      const sequence = Atomics.load(table, cell + CELL_WORD.SEQUENCE);
      if ((sequence & 1) === 1) continue;
      const wordCount = table[cell + CELL_WORD.WORD_COUNT]!;
      for (let i = 0; i < wordCount; i++) into[i] = table[message + i]!;
      memoryFence();
      if (Atomics.load(table, cell + CELL_WORD.SEQUENCE) === sequence) return wordCount;
    }
    return 0;
  }

  /**
   * Whether a cell has a value, without reading it. Any thread; neither waits nor allocates.
   *
   * @throws RangeError when there is no such slot
   */
  has(slot: number, kind: Kind): boolean {
    return Atomics.load(this.#words, this.#cellWord(slot, kind) + CELL_WORD.WORD_COUNT) > 0;
  }

  /**
   * Takes the values of a slot away, so that a new owner of the slot does not serve those of the old one. For the
   * writer of the slot, or whoever knows that it has none. Neither waits nor allocates.
   *
   * @throws RangeError when there is no such slot
   */
  clear(slot: number): void {
    this.write(slot, KIND.BASE, NOTHING, 0);
    this.clearDeep(slot);
  }

  /** As `clear`, for the deep overlay alone. */
  clearDeep(slot: number): void {
    this.write(slot, KIND.DEEP, NOTHING, 0);
  }

  #cellWord(slot: number, kind: Kind): number {
    if (!(slot >= 0 && slot < this.slots))
      throw new RangeError(`slot ${slot} of a table of ${this.slots} slots`);
    return kind === KIND.BASE
      ? (slot * BASE_CELL_BYTES) / 4
      : (this.slots * BASE_CELL_BYTES + slot * DEEP_CELL_BYTES) / 4;
  }
}

const NOTHING = new Int32Array(0);

function maxWords(kind: Kind): number {
  return (kind === KIND.BASE ? MAX_TICK_BYTES : MAX_DEEP_TICK_BYTES) / 4;
}
