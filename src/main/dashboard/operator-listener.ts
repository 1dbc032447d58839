/**
 * The operator's listener as the main thread sees it: its thread, its address and its keys. A listener that fails, at the start
 * or later, is logged and tried again, and ends neither a tick nor the process.
 */
import type { Logger } from 'pino';
import { Backoff } from '../../workers/feed/backoff.ts';
import type { TlsFiles } from '../../workers/reload-messages.ts';
import { sourcesOf } from '../config.ts';
import type { Config } from '../config-options.ts';
import type { ClientList } from '../ops/client-list.ts';
import type { FigurePath } from '../ops/engine-view.ts';
import { listenerUrl } from '../ops/first-page.ts';
import { bindObstacle, freePortOf } from '../ops/free-port.ts';
import type { LogTail } from '../ops/log-tail.ts';
import { describePortHolder } from '../ops/port-holder.ts';
import { SupervisedWorker, WorkerFailure } from '../supervision.ts';
import { workerScript } from '../worker-script.ts';
import { configView } from './config-view.ts';
import { LiveData } from './live-data.ts';
import {
  chooseOperatorKeys,
  dashboardLink,
  digestsOf,
  type OperatorKeyConfig,
  type OperatorKeys,
} from './operator-keys.ts';
import type { FromOperator, OperatorTask, ToOperator, WatchPage } from './operator-messages.ts';
import { MAX_SOCKETS } from './socket-places.ts';
import type { ViewCollectorParts } from './view-collector.ts';

/** So many ports behind the first are tried. */
const MORE_PORTS = 100;
const HIGHEST_PORT = 65_535;
/** The address of a network that comes up later than this process is there within seconds or minutes. */
const BIND_BACKOFF = { initialMs: 1000, factor: 2, maxMs: 30_000, jitter: 0.2 };
/** What its thread may take to leave, and then the rest of the process to stop. */
const LEAVE_MS = 2000;

export interface OperatorListenerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Null where the lines of the log are not kept. */
  readonly logTail: LogTail | null;
  /** See `chooseOperatorTls`. */
  readonly tls: TlsFiles | null;
  /** Null unless this is a demo: where ticks are a real broker's it opens nothing here. */
  readonly demoKey: string | null;
  /** The admin key where neither that nor a configured one is, see `made-key.ts`. */
  readonly madeKey: string;
  readonly clients: ClientList;
  readonly view: ViewCollectorParts;
  /** The process has stopped all else, and cannot end by itself. */
  readonly onFatal: (code: string, message: string) => void;
}

/** Where the dashboard is, and the key that opens it. */
export interface DashboardAddress {
  readonly url: string;
  /** With the admin key. */
  readonly link: string;
  /** The admin key is the demo's, which everybody may see. */
  readonly isDemo: boolean;
}

export class OperatorListener {
  readonly #options: OperatorListenerOptions;
  readonly #log: Logger;
  readonly #live: LiveData;
  readonly #worker: SupervisedWorker<ToOperator, FromOperator>;
  #keys: OperatorKeys;
  #tls: TlsFiles | null;
  #port: number;
  #hasListened = false;
  #isStopped = false;
  readonly #backoff = new Backoff(BIND_BACKOFF);
  #retry: NodeJS.Timeout | undefined;
  #place: Extract<ToOperator, { readonly type: 'place' }> = { type: 'place', clientUrl: null, page: null };

