/**
 * Keeps a worker with native handles alive: proxy, bus, OpenAlgo's bus. Such a thread holds native handles, so nobody ends it from outside: it closes its
 * sockets and leaves by itself, and is then started again. One that does not answer is wedged; as nothing can be done
 * about it inside this process, the process ends with that reason, and the parent starts it anew.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { Backoff } from '../workers/feed/backoff.ts';
import type { FromReader, FromSupervised, ToReader, ToSupervised } from '../workers/worker-messages.ts';
import { ThreadRecord } from './metrics/thread-record.ts';

/** Clients wait for the listener and try again every few seconds: a longer pause would save nothing. */
const RESTART_BACKOFF = { initialMs: 100, factor: 2, maxMs: 1000, jitter: 0.5 };
const STABLE_AFTER_MS = 30_000;
const MAX_PING_INTERVAL_MS = 1000;
/** At least so many pings stay without an answer before a worker is taken for wedged. */
const MIN_UNANSWERED_PINGS = 3;

interface Typed {
  readonly type: string;
}

/**
 * @template To messages to the worker, but for those of the supervision
 * @template From messages of the worker, but for those of the supervision
 */
export interface SupervisedOptions<To = ToReader, From = FromReader> {
  readonly name: string;
  readonly script: URL;
  /** What the next worker is started with: asked at every start, since rings and ports come and go. */
  readonly task: () => unknown;
  readonly wedgedAfterMs: number;
  readonly log: Logger;
  /** False for a worker that nothing can take the place of while the process lives: when it leaves, the process cannot go on. */
  readonly canRestart?: boolean;
  /**
   * `reply` reaches the worker that asked and none after it: the next
   * one counts its questions from 1 again, and would take a late answer for an answer to a question of its own.
   */
  readonly onMessage: (message: From, reply: (answer: To) => void) => void;
  /** It does its work, at its first start or a later one. @param port that it listens on, 0 for none */
  readonly onReady?: (port: number) => void;
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

function isOfSupervision(message: Typed): message is FromSupervised {
  return ['ready', 'pong', 'counters', 'measures', 'left'].includes(message.type);
}

export class SupervisedWorker<To extends Typed = ToReader, From extends Typed = FromReader> {
  readonly #options: SupervisedOptions<To, From>;
  readonly #log: Logger;
  readonly #backoff = new Backoff(RESTART_BACKOFF);
  #worker: Worker | null = null;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #pinger: NodeJS.Timeout | undefined;
  #unansweredPings = 0;
  #exited: Promise<void> = Promise.resolve();
  restarts = 0;
  counters: Readonly<Record<string, number>> = {};
  readonly record: ThreadRecord;

  constructor(options: SupervisedOptions<To, From>) {
    this.#options = options;
    this.record = new ThreadRecord(options.name);
    this.#log = options.log.child({ worker: options.name });
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Starts the worker. @returns the port it listens on; rejects with a WorkerFailure when the first start fails */
  start(): Promise<number> {
    return new Promise((resolve, reject) => this.#spawn(resolve, reject));
  }

  post(message: To): void {
    this.#post(message);
  }

  /** Whatever becomes of the worker, no other takes its place any more. */
  retire(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
  }

  /** Asks the worker to leave and waits until its thread has ended. */
  async stop(): Promise<void> {
    this.retire();
    clearInterval(this.#pinger);
    this.#post({ type: 'stop' });
    await this.#exited;
  }

  /**
   * As `stop`, but waits so long at most.
   * @returns whether it has left; a wedged one never does
   */
  async stopWithin(ms: number): Promise<boolean> {
    const over = new AbortController();
    const patience = sleep(ms, false, { signal: over.signal }).catch(() => false);
    const hasLeft = await Promise.race([this.stop().then(() => true), patience]);
    over.abort();
    return hasLeft;
  }

  #post(message: To | ToSupervised): void {
    this.#worker?.postMessage(message);
  }

  #spawn(onReady: (port: number) => void, onFirstFailure: ((failure: WorkerFailure) => void) | null): void {
    const { script, task, onMessage } = this.#options;
    const worker = new Worker(script, { workerData: task() });
    this.#worker = worker;
    const startedAt = performance.now();
    const reply = (answer: To) => worker.postMessage(answer);
    this.#unansweredPings = 0;
    let failure = new WorkerFailure('WORKER_FAILED', 'the thread ended without a word');
    let isReady = false;
    worker.on('message', (message: From | FromSupervised) => {
      if (!isOfSupervision(message)) onMessage(message, reply);
      else if (message.type === 'pong') this.#unansweredPings = 0;
      else if (message.type === 'counters') {
        this.counters = message.counters;
        this.record.noteCounters(message.counters);
      } else if (message.type === 'measures') this.record.noteMeasures(message);
      else if (message.type === 'left')
        failure = new WorkerFailure(message.code ?? 'STOPPED', message.message);
      else if (message.type === 'ready') {
        isReady = true;
        onReady(message.port);
        this.#options.onReady?.(message.port);
      }
    });
    worker.on('error', (error: Error) => {
      failure = new WorkerFailure('WORKER_FAILED', error.stack ?? error.message);
    });
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        resolve();
        clearInterval(this.#pinger);
        this.#worker = null;
        this.record.renew();
        this.#options.onGone();
        if (!isReady && onFirstFailure !== null) return onFirstFailure(failure);
        if (this.#stopping) return;
        if (this.#options.canRestart === false) return this.#end(failure);
        this.#startAgain(failure, performance.now() - startedAt);
      });
    });
    this.#pinger = setInterval(() => this.#checkPulse(), this.#pingIntervalMs);
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

  #end({ code, message }: WorkerFailure): void {
    const { name, onFatal } = this.#options;
    onFatal(code, `${name} worker left, and this process can have no other: ${message}`);
  }

  get #pingIntervalMs(): number {
    return Math.min(MAX_PING_INTERVAL_MS, this.#options.wedgedAfterMs / MIN_UNANSWERED_PINGS);
  }

  /**
   * Counts pings and not time: when this thread or the whole process stood still (a debugger, a suspended machine), time
   * has passed in which no worker was asked.
   */
  #checkPulse(): void {
    const { name, wedgedAfterMs, onFatal } = this.#options;
    if (this.#unansweredPings * this.#pingIntervalMs < wedgedAfterMs) {
      this.#unansweredPings++;
      this.#post({ type: 'ping' });
      return;
    }
    clearInterval(this.#pinger);
    onFatal('WORKER_WEDGED', `${name} worker has not answered for ${wedgedAfterMs} ms`);
  }
}
