import { Piscina } from 'piscina';
import { TickwireError } from '../errors.ts';
import { HASH_CHECK, type HashCheck } from './hash-check.ts';

/** A thread that has had nothing to do for so long ends. */
const IDLE_MS = 60_000;
/** A check that takes longer has lost its thread: one that ends while it starts may say nothing of it. */
const MAX_MS = 30_000;

/** The thread in which keys are checked against slow hashes: made for the first of them, and gone when there are no more. */
export class HashChecker {
  #pool: Piscina<HashCheck, boolean> | null = null;
  #latest: Promise<unknown> = Promise.resolve();
  readonly #maxMs: number;
  #isClosed = false;

  constructor(maxMs: number = MAX_MS) {
    this.#maxMs = maxMs;
  }

  /**
   * Whether `hash` is that of `key`. Takes some 50 ms, on a busy machine much longer. One after another.
   * @throws TickwireError KEY_CHECKS_CLOSED if closed before; and what the system says where it has no thread for us, after
   *   which the next check tries to get one again
   */
  async matches(check: HashCheck): Promise<boolean> {
    if (this.#isClosed)
      throw new TickwireError('KEY_CHECKS_CLOSED', 'The engine stops: the key was not checked.');
    this.#pool ??= startPool();
    const answer = this.#run(this.#pool, check);
    this.#latest = answer;
    return answer;
  }

  async #run(pool: Piscina<HashCheck, boolean>, check: HashCheck): Promise<boolean> {
    try {
      return await pool.run(check, { signal: AbortSignal.timeout(this.#maxMs) });
    } catch (error) {
      if (this.#pool === pool) this.#pool = null;
      await pool.destroy();
      throw error;
    }
  }

  /** A check that runs comes to its end, and no other one begins. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#latest.catch(() => undefined);
    await this.#pool?.destroy();
  }
}

function startPool(): Piscina<HashCheck, boolean> {
  const pool = new Piscina<HashCheck, boolean>({
    filename: HASH_CHECK.href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    atomics: 'disabled',
  });
  // The check that waits for a thread that failed is refused with that.
  pool.on('error', () => void pool.destroy());
  return pool;
}
