/**
 * Keeps a bus or proxy worker alive. Such a thread holds native handles, so nobody ends it from outside: it closes its
 * sockets and leaves by itself, and is then started again. One that does not answer is wedged; as nothing can be done
 * about it inside this process, the process ends with that reason, and the parent starts it anew.
 */
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { Backoff } from '../workers/feed/backoff.ts';
import type { FromReader, ToReader } from '../workers/worker-messages.ts';

const RESTART_INITIAL_MS = 100;
const RESTART_MAX_MS = 5000;
const STABLE_AFTER_MS = 30_000;
const PING_INTERVAL_MS = 1000;

export interface SupervisedOptions {
  readonly name: string;
  readonly script: URL;
  /** What the next worker is started with: asked at every start, since rings and ports come and go. */
  readonly task: () => unknown;
  readonly wedgedAfterMs: number;
  readonly log: Logger;
  /** Every message but those of the supervision itself. */
  readonly onMessage: (message: FromReader) => void;
  /** The worker has left; everything that it needed is void. */
  readonly onGone: () => void;
  /** The process cannot go on. */
  readonly onFatal: (code: string, message: string) => void;
}

/** Why a worker left before it was ready. */
export class WorkerFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class SupervisedWorker {
  readonly #options: SupervisedOptions;
  readonly #log: Logger;
  readonly #backoff = new Backoff(RESTART_INITIAL_MS, RESTART_MAX_MS);
  #worker: Worker | null = null;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #pinger: NodeJS.Timeout | undefined;
  #lastPongAt = 0;
  #exited: Promise<void> = Promise.resolve();
  restarts = 0;
  counters: Readonly<Record<string, number>> = {};

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.#log = options.log.child({ worker: options.name });
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Starts the worker. @returns the port it listens on; rejects with a WorkerFailure when the first start fails */
  start(): Promise<number> {
    return new Promise((resolve, reject) => this.#spawn(resolve, reject));
  }

  post(message: ToReader): void {
    this.#worker?.postMessage(message);
  }

  /** Asks the worker to leave and waits until its thread has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    clearInterval(this.#pinger);
    this.post({ type: 'stop' });
    await this.#exited;
  }

  #spawn(onReady: (port: number) => void, onFirstFailure: ((failure: WorkerFailure) => void) | null): void {
    const { script, task, onMessage } = this.#options;
    const worker = new Worker(script, { workerData: task() });
    this.#worker = worker;
    const startedAt = performance.now();
    this.#lastPongAt = startedAt;
    let failure = new WorkerFailure('WORKER_FAILED', 'the thread ended without a word');
    let isReady = false;
    worker.on('message', (message: FromReader) => {
      if (message.type === 'pong') this.#lastPongAt = performance.now();
      else if (message.type === 'counters') this.counters = message.counters;
      else if (message.type === 'left')
        failure = new WorkerFailure(message.code ?? 'STOPPED', message.message);
      else if (message.type === 'ready') {
        isReady = true;
        onReady(message.port);
      } else onMessage(message);
    });
    worker.on('error', (error: Error) => {
      failure = new WorkerFailure('WORKER_FAILED', error.stack ?? error.message);
    });
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        resolve();
        clearInterval(this.#pinger);
        this.#worker = null;
        this.#options.onGone();
        if (this.#stopping) return;
        if (!isReady && onFirstFailure !== null) return onFirstFailure(failure);
        this.#startAgain(failure, performance.now() - startedAt);
      });
    });
    this.#pinger = setInterval(() => this.#checkPulse(), PING_INTERVAL_MS);
  }

  #startAgain(failure: WorkerFailure, aliveMs: number): void {
    if (aliveMs > STABLE_AFTER_MS) this.#backoff.reset();
    const delayMs = this.#backoff.next();
    this.restarts++;
    this.#log.error(
      { code: failure.code, reason: failure.message, delayMs },
      'worker left, starting it again',
    );
    this.#restart = setTimeout(() => this.#spawn(() => this.#log.info('worker is back'), null), delayMs);
  }

  #checkPulse(): void {
    const { name, wedgedAfterMs, onFatal } = this.#options;
    const silentMs = performance.now() - this.#lastPongAt;
    if (silentMs < wedgedAfterMs) {
      this.post({ type: 'ping' });
      return;
    }
    clearInterval(this.#pinger);
    onFatal('WORKER_WEDGED', `${name} worker has not answered for ${Math.round(silentMs)} ms`);
  }
}
