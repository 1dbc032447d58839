import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { FromLatencyClient, LatencyClientTask, ToLatencyClient } from './latency-client-worker.ts';

export type Measured = Extract<FromLatencyClient, { readonly type: 'measured' }>;

/** A healthy client, in a thread of its own, that watches the market while something else goes on. */
export class LatencyClient {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async connect(t: TestContext, task: LatencyClientTask): Promise<LatencyClient> {
    const script = new URL('./latency-client-worker.ts', import.meta.url);
    const client = new LatencyClient(new Worker(script, { workerData: task }));
    t.after(() => client.#tell('leave'));
    assert.deepEqual(await client.#reply(), { type: 'subscribed' });
    return client;
  }

  /** What the client saw while `act` went on. */
  async measure(act: () => Promise<unknown>): Promise<Measured> {
    this.#tell('begin');
    await act();
    this.#tell('end');
    const reply = await this.#reply();
    assert.ok(reply.type === 'measured' && reply.ticks > 0, 'ticks flow');
    return reply;
  }

  #tell(message: ToLatencyClient): void {
    this.#worker.postMessage(message);
  }

  async #reply(): Promise<FromLatencyClient> {
    const [message] = (await once(this.#worker, 'message')) as [FromLatencyClient];
    return message;
  }
}
