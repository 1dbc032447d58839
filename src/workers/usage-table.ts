/**
 * What the proxy workers of a process use together, in shared memory, so that each can look whether there is room without
 * asking anybody. A worker writes its own row alone; a sum goes over all rows. Sums of counts that others change at the
 * same time may be a moment old: whoever claims adds first and looks then, so that a limit is never passed.
 *
 * | column   | content                                          | unit  | writer                         |
 * | 0        | unsent bytes to clients                          | KiB   | the worker of the row          |
 * | 1        | bytes of requests that wait                      | KiB   | the worker of the row          |
 * | 2        | subscriptions                                    |       | the worker of the row          |
 * | 3        | connections                                      |       | the worker of the row          |
 * | 4        | streams: see `proxy/subscriptions/subscription-index.ts`       |       | the worker of the row          |
 * | 5        | handshakes: sockets that are no client's yet     |       | the worker of the row          |
 * | 6 and on | subscriptions of a key, which main gives a place |       | the worker of the row          |
 *
 * All cells are int32, read and written with Atomics. When a worker is gone, main clears its row.
 */

export const USAGE = {
  OUTBOUND_KIB: 0,
  INBOUND_KIB: 1,
  SUBSCRIPTIONS: 2,
  CONNECTIONS: 3,
  STREAMS: 4,
  HANDSHAKES: 5,
  FIRST_KEY: 6,
} as const;

/** Place of a key for which there was none: its subscriptions are not counted. */
export const NO_PLACE = -1;

export class UsageTable {
  readonly #cells: Int32Array;
  readonly #columns: number;
  readonly #rows: number;

  /** Memory for so many workers and keys, all zero. */
  static create(workers: number, keys: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * workers * (USAGE.FIRST_KEY + keys));
  }

  /** @param workers as at its creation */
  constructor(memory: SharedArrayBuffer, workers: number) {
    this.#cells = new Int32Array(memory);
    this.#rows = workers;
    this.#columns = this.#cells.length / workers;
  }

  /** Over all workers. Does not allocate. */
  sum(column: number): number {
    let total = 0;
    for (let row = 0; row < this.#rows; row++)
      total += Atomics.load(this.#cells, row * this.#columns + column);
    return total;
  }

  add(row: number, column: number, count: number): void {
    Atomics.add(this.#cells, row * this.#columns + column, count);
  }

  set(row: number, column: number, value: number): void {
    Atomics.store(this.#cells, row * this.#columns + column, value);
  }

  /**
   * Claims up to `count` within a limit of the sum.
   * @param limit 0: none
   * @returns how many there was room for, all of which are counted now
   */
  claim(row: number, column: number, count: number, limit: number): number {
    this.add(row, column, count);
    if (limit === 0) return count;
    const over = Math.min(count, Math.max(0, this.sum(column) - limit));
    if (over > 0) this.add(row, column, -over);
    return count - over;
  }

  /** The worker of the row is gone, and with it all that it used. */
  clear(row: number): void {
    for (let column = 0; column < this.#columns; column++) this.set(row, column, 0);
  }
}
