import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const STOP_MS = 5000;

/** A thread of a measurement: it posts `ready`, then what it has measured, and leaves by itself when it is told `stop`. */
export class DoctorThread {
  readonly #name: string;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #failed: Promise<never>;

  /** @param name of a file of this folder, without extension */
  constructor(name: string, workerData: unknown) {
    this.#name = name;
    this.#worker = new Worker(new URL(`./${name}${EXTENSION}`, import.meta.url), { workerData });
    this.#exited = once(this.#worker, 'exit');
    this.#failed = once(this.#worker, 'error').then(([error]) => Promise.reject(error));
    this.#failed.catch(() => {});
  }

  /** The next message. Rejects when the thread fails or does not answer in time. */
  async next(withinMs: number): Promise<unknown> {
    const timeUp = AbortSignal.timeout(withinMs);
    const [message]: unknown[] = await Promise.race([
      once(this.#worker, 'message', { signal: timeUp }),
      this.#failed,
    ]);
    return message;
  }

  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  /** Resolves when the thread has left. One with native handles is never killed. Rejects when it does not leave in time. */
  async stop(): Promise<void> {
    this.post('stop');
    const left = new AbortController();
    const timeUp = sleep(STOP_MS, undefined, { signal: left.signal }).then(() => {
      throw new Error(`the thread ${this.#name} did not leave within ${STOP_MS} ms`);
    });
    try {
      await Promise.race([this.#exited, this.#failed.catch(() => {}), timeUp]);
    } finally {
      left.abort();
    }
  }
}
