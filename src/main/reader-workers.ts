/** The bus worker and the proxy workers of a process: started, reached and stopped together. Main thread. */
import type { Logger } from 'pino';
import type { ClientLimits, FromAdmission } from '../workers/admission-messages.ts';
import { type FromClientReport, isFromClientReport } from '../workers/client-messages.ts';
import type { DrainClients, DrainNews } from '../workers/drain-messages.ts';
import type { ProxyTask } from '../workers/reader-tasks.ts';
import { isToSessionStore, type ToSessionStore } from '../workers/session-messages.ts';
import type { FromReader, PeerRefused, ToReader } from '../workers/worker-messages.ts';
import { AdmissionDesk } from './admission/admission-desk.ts';
import { clientLimits } from './admission/client-limits.ts';
import { memoryBound, reportMemoryBound } from './admission/memory-bound.ts';
import { openFileLimit, reportOpenFiles, withinOpenFiles } from './admission/open-files.ts';
import type { Config } from './config-options.ts';
import { TickwireError } from './errors.ts';
import { ClientList } from './ops/client-list.ts';
import { FeedLinks, type LinkNews } from './ops/feed-links.ts';
import { chooseFreePort } from './ops/free-port.ts';
import { type DrainProgress, ProxyDrain } from './ops/proxy-drain.ts';
import { ReloadRound } from './reload/reload-round.ts';
import { type SessionLimits, SessionStore } from './sessions/session-store.ts';
import { SupervisedWorker, WorkerFailure } from './supervision.ts';
import { workerScript } from './worker-script.ts';
import { proxyReload, startFailure } from './worker-tasks.ts';

/** Number of the bus worker, which is its doorbell too; proxy workers follow. */
export const BUS_READER = 0;
export const FIRST_PROXY = BUS_READER + 1;

/** uWebSockets.js shares a port between threads on Linux only. */
export function proxyCount({ proxyWorkers }: Config): number {
  return process.platform === 'linux' ? proxyWorkers : 1;
}

/** What the control plane is asked and told. */
export type ReaderMessage = Exclude<
  FromReader,
  | LinkNews
  | PeerRefused
  | ToSessionStore
  | FromAdmission
  | FromClientReport
  | DrainNews
  | { readonly type: 'reloaded' }
>;

export interface ReaderWorkersOptions {
  readonly config: Config;
  readonly log: Logger;
  /** False when they are fed over the bus. */
  readonly proxiesReadRings: boolean;
  /** @param reader the worker's number */
  readonly onMessage: (reader: number, message: ReaderMessage, reply: (answer: ToReader) => void) => void;
  readonly onGone: (reader: number) => void;
  readonly onFatal: (code: string, message: string) => void;
}

export class ReaderWorkers {
  readonly #options: ReaderWorkersOptions;
  readonly #workers: SupervisedWorker[] = [];
  readonly #proxies: SupervisedWorker[] = [];
  readonly #ringReaders: SupervisedWorker[] = [];
  readonly links: FeedLinks;
  /** Who is connected, for the operator. */
  readonly clients: ClientList;
  /** Null where there are no proxy workers. */
  #sessions: SessionStore | null = null;
  /** Null where no clients are served. */
  #admission: AdmissionDesk | null = null;
  /** Files that this process may open. */
  readonly #openFiles = openFileLimit('self');
  #drain: ProxyDrain | null = null;
  #reload = new ReloadRound([]);
  #sharedBytes = 0;
  /** In bytes, as it was reported; null for none. */
  #memoryBound: number | null = 0;
  #port = 0;

