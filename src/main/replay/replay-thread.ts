/** The thread of the replay exchange, as the command sees it. */
import { Worker } from 'node:worker_threads';
import type { ReplayEvent } from './replay-exchange.ts';
import type { FromReplay, ReplayTask, ToReplay } from './replay-worker.ts';

const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const workerScript = new URL(`./replay-worker${extension}`, import.meta.url);

export class ReplayThread {
  readonly #onEvent: (event: ReplayEvent) => void;
  readonly #onFailed: (message: string) => void;
  #worker: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();
  #isStopping = false;

  /** @param onFailed the recording cannot be played any further */
  constructor(onEvent: (event: ReplayEvent) => void, onFailed: (message: string) => void) {
    this.#onEvent = onEvent;
    this.#onFailed = onFailed;
  }

  /** @returns the address; rejects when the recording cannot be opened */
  start(task: ReplayTask): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerScript, { workerData: task });
      this.#worker = worker;
      let isListening = false;
      const fail = (message: string) => {
        if (!isListening) reject(new Error(message));
        else if (!this.#isStopping) this.#onFailed(message);
      };
      worker.on('message', (message: FromReplay) => {
        if (message.type === 'failed') fail(message.message);
        else if (message.type === 'listening') {
          isListening = true;
          resolve(message.url);
        } else this.#onEvent(message);
      });
      worker.on('error', (error: Error) => fail(error.message));
      this.#exited = new Promise((exited) => {
        worker.on('exit', () => {
          this.#worker = null;
          exited();
          fail('the replay ended without a word');
        });
      });
    });
  }

  /** While held, nothing is played. */
  hold(isHeld: boolean): void {
    const message: ToReplay = { type: 'hold', isHeld };
    this.#worker?.postMessage(message);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const message: ToReplay = { type: 'stop' };
    this.#worker?.postMessage(message);
    await this.#exited;
  }
}
