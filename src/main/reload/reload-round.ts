/** Waits until the threads that were told of a reload go by it. Main thread. */

export class ReloadRound {
  readonly #waiting: Set<number>;
  readonly #end = Promise.withResolvers<void>();

  /** @param readers numbers of those that are told */
  constructor(readers: Iterable<number>) {
    this.#waiting = new Set(readers);
    this.#settle();
  }

  /** Resolves when each of them goes by it, or has left: the next one starts with it. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  done(reader: number): void {
    this.#waiting.delete(reader);
    this.#settle();
  }

  #settle(): void {
    if (this.#waiting.size === 0) this.#end.resolve();
  }
}
