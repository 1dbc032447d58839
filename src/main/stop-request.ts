/**
 * Who asks this process to stop, and how urgently: signals, the end of the supervising parent, `tickwire drain`, or the
 * end of what it was started for. The first one decides; a signal behind it means that clients are not waited for.
 */
import type { DrainReason } from '../workers/drain-messages.ts';

/**
 * Ctrl-C in a terminal reaches the engine twice, by the terminal and by its parent, and is one wish. On a busy machine
 * the second comes late; whoever means it presses again.
 */
const SAME_WISH_MS = 500;

export interface StopWish {
  /** For the log. */
  readonly cause: string;
  readonly reason: DrainReason;
  /** How long clients may take, in ms; null: as configured. */
  readonly drainMs: number | null;
}

export class StopRequest {
  readonly #asked = Promise.withResolvers<StopWish>();
  readonly #hurried = Promise.withResolvers<void>();
  #first: StopWish | null = null;
  #askedAt: number | null = null;

  /** Resolves when the process shall stop. */
  get asked(): Promise<StopWish> {
    return this.#asked.promise;
  }

  /** Resolves when it shall not wait for clients any more. */
  get hurried(): Promise<void> {
    return this.#hurried.promise;
  }

  /** @returns the wish that counts: the first one */
  ask(wish: StopWish): StopWish {
    this.#askedAt ??= performance.now();
    this.#asked.resolve(wish);
    this.#first ??= wish;
    return this.#first;
  }

  /** From the signals and the channel of this process, from now on. */
  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#onSignal(signal));
    const orphaned = () =>
      void this.ask({ cause: 'the supervising process is gone', reason: 'stop', drainMs: null });
    process.once('disconnect', orphaned);
    // Gone before anybody listened. Without a channel there never was a parent.
    if (process.connected === false) orphaned();
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#askedAt === null) this.ask({ cause: signal, reason: 'stop', drainMs: null });
    else if (performance.now() - this.#askedAt > SAME_WISH_MS) this.#hurried.resolve();
  }
}
