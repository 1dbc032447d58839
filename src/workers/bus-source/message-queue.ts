/** Messages of one feed host that were received and wait to be drained, oldest first. Proxy worker thread. */

/** Beyond it nothing is received: ZeroMQ's high-water marks hold the rest, and drop what is too much. */
const LIMIT = 1024;

export class MessageQueue {
  #messages: (readonly Buffer[])[] = [];
  #next = 0;
  #onRoom: (() => void) | null = null;

  get isEmpty(): boolean {
    return this.#next === this.#messages.length;
  }

  get length(): number {
    return this.#messages.length - this.#next;
  }

  push(message: readonly Buffer[]): void {
    this.#messages.push(message);
  }

  /** The oldest message; undefined when there is none. */
  shift(): readonly Buffer[] | undefined {
    const message = this.#messages[this.#next];
    if (message === undefined) return undefined;
    this.#next++;
    if (this.isEmpty) {
      this.#messages = [];
      this.#next = 0;
      this.#onRoom?.();
    } else if (this.#next === LIMIT) {
      // What is never quite empty would keep all that was ever in it.
      this.#messages = this.#messages.slice(LIMIT);
      this.#next = 0;
    }
    return message;
  }

  /** Null while there is room; else resolves when all that waits has been taken. */
  room(): Promise<void> | null {
    if (this.length < LIMIT) return null;
    return new Promise((resolve) => {
      this.#onRoom = () => {
        this.#onRoom = null;
        resolve();
      };
    });
  }

  /** Drops everything. */
  clear(): void {
    this.#messages = [];
    this.#next = 0;
    this.#onRoom?.();
  }
}
