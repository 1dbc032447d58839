/** What a feed worker that has ended leaves behind in shared memory. Main thread, which acts in its place. */
import type { LastValueTable } from '../../workers/ring/last-value-table.ts';
import type { SlotOwners } from '../../workers/ring/slot-owners.ts';

export class AbandonedSlots {
  readonly #feed: number;
  readonly #owners: SlotOwners;
  readonly #lastValues: LastValueTable;

  /** @param feed number of the worker's feed */
  constructor(feed: number, owners: SlotOwners, lastValues: LastValueTable) {
    this.#feed = feed;
    this.#owners = owners;
    this.#lastValues = lastValues;
  }

  /**
   * The worker has ended. Last values that it left only get older, and the next worker may never come to these instruments.
   * @param isWished whether the next worker shall carry a slot; others are free for any connection
   */
  clean(isWished: (slot: number) => boolean): void {
    for (let slot = 0; slot < this.#lastValues.slots; slot++) this.#cleanSlot(slot, isWished(slot));
  }

  /** Slots that nobody wishes for any more here, told while there is no worker that could free them. */
  free(slots: Iterable<number>): void {
    for (const slot of slots) this.#cleanSlot(slot, false);
  }

  #cleanSlot(slot: number, isWished: boolean): void {
    if (this.#owners.ownerOf(slot) !== this.#feed) return;
    this.#lastValues.clear(slot);
    if (!isWished) this.#owners.release(slot);
  }
}
