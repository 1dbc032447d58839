import { Piscina } from 'piscina';
import { TickwireError } from '../errors.ts';
import { HASH_CHECK, type HashCheck } from './hash-check.ts';

/** A thread that has had nothing to do for so long ends. */
const IDLE_MS = 60_000;

/** The thread in which keys are checked against slow hashes: made for the first of them, and gone when there are no more. */
export class HashChecker {
  #pool: Piscina<HashCheck, boolean> | null = null;
  #latest: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /**
   * Whether `hash` is that of `key`. Takes some 50 ms, on a busy machine much longer. One after another.
   * @throws TickwireError KEY_CHECKS_CLOSED if closed before
   */
  async matches(check: HashCheck): Promise<boolean> {
    if (this.#isClosed)
      throw new TickwireError('KEY_CHECKS_CLOSED', 'The engine stops: the key was not checked.');
    this.#pool ??= new Piscina<HashCheck, boolean>({
      filename: HASH_CHECK.href,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      atomics: 'disabled',
    });
    const answer = this.#pool.run(check);
    this.#latest = answer;
    return answer;
  }

  /** A check that runs comes to its end, and no other one begins. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#latest.catch(() => undefined);
    await this.#pool?.destroy();
  }
}
