import { TickwireError } from '../errors.ts';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: TickwireError) => void;
}

/** Runs few checks at one time and lets a bounded number of others wait in their order. */
export class CheckQueue {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(limits: { readonly maxRunning: number; readonly maxWaiting: number }) {
    this.#maxRunning = limits.maxRunning;
    this.#maxWaiting = limits.maxWaiting;
  }

  /** @throws TickwireError KEY_CHECKS_BUSY if too many wait already, KEY_CHECKS_CLOSED if closed while waiting */
  async run<T>(check: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#maxRunning) await this.#turn();
    else this.#running++;
    try {
      return await check();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next.start(); // takes over this run's place
    }
  }

  /** Refuses all that wait; those that run come to their end. */
  close(): void {
    const error = new TickwireError('KEY_CHECKS_CLOSED', 'The engine stops: the key was not checked.');
    for (const waiting of this.#waiting.splice(0)) waiting.refuse(error);
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new TickwireError(
        'KEY_CHECKS_BUSY',
        `${this.#waiting.length} keys wait for their check already; the client may try again in some seconds.`,
      );
    }
    return new Promise((start, refuse) => this.#waiting.push({ start, refuse }));
  }
}
