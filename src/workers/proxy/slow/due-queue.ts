/** What is due later, soonest first: a binary heap. Proxy worker thread. */

interface Entry<T> {
  readonly at: number;
  readonly item: T;
}

export class DueQueue<T> {
  readonly #heap: Entry<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the soonest is due; infinity when there is none. */
  get soonest(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  push(at: number, item: T): void {
    const heap = this.#heap;
    const entry = { at, item };
    let place = heap.length;
    for (heap.push(entry); place > 0; ) {
      const parent = (place - 1) >> 1;
      if (heap[parent]!.at <= at) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = entry;
  }

  /** Lets go of what is not wanted any more. Takes time for each entry. */
  keep(isWanted: (item: T, at: number) => boolean): void {
    const heap = this.#heap;
    let kept = 0;
    for (const entry of heap) if (isWanted(entry.item, entry.at)) heap[kept++] = entry;
    heap.length = kept;
    for (let place = (kept >> 1) - 1; place >= 0; place--) this.#sink(heap[place]!, place);
  }

  /** Takes the soonest out. @returns undefined when there is none */
  pop(): T | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.item;
    this.#sink(last, 0);
    return first.item;
  }

  /** Puts an entry at a place or below it; what is below is in order. */
  #sink(entry: Entry<T>, from: number): void {
    const heap = this.#heap;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= entry.at) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = entry;
  }
}
