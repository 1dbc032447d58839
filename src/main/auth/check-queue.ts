/**
 * Runs slow checks one after another, with a pause behind each, so that they never take more than a part of one core
 * however many are asked for. Those who ask take turns: whoever asks for hundreds delays another's single check by one.
 * Main thread.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { TickwireError } from '../errors.ts';

export interface CheckLimits {
  /** Checks that may wait, of all askers together. */
  readonly maxWaiting: number;
  /** Whose turn has not come after so long is refused: a client waits 5 s for its answer. */
  readonly maxWaitMs: number;
  /** Time that passes behind a check before the next one, as a multiple of what the check took. */
  readonly pauseFactor: number;
  /** No pause is longer. A check that takes very long was kept from its core, and has not taken more of it. */
  readonly maxPauseMs: number;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: TickwireError) => void;
  readonly timer: NodeJS.Timeout;
}

export class CheckQueue {
  readonly #limits: CheckLimits;
  /** By asker, who is next first; none is empty. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #closed = new AbortController();
  #count = 0;
  #isRunning = false;

  constructor(limits: CheckLimits) {
    this.#limits = limits;
  }

  /**
   * @param asker who takes turns with others
   * @throws TickwireError KEY_CHECKS_BUSY if too many wait already or its turn does not come in time, KEY_CHECKS_CLOSED if
   *   closed while waiting
   */
  async run<T>(asker: string, check: () => Promise<T>): Promise<T> {
    if (this.#isRunning) await this.#turn(asker);
    this.#isRunning = true;
    const from = performance.now();
    try {
      return await check();
    } finally {
      void this.#goOn(performance.now() - from);
    }
  }

  /** Refuses all that wait; one that runs comes to its end. */
  close(): void {
    this.#closed.abort();
    const error = new TickwireError('KEY_CHECKS_CLOSED', 'The engine stops: the key was not checked.');
    for (let next = this.#take(); next !== undefined; next = this.#take()) next.refuse(error);
  }

  async #goOn(tookMs: number): Promise<void> {
    const pauseMs = Math.min(tookMs * this.#limits.pauseFactor, this.#limits.maxPauseMs);
    await delay(pauseMs, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    const next = this.#take();
    if (next === undefined) this.#isRunning = false;
    else next.start();
  }

  #turn(asker: string): Promise<void> {
    this.#makeRoom(asker);
    return new Promise((start, refuse) => {
      const timer = setTimeout(() => this.#giveUp(asker, entry), this.#limits.maxWaitMs);
      const entry: Waiting = { start, refuse, timer };
      const queue = this.#waiting.get(asker);
      if (queue === undefined) this.#waiting.set(asker, [entry]);
      else queue.push(entry);
      this.#count++;
    });
  }

  /** Where all places are taken, the last of whoever has most of them gives way to one who has fewer. */
  #makeRoom(asker: string): void {
    if (this.#count < this.#limits.maxWaiting) return;
    const [greediest, queue] = [...this.#waiting].reduce((a, b) => (b[1].length > a[1].length ? b : a));
    const own = this.#waiting.get(asker)?.length ?? 0;
    if (queue.length <= own + 1) throw busy(this.#count);
    this.#leave(greediest, queue.at(-1)!).refuse(busy(this.#count));
  }

  #giveUp(asker: string, entry: Waiting): void {
    this.#leave(asker, entry).refuse(busy(this.#count));
  }

  #leave(asker: string, entry: Waiting): Waiting {
    const others = this.#waiting.get(asker)!.filter((each) => each !== entry);
    if (others.length > 0) this.#waiting.set(asker, others);
    else this.#waiting.delete(asker);
    this.#count--;
    clearTimeout(entry.timer);
    return entry;
  }

  #take(): Waiting | undefined {
    for (const [asker, [first]] of this.#waiting) {
      const next = this.#leave(asker, first!);
      const others = this.#waiting.get(asker);
      if (others === undefined) return next;
      // Behind all others.
      this.#waiting.delete(asker);
      this.#waiting.set(asker, others);
      return next;
    }
    return undefined;
  }
}

function busy(waiting: number): TickwireError {
  const text = `${waiting} keys wait for their check already; the client may try again in some seconds.`;
  return new TickwireError('KEY_CHECKS_BUSY', text);
}
