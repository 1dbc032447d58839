import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { FromKeyGuessers, KeyGuessersTask, ToKeyGuessers } from './key-guessers-worker.ts';

/** Many clients, in a thread of their own, that send wrong keys when they are told to. */
export class KeyGuessers {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async connect(t: Pick<TestContext, 'after'>, task: KeyGuessersTask): Promise<KeyGuessers> {
    const script = new URL('./key-guessers-worker.ts', import.meta.url);
    const guessers = new KeyGuessers(new Worker(script, { workerData: task }));
    t.after(() => guessers.#tell('leave'));
    assert.deepEqual(await guessers.#reply(), { type: 'connected' });
    return guessers;
  }

  /** Every client sends a key that nobody ever sent. @returns the longest time to an answer, in ms */
  async guess(): Promise<number> {
    this.#tell('guess');
    const reply = await this.#reply();
    assert.ok(reply.type === 'answered');
    assert.deepEqual(reply.codes, ['AUTHENTICATION_ERROR']);
    return reply.slowestMs;
  }

  #tell(message: ToKeyGuessers): void {
    this.#worker.postMessage(message);
  }

  async #reply(): Promise<FromKeyGuessers> {
    const [message] = (await once(this.#worker, 'message')) as [FromKeyGuessers];
    return message;
  }
}
