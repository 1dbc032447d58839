import type { TickHandler, TickSource } from '../tick-source.ts';
import type { RingHandle } from '../worker-messages.ts';
import { KIND, LastValueTable } from './last-value-table.ts';
import { RingReader } from './ring-reader.ts';

interface RingEntry {
  readonly feed: number;
  readonly reader: RingReader;
  /** Bound once per ring, so that draining creates no closure. */
  readonly deliver: (wordCount: number) => void;
}

/** Ticks of the feed workers in this process, straight from their rings. Owned by one reader thread. */
export class RingTickSource implements TickSource {
  readonly #rings: RingEntry[] = [];
  readonly #lastValues: LastValueTable;
  /** Rings have news only. */
  readonly isLastValue = false;
  #handler: TickHandler = () => {};
  #lostBefore = 0;
  /** Ticks that were delivered ahead of another ring's, since the last look. */
  #handedOver = 0;

  constructor(rings: readonly RingHandle[], lastValues: SharedArrayBuffer) {
    this.#lastValues = new LastValueTable(lastValues);
    for (const ring of rings) this.#add(ring, 'newest');
  }

  /** A ring that was made just now: everything in it is news. */
  addRing(handle: RingHandle): void {
    this.#add(handle, 'oldest');
  }

  #add({ feed, ring }: RingHandle, from: 'newest' | 'oldest'): void {
    const reader = new RingReader(ring, { from, onHandover: this.#onHandover });
    const deliver = (wordCount: number) => this.#handler(reader.words, reader.doubles, wordCount);
    this.#rings.push({ feed, reader, deliver });
  }

  /** Ticks that an instrument had in the ring that it comes from go before those in the ring that it is in now. */
  readonly #onHandover = (feed: number, position: number): void => {
    const from = this.#rings.find((ring) => ring.feed === feed);
    if (from !== undefined) this.#handedOver += from.reader.drainTo(from.deliver, position);
  };

  /** Hot path; allocates nothing itself. */
  drain(handler: TickHandler, limit: number): number {
    this.#handler = handler;
    let count = 0;
    for (let i = 0; i < this.#rings.length; i++) {
      const { reader, deliver } = this.#rings[i]!;
      count += reader.drain(deliver, limit);
    }
    count += this.#handedOver;
    this.#handedOver = 0;
    return count;
  }

  hasTicks(): boolean {
    for (let i = 0; i < this.#rings.length; i++) if (this.#rings[i]!.reader.hasRecords()) return true;
    return false;
  }

  /** Leaves out what is in the rings, uncounted: for a reader that wanted nothing up to now. Does not allocate. */
  skipToNewest(): void {
    for (let i = 0; i < this.#rings.length; i++) this.#rings[i]!.reader.skipToNewest();
  }

  /** Slots that may have last values: from 0 to one below it. */
  get slots(): number {
    return this.#lastValues.slots;
  }

  readLast(slot: number, deep: boolean, into: Int32Array): number {
    return this.#lastValues.read(slot, deep ? KIND.DEEP : KIND.BASE, into);
  }

  /** Whether a slot has a last value of either kind. Does not allocate. */
  hasLast(slot: number): boolean {
    return this.#lastValues.has(slot, KIND.BASE) || this.#lastValues.has(slot, KIND.DEEP);
  }

  get lost(): number {
    let lost = 0;
    for (let i = 0; i < this.#rings.length; i++) lost += this.#rings[i]!.reader.lost;
    return lost;
  }

  takeLoss(): boolean {
    const lost = this.lost;
    if (lost === this.#lostBefore) return false;
    this.#lostBefore = lost;
    return true;
  }
}
