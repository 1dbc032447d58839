/** Waits until the threads that were told of a reload go by it. Main thread. */

export class ReloadRound {
  readonly #waiting: Set<number>;
  readonly #end = Promise.withResolvers<readonly string[]>();
  readonly #troubles = new Set<string>();

  /** @param readers numbers of those that are told */
  constructor(readers: Iterable<number>) {
    this.#waiting = new Set(readers);
    this.#settle();
  }

  /** Resolves when each of them goes by it, or has left: the next one starts with it. With what they could not take over. */
  get ended(): Promise<readonly string[]> {
    return this.#end.promise;
  }

  done(reader: number, trouble = ''): void {
    if (this.#waiting.delete(reader) && trouble !== '') this.#troubles.add(trouble);
    this.#settle();
  }

  #settle(): void {
    if (this.#waiting.size === 0) this.#end.resolve([...this.#troubles]);
  }
}