  /** @param port the first that is tried */
  constructor(options: OperatorListenerOptions, port: number) {
    const { config, log, demoKey, madeKey } = options;
    this.#options = options;
    this.#log = log;
    this.#port = port;
    this.#tls = options.tls;
    this.#keys = chooseOperatorKeys(config, demoKey, madeKey);
    this.#live = new LiveData({
      log,
      logTail: options.logTail,
      clients: options.clients,
      view: options.view,
      options: () => configView(config, sourcesOf(config)),
      post: (message) => this.#worker.post(message),
    });
    this.#worker = new SupervisedWorker<ToOperator, FromOperator>({
      name: 'operator',
      script: workerScript('../main/dashboard/operator-worker'),
      task: () => this.#task(),
      wedgedAfterMs: config.wedgedAfterMs,
      log,
      onMessage: (message) => this.#onMessage(message),
      onReady: (port) => this.#onListening(port),
      onGone: () => this.#live.forgetWatchers(),
      // Ticks flow without a dashboard.
      onFatal: (code, message) =>
        this.#log.error({ code }, `the dashboard is not served any more: ${message}`),
    });
  }

  /** Its thread, which is measured like the others. */
  get worker(): SupervisedWorker<ToOperator, FromOperator> {
    return this.#worker;
  }

  /** Of the dashboard; null before it listens. The link has the admin key, and is for the operator's eyes only. */
  get address(): DashboardAddress | null {
    if (!this.#hasListened) return null;
    const url = listenerUrl(this.#options.config.opsHost, this.#tls !== null, this.#port);
    const { admin } = this.#keys;
    return { url, link: dashboardLink(url, admin), isDemo: admin === this.#options.demoKey };
  }

  /** Begins to listen, on the next free port where the first is taken. An address that cannot be bound is tried again. */
  async start(): Promise<void> {
    try {
      // Not the system's choice, which it keeps from a thread that takes the place of this one.
      if (this.#port === 0) this.#port = (await freePortOf(this.#options.config.opsHost)) ?? 0;
      if (!this.#isStopped) await this.#worker.start();
    } catch (error) {
      const { code, message } = await this.#startFailure(error);
      if (this.#isStopped) return;
      const delayMs = this.#backoff.next();
      this.#log.warn({ code, delayMs }, `${message} Ticks flow without it, and it is tried again.`);
      this.#retry = setTimeout(() => void this.start(), delayMs);
    }
  }

  /**
   * Begins to tell what there is to see.
   * @param clientUrl where clients connect, `ws://…`; null on a feed host
   * @param page what the watch list begins with; null where there is none
   */
  open(clientUrl: string | null, page: WatchPage | null): void {
    this.#place = { type: 'place', clientUrl, page };
    this.#worker.post(this.#place);
    this.#live.start();
  }

  /** Other keys from now on: who came with one that is none any more is disconnected. */
  useKeys(config: OperatorKeyConfig): void {
    const { demoKey, madeKey } = this.#options;
    this.#keys = chooseOperatorKeys(config, demoKey, madeKey);
    this.#worker.post({ type: 'keys', keys: digestsOf(this.#keys) });
  }

  get tls(): TlsFiles | null {
    return this.#tls;
  }

  /** Another certificate from now on. @param tls null where there is none */
  useTls(tls: TlsFiles | null): void {
    this.#tls = tls;
    if (tls !== null) this.#worker.post({ type: 'tls', tls });
  }

  /** Safe in every state. Ends also when its thread does not; then the process is ended once the rest had time to stop. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    this.#live.stop();
    if (await this.#worker.stopWithin(Math.min(LEAVE_MS, this.#options.config.stopTimeoutMs / 2))) return;
    this.#log.error(
      { code: 'WORKER_WEDGED' },
      'the thread of the dashboard does not leave, and nobody waits for it',
    );
    // Unless it leaves after all it keeps the process, and nothing else does any more.
    const end = setTimeout(() => {
      this.#options.onFatal('WORKER_WEDGED', 'the thread of the dashboard has not left');
    }, LEAVE_MS).unref();
    void this.#worker.stop().then(() => clearTimeout(end));
  }

  #task(): OperatorTask {
    const { config } = this.#options;
    const tls = this.#tls;
    const morePorts = this.#port === 0 ? 0 : Math.min(MORE_PORTS, HIGHEST_PORT - this.#port);
    const keys = digestsOf(this.#keys);
    // A thread that takes the place of another knows what that one was told.
    const { clientUrl, page } = this.#place;
    const { history } = this.#live;
    return { host: config.opsHost, port: this.#port, morePorts, tls, keys, history, clientUrl, page };
  }

  async #startFailure(failure: unknown): Promise<{ readonly code: string; readonly message: string }> {
    if (!(failure instanceof WorkerFailure) || failure.code !== 'PORT_IN_USE') {
      const reason = failure instanceof Error ? failure.message : String(failure);
      return { code: 'WORKER_FAILED', message: `The dashboard does not start: ${reason}.` };
    }
    const { opsHost } = this.#options.config;
    const obstacle = await bindObstacle(opsHost, this.#port);
    const isTaken = obstacle === null || obstacle === 'EADDRINUSE';
    const reason = isTaken
      ? `${describePortHolder(opsHost, this.#port)}, and the ports behind it are not free either`
      : `it cannot be bound (${obstacle})`;
    const message =
      `TICKWIRE_OPS_HOST:TICKWIRE_OPS_PORT is ${opsHost}:${this.#port}, but ${reason}. Set an address of this machine and a ` +
      'free port, or do without dashboard and metrics with TICKWIRE_OPS_PORT=none.';
    return { code: failure.code, message };
  }

  #onListening(port: number): void {
    if (this.#port !== 0 && port !== this.#port) {
      this.#log.warn(
        { port: this.#port, next: port },
        "the dashboard's port is taken, and the next free one is used",
      );
    }
    this.#port = port;
    this.#hasListened = true;
  }

  #onMessage(message: FromOperator): void {
    switch (message.type) {
      case 'figures':
        void this.#answerFigures(message.id, message.path);
        break;
      case 'watching':
        this.#live.onWatching(message);
        break;
      case 'wrongKey':
        this.#log.warn(
          { address: message.address },
          'somebody presented a wrong key to the dashboard or the metrics',
        );
        break;
      case 'socketsRefused':
        this.#log.warn(
          { connections: MAX_SOCKETS },
          'as many connections as may be are open to the dashboard, metrics and health, and others are closed: look who holds them',
        );
        break;
      case 'socketFailed':
        this.#log.error(
          { address: message.address, detail: message.detail },
          'a dashboard is disconnected: its message was not dealt with',
        );
        break;
      case 'request':
        this.#live.onRequest(message.connection, message.request);
        break;
    }
  }

  async #answerFigures(id: number, path: FigurePath): Promise<void> {
    try {
      this.#worker.post({ type: 'figures', id, page: await this.#options.view.figures.page(path) });
    } catch (error) {
      // The thread that asked says itself that there was no answer.
      this.#log.error({ err: error, path }, 'the figures cannot be told');
    }
  }
}
