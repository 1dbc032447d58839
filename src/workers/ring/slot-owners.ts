/**
 * Which feed worker may write an instrument's ticks, in shared memory beside the last-value table. Two connections may
 * carry one instrument for a moment, so that it can move without a pause; the owner alone writes its last value and its
 * ticks, and says with the slot where the next one goes on. Words are int32.
 *
 * | word            | content                                                | writer              | memory order        |
 * | slot            | OWNER: feed number + 1, 0 for nobody                   | see below           | seq-cst             |
 * | slots + 18·slot | state of the giver, see STATE                          | whoever gives       | plain, by OWNER     |
 *
 * | transition of OWNER | by whom                                                                                    |
 * | 0 → feed            | that feed's worker, by compare-and-exchange, when it has a first tick or a first wish        |
 * | feed → other, → 0   | the owner's worker in its own event loop, hence never within a write of its own              |
 * | feed → other        | main, when the thread of the owner's worker has ended                                       |
 *
 * So nobody but a worker itself takes a slot away from it while it lives: a worker that is the owner need not look again.
 */

/** Words of the giver's state, counted from its start. int64 are two words, low and high. */
const STATE = {
  /** Feed number + 1 of the giver; 0: there is nothing to go on from. The taker clears it when it has read it. */
  GIVER: 0,
  POSITION: 1,
  EPOCH: 3,
  SEQ: 5,
  DEEP_SEQ: 7,
  GAPS: 9,
  LAST_TIME: 10,
  LAST_SEQ: 12,
  LAST_DEEP_TIME: 14,
  /** The highest epoch of any owner; of the slot, not of the giver. */
  HIGHEST_EPOCH: 16,
  WORDS: 18,
} as const;

const GAP = { BASE: 1, DEEP: 2 } as const;
const TWO_POW_32 = 4294967296;
const NOBODY = 0;

/** Where a giver stopped. */
export interface SlotState {
  /** Feed number of the giver, and the end of its ring after its last tick: readers go there before they go on. */
  readonly giver: number;
  readonly position: number;
  /** 0: the giver could not say; the taker begins an epoch of its own. */
  readonly epoch: number;
  readonly seq: number;
  readonly deepSeq: number;
  /** The giver's connection was lost after its last tick, of the modes LTP to DEPTH and of the deep overlay. */
  readonly gapBefore: boolean;
  readonly deepGapBefore: boolean;
  /** Exchange time and sequence number of the giver's last ticks, 0 when there was none. */
  readonly lastTimeMs: number;
  readonly lastSeq: number;
  readonly lastDeepTimeMs: number;
}

export class SlotOwners {
  readonly #words: Int32Array;
  readonly #slots: number;

  /**
   * Memory for `slots` instruments that nobody owns; 76 bytes each.
   * @throws RangeError when `slots` is not a positive integer
   */
  static create(slots: number): SharedArrayBuffer {
    if (!Number.isInteger(slots) || slots < 1)
      throw new RangeError(`slots ${slots} must be a positive integer`);
    return new SharedArrayBuffer(slots * (1 + STATE.WORDS) * 4);
  }

  constructor(sab: SharedArrayBuffer) {
    this.#words = new Int32Array(sab);
    this.#slots = this.#words.length / (1 + STATE.WORDS);
  }

  /** The feed that owns a slot, null if nobody does. Any thread; neither allocates nor throws. */
  ownerOf(slot: number): number | null {
    const owner = Atomics.load(this.#words, slot);
    return owner === NOBODY ? null : owner - 1;
  }

  /** Makes `feed` the owner if nobody is. For that feed's worker. @returns whether it is the owner now */
  claim(slot: number, feed: number): boolean {
    const before = Atomics.compareExchange(this.#words, slot, NOBODY, feed + 1);
    return before === NOBODY || before === feed + 1;
  }

  /** Nobody owns the slot from here on. For its owner, or for main when the owner's thread has ended. */
  release(slot: number): void {
    this.#words[this.#stateWord(slot)] = 0;
    Atomics.store(this.#words, slot, NOBODY);
  }

  /** Makes `to` the owner. For the owner, or for main when the owner's thread has ended. */
  give(slot: number, to: number, state: SlotState): void {
    const words = this.#words;
    const at = this.#stateWord(slot);
    words[at + STATE.GIVER] = state.giver + 1;
    this.#writeInt64(at + STATE.POSITION, state.position);
    this.#writeInt64(at + STATE.EPOCH, state.epoch);
    this.#writeInt64(at + STATE.SEQ, state.seq);
    this.#writeInt64(at + STATE.DEEP_SEQ, state.deepSeq);
    words[at + STATE.GAPS] = (state.gapBefore ? GAP.BASE : 0) | (state.deepGapBefore ? GAP.DEEP : 0);
    this.#writeInt64(at + STATE.LAST_TIME, state.lastTimeMs);
    this.#writeInt64(at + STATE.LAST_SEQ, state.lastSeq);
    this.#writeInt64(at + STATE.LAST_DEEP_TIME, state.lastDeepTimeMs);
    // Sequentially consistent: whoever reads the new owner reads the state above.
    Atomics.store(words, slot, to + 1);
  }

  /**
   * An epoch above all that the slot's ticks had before: readers drop ticks of an earlier one as delivered. For the owner.
   * @param epoch the least that it shall be
   */
  raiseEpoch(slot: number, epoch: number): number {
    const at = this.#stateWord(slot) + STATE.HIGHEST_EPOCH;
    const raised = Math.max(epoch, this.#readInt64(at) + 1);
    this.#writeInt64(at, raised);
    return raised;
  }

  /**
   * What the giver left, once: a worker that starts again as the owner goes on from nothing. For the owner.
   * @returns null when there is nothing to go on from
   */
  takeState(slot: number): SlotState | null {
    const words = this.#words;
    const at = this.#stateWord(slot);
    const giver = words[at + STATE.GIVER]!;
    if (giver === 0) return null;
    words[at + STATE.GIVER] = 0;
    const gaps = words[at + STATE.GAPS]!;
    return {
      giver: giver - 1,
      position: this.#readInt64(at + STATE.POSITION),
      epoch: this.#readInt64(at + STATE.EPOCH),
      seq: this.#readInt64(at + STATE.SEQ),
      deepSeq: this.#readInt64(at + STATE.DEEP_SEQ),
      gapBefore: (gaps & GAP.BASE) !== 0,
      deepGapBefore: (gaps & GAP.DEEP) !== 0,
      lastTimeMs: this.#readInt64(at + STATE.LAST_TIME),
      lastSeq: this.#readInt64(at + STATE.LAST_SEQ),
      lastDeepTimeMs: this.#readInt64(at + STATE.LAST_DEEP_TIME),
    };
  }

  #stateWord(slot: number): number {
    return this.#slots + slot * STATE.WORDS;
  }

  #readInt64(at: number): number {
    return this.#words[at + 1]! * TWO_POW_32 + (this.#words[at]! >>> 0);
  }

  #writeInt64(at: number, value: number): void {
    this.#words[at] = value | 0;
    this.#words[at + 1] = Math.floor(value / TWO_POW_32);
  }
}
