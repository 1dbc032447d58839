/**
 * Lets a few of many questions be under way at a time. Those who ask take turns: one with hundreds of questions delays
 * another's single one by no more than what is under way. Bus worker thread.
 */
export class FairTurns {
  readonly #maxRunning: number;
  /** By asker, who is next first; none is empty. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #running = 0;

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  /** @param start begins the question when its turn comes; resolves when it is answered, and does not reject */
  run(asker: string, start: () => Promise<void>): void {
    const queue = this.#waiting.get(asker);
    if (queue === undefined) this.#waiting.set(asker, [start]);
    else queue.push(start);
    this.#startNext();
  }

  #startNext(): void {
    while (this.#running < this.#maxRunning) {
      const start = this.#take();
      if (start === undefined) return;
      this.#running++;
      void start().then(() => {
        this.#running--;
        this.#startNext();
      });
    }
  }

  #take(): (() => Promise<void>) | undefined {
    for (const [asker, queue] of this.#waiting) {
      const start = queue.shift();
      this.#waiting.delete(asker);
      // Behind all others.
      if (queue.length > 0) this.#waiting.set(asker, queue);
      return start;
    }
    return undefined;
  }
}
