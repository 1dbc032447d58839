/** The simulated exchanges beside the engine, one per broker: in a thread of their own, started again when it dies. */
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { describeListenError } from './listen-error.ts';
import type { ExchangeTask, FromSimulator, SimulatorTask } from './simulator-worker.ts';

const RESTART_AFTER_MS = 500;
const workerScript = new URL(
  `./simulator-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export class SimulatorThread {
  readonly #log: Logger;
  readonly #brokers: readonly string[];
  #task: SimulatorTask;
  #worker: Worker | null = null;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #exited: Promise<void> = Promise.resolve();
  #urls: readonly string[] = [];

  /** @param exchanges by the broker that each simulates */
  constructor(exchanges: ReadonlyMap<string, ExchangeTask>, log: Logger) {
    this.#brokers = [...exchanges.keys()];
    this.#task = { exchanges: [...exchanges.values()] };
    this.#log = log.child({ worker: 'simulator' });
  }

  /** @returns the addresses by broker; rejects when the first start fails */
  async start(): Promise<ReadonlyMap<string, string>> {
    const urls = await this.#run();
    return new Map(this.#brokers.map((broker, i) => [broker, urls[i] ?? '']));
  }

  /** @returns the addresses, in the order of the task */
  #run(): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerScript, { workerData: this.#task });
      this.#worker = worker;
      let reason = new Error('the simulated exchange ended without a word');
      worker.on('message', (message: FromSimulator) => {
        if (message.type === 'left') {
          const error = Object.assign(new Error(message.message), { code: message.code ?? 'STOPPED' });
          reason = describeListenError(error, this.#task.exchanges[0]?.port ?? 0);
          return;
        }
        const { urls } = message;
        this.#urls = urls;
        // After a restart the feed workers know these addresses and no others.
        this.#task = {
          exchanges: this.#task.exchanges.map((exchange, i) => ({
            ...exchange,
            port: Number(new URL(urls[i]!).port),
          })),
        };
        resolve(urls);
      });
      worker.on('error', (error: Error) => {
        reason = error;
      });
      this.#exited = new Promise((exited) => {
        worker.on('exit', () => {
          exited();
          this.#worker = null;
          if (this.#urls.length === 0) reject(reason);
          if (this.#stopping || this.#urls.length === 0) return;
          this.#log.error({ err: reason }, 'the simulated exchanges ended, starting them again');
          this.#restart = setTimeout(() => void this.#run().catch(() => {}), RESTART_AFTER_MS);
        });
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#worker?.postMessage({ type: 'stop' });
    await this.#exited;
  }
}
