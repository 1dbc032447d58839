/**
 * Keeps the epochs of one stream rising while its source changes. Every source counts epochs by a clock of its own, so
 * those of the next one may be lower than what readers have seen, and its ticks would be taken for old ones. The numbers
 * of a source are shifted by the same amount until the next source takes over; within a source nothing changes.
 */
export class EpochShift {
  #shift = 0;
  #isTakenOver = true;
  /** The highest epoch that was given out. */
  #last: number;

  /** @param floor the lowest epoch that may be given out */
  constructor(floor = 0) {
    this.#last = floor - 1;
  }

  /** Whether epochs come out as they went in, unless another source has just taken over. Neither allocates nor throws. */
  get isNone(): boolean {
    return this.#shift === 0;
  }

  /** What comes from now on is another source's: its first epoch comes out higher than all before. */
  takeOver(): void {
    this.#isTakenOver = true;
  }

  /** The epoch under which a tick of the present source is told. Hot path: neither allocates nor throws. */
  apply(epoch: number): number {
    if (this.#isTakenOver) {
      this.#isTakenOver = false;
      this.#shift = Math.max(0, this.#last + 1 - epoch);
    }
    const shifted = epoch + this.#shift;
    if (shifted > this.#last) this.#last = shifted;
    return shifted;
  }
}
