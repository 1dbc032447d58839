/** The simulated exchange beside the engine: in a thread of its own, started again when it dies. */
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { describeListenError } from './listen-error.ts';
import type { FromSimulator, SimulatorTask } from './simulator-worker.ts';

const RESTART_AFTER_MS = 500;
const workerScript = new URL(
  `./simulator-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export class SimulatorThread {
  readonly #log: Logger;
  #task: SimulatorTask;
  #worker: Worker | null = null;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #exited: Promise<void> = Promise.resolve();
  url = '';

  constructor(task: SimulatorTask, log: Logger) {
    this.#task = task;
    this.#log = log.child({ worker: 'simulator' });
  }

  /** @returns the address; rejects when the first start fails */
  start(): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerScript, { workerData: this.#task });
      this.#worker = worker;
      let reason = new Error('the simulated exchange ended without a word');
      worker.on('message', (message: FromSimulator) => {
        if (message.type === 'left') {
          const error = Object.assign(new Error(message.message), { code: message.code ?? 'STOPPED' });
          reason = describeListenError(error, this.#task.port ?? 0);
          return;
        }
        this.url = message.url;
        // After a restart the feed worker knows this address and no other.
        this.#task = { ...this.#task, port: Number(new URL(message.url).port) };
        resolve(message.url);
      });
      worker.on('error', (error: Error) => {
        reason = error;
      });
      this.#exited = new Promise((exited) => {
        worker.on('exit', () => {
          exited();
          this.#worker = null;
          if (this.url === '') reject(reason);
          if (this.#stopping || this.url === '') return;
          this.#log.error({ err: reason }, 'the simulated exchange ended, starting it again');
          this.#restart = setTimeout(() => void this.start().catch(() => {}), RESTART_AFTER_MS);
        });
      });
    });
  }

  /** Ends the thread as a crash would; `start` brings it back. */
  kill(): void {
    void this.#worker?.terminate();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#worker?.postMessage({ type: 'stop' });
    await this.#exited;
  }
}