  constructor(options: ReaderWorkersOptions) {
    this.#options = options;
    this.links = new FeedLinks(options.log);
    this.clients = new ClientList({
      running: () =>
        [...this.#proxies.entries()].flatMap(([i, worker]) => (worker.isRunning ? [FIRST_PROXY + i] : [])),
      restarts: (reader) => this.#proxies[reader - FIRST_PROXY]?.restarts ?? 0,
      post: (reader, message) => this.#proxies[reader - FIRST_PROXY]?.post(message),
    });
  }

  /** In the order of their start. */
  get all(): readonly SupervisedWorker[] {
    return this.#workers;
  }

  get proxies(): readonly SupervisedWorker[] {
    return this.#proxies;
  }

  /**
   * Looks whether the port of the clients is free, or which is, before anything is started in vain.
   * @throws TickwireError PORT_IN_USE
   */
  async choosePort(): Promise<void> {
    const { config, log } = this.#options;
    const { websocketHost, websocketPort, portPolicy } = config;
    // uWebSockets.js does not share a port that it was free to choose, and does not take it again for another certificate.
    const isChosenHere = websocketPort !== 0 || proxyCount(config) > 1 || config.tlsCert !== null;
    if (!isChosenHere) return;
    this.#port = await chooseFreePort({ websocketHost, websocketPort, portPolicy }, (taken) => {
      log.warn(taken, "the clients' port is taken, and the next free one is used");
    });
  }

  /** @param task what each start of the worker is given */
  async startBus(task: () => unknown): Promise<void> {
    await this.#start(BUS_READER, 'bus', 'bus/bus-worker', task);
  }

  /**
   * @param task what each start of a worker is given; its port is 0 while any will do
   * @param sharedBytes of memory that the threads of the process share
   * @returns the port that clients connect to
   */
  async startProxies(
    task: (reader: number, port: number) => Omit<ProxyTask, 'admission'>,
    sharedBytes: number,
  ): Promise<number> {
    const { config, log } = this.#options;
    this.#sharedBytes = sharedBytes;
    this.#reportMemoryBound();
    const limits = this.#clientLimits();
    this.#sessions = new SessionStore(sessionLimits(config));
    const admission = new AdmissionDesk({
      limits,
      workers: proxyCount(config),
      post: (message) => {
        for (const worker of this.#proxies) worker.post(message);
      },
      log,
    });
    this.#admission = admission;
    const starts = Array.from({ length: proxyCount(config) }, (_, i) => {
      const reader = FIRST_PROXY + i;
      return this.#start(reader, `proxy ${i}`, 'proxy/proxy-worker', () => ({
        ...task(reader, this.#port),
        admission: admission.task(i),
      }));
    });
    const ports = await Promise.all(starts);
    this.#port = ports[0]!;
    return this.#port;
  }

  /** Tells those that read the rings. Who is fed over the bus learns it from the bus. */
  post(message: ToReader): void {
    for (const worker of this.#ringReaders) worker.post(message);
  }

  postToBus(message: ToReader): void {
    for (const worker of this.#workers) if (!this.#proxies.includes(worker)) worker.post(message);
  }

  /**
   * Tells the proxy workers what is in force. Resolves when they go by it.
   * @param tls null for a listener without TLS
   * @throws TickwireError TLS_NOT_RELOADED when some show the certificate before
   */
  async reload(tls: ProxyTask['tls']): Promise<void> {
    const { config } = this.#options;
    const round = new ReloadRound(this.#runningProxies());
    this.#reload = round;
    const limits = this.#clientLimits();
    this.#admission?.setLimits(limits);
    this.#sessions?.reload(sessionLimits(config));
    if (this.#proxies.length > 0) this.#reportMemoryBound();
    for (const worker of this.#proxies)
      worker.post({ type: 'reload', options: proxyReload(config, limits, tls) });
    const troubles = await round.ended;
    if (troubles.length === 0) return;
    throw new TickwireError(
      'TLS_NOT_RELOADED',
      `Not all proxy workers have taken the new certificate (${troubles.join('; ')}); the others show the one before. ` +
        'Everything else was reloaded. Reload again, or start the engine again.',
    );
  }

  /**
   * Asks the proxies to accept nobody any more and to let their clients go.
   * @returns resolves when nobody is left; a client that does not read may take for ever
   */
  drain(request: DrainClients, onProgress: (progress: DrainProgress) => void): Promise<void> {
    const drain = new ProxyDrain(this.#runningProxies(), onProgress);
    this.#drain = drain;
    for (const worker of this.#proxies) {
      worker.retire();
      worker.post(request);
    }
    return drain.ended;
  }

  /**
   * Resolves when every thread has ended. Proxies go first: over inproc they hold messages that lie in the memory of the bus
   * worker's thread, and ZeroMQ gives them back to that thread, which must still be there then (seen: a corrupted heap).
   */
  async stop(): Promise<void> {
    await Promise.all(this.#proxies.map((worker) => worker.stop()));
    this.#sessions?.stop();
    this.postToBus({ type: 'goodbye' });
    const others = this.#workers.filter((worker) => !this.#proxies.includes(worker));
    await Promise.all(others.map((worker) => worker.stop()));
  }

  /** What is in force of the configured limits. */
  #clientLimits(): ClientLimits {
    const { config, log } = this.#options;
    const configured = clientLimits(config);
    const limits = withinOpenFiles(configured, this.#openFiles);
    reportOpenFiles(configured, limits, this.#openFiles, log);
    return limits;
  }

  /** At the start, and when other limits allow more or less. */
  #reportMemoryBound(): void {
    const { config, log } = this.#options;
    const bound = memoryBound(config, proxyCount(config), this.#sharedBytes);
    if (bound.total !== this.#memoryBound) reportMemoryBound(bound, log);
    this.#memoryBound = bound.total;
  }

  /** Their numbers. */
  #runningProxies(): number[] {
    const running = [...this.#proxies.entries()].filter(([, worker]) => worker.isRunning);
    return running.map(([index]) => FIRST_PROXY + index);
  }

  async #start(reader: number, name: string, script: string, task: () => unknown): Promise<number> {
    const { config, log, proxiesReadRings, onMessage, onGone, onFatal } = this.#options;
    const isProxy = reader >= FIRST_PROXY;
    const worker = new SupervisedWorker({
      name,
      script: workerScript(script),
      task,
      wedgedAfterMs: config.wedgedAfterMs,
      log,
      onMessage: (message, reply) => {
        if (message.type === 'link') this.links.note(reader, message);
        else if (message.type === 'peerRefused') logRefusal(log, message);
        else if (isToSessionStore(message)) this.#sessions?.onMessage(reader, message, reply);
        else if (isOfAdmission(message)) this.#admission?.onMessage(reader - FIRST_PROXY, message, reply);
        else if (isFromClientReport(message)) this.clients.onMessage(reader, message);
        else if (message.type === 'reloaded') this.#reload.done(reader, message.trouble);
        else if (message.type === 'draining') this.#drain?.note(reader, message);
        else onMessage(reader, message, reply);
      },
      onGone: () => {
        this.links.forget(reader);
        this.#sessions?.onReaderGone(reader);
        if (isProxy) this.#admission?.onWorkerGone(reader - FIRST_PROXY);
        this.#drain?.gone(reader);
        this.#reload.done(reader);
        this.clients.onWorkerGone(reader);
        onGone(reader);
      },
      canRestart: isProxy || proxiesReadRings || !config.busEndpoint.startsWith('inproc:'),
      onFatal,
    });
    this.#workers.push(worker);
    if (isProxy) this.#proxies.push(worker);
    if (!isProxy || proxiesReadRings) this.#ringReaders.push(worker);
    try {
      return await worker.start();
    } catch (error) {
      if (!(error instanceof WorkerFailure)) throw error;
      throw startFailure(error, config);
    }
  }
}

function sessionLimits({ sessionRetentionMs, sessionsPerKey, sessionBytes }: Config): SessionLimits {
  return { sessionRetentionMs, sessionsPerKey, sessionBytes };
}

const ADMISSION_TYPES = ['connectionsChanged', 'admitKey', 'wrongKey'];

function isOfAdmission(message: FromReader): message is FromAdmission {
  return ADMISSION_TYPES.includes(message.type);
}

function logRefusal(log: Logger, { reason, key, address, attempts }: PeerRefused): void {
  const fields = {
    reason,
    ...(key === null ? {} : { key }),
    ...(address === '' ? {} : { address }),
    attempts,
  };
  log.warn(fields, 'the bus has turned somebody away, who will try again');
}
