/**
 * The slots of this worker: what stands for an instrument between the source and everything behind it. A slot is used
 * again when nobody holds its instrument, so there are no more of them than were ever held at once. What was freed first
 * is used again first. Proxy worker thread.
 */
export class LocalSlots<T> {
  readonly #values: (T | undefined)[] = [];
  #free: number[] = [];
  /** Freed slots before this index are in use again. */
  #nextFree = 0;

  /** Slots that were ever needed. */
  get size(): number {
    return this.#values.length;
  }

  /** Hot path; neither allocates nor throws. */
  get(slot: number): T | undefined {
    return this.#values[slot];
  }

  /** @param create makes what the slot stands for */
  claim(create: (slot: number) => T): T {
    const slot = this.#nextFree < this.#free.length ? this.#free[this.#nextFree++]! : this.#values.length;
    const value = create(slot);
    this.#values[slot] = value;
    return value;
  }

  free(slot: number): void {
    if (this.#values[slot] === undefined) return;
    this.#values[slot] = undefined;
    if (this.#nextFree > 0 && this.#nextFree >= this.#free.length / 2) {
      this.#free = this.#free.slice(this.#nextFree);
      this.#nextFree = 0;
    }
    this.#free.push(slot);
  }
}
