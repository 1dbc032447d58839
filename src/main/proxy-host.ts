/**
 * The composition root of a host that only serves clients: proxy workers, each with links of its own to the feed hosts. Keys
 * and instruments are asked for there, so nothing of a broker and no database is here.
 */
import type { Logger } from 'pino';
import type { DrainClients } from '../workers/drain-messages.ts';
import { chooseListenerTls } from './config/client-listener.ts';
import type { Config } from './config-options.ts';
import { EngineMetrics } from './metrics/engine-metrics.ts';
import { pageUrl, readRemotePage } from './ops/first-page.ts';
import type { DrainProgress } from './ops/proxy-drain.ts';
import { packageVersion } from './package-version.ts';
import { ReaderWorkers } from './reader-workers.ts';
import { checkProxyConfig } from './reload/start-checks.ts';
import { busSource, proxyTask } from './worker-tasks.ts';

export interface ProxyHostOptions {
  readonly config: Config;
  /** Where a relative path starts. */
  readonly cwd: string;
  readonly log: Logger;
  /** The process cannot go on: a wedged worker, or a worker that cannot be started again. */
  readonly onFatal: (code: string, message: string) => void;
}

export interface StartedProxyHost {
  /** Address of the page and of the WebSocket, with the port that was really bound. */
  readonly url: string;
}

export class ProxyHost {
  readonly #options: ProxyHostOptions;
  readonly #workers: ReaderWorkers;
  readonly metrics: EngineMetrics;

  constructor(options: ProxyHostOptions) {
    const { config, log, onFatal } = options;
    this.#options = options;
    this.#workers = new ReaderWorkers({
      config,
      log,
      proxiesReadRings: false,
      onMessage: (_reader, { type }) => {
        onFatal('WORKER_FAILED', `a proxy worker asked main for "${type}", which the feed hosts answer`);
      },
      onGone: () => {},
      onFatal,
    });
    this.metrics = new EngineMetrics({
      role: 'proxy',
      workers: () => this.#workers.all,
      upstreams: () => [],
      exchanges: () => [],
    });
  }

  /**
   * Starts whether feed hosts are there or not: clients are served as soon as one is.
   * @throws TickwireError when something in its set-up is wrong; whatever had been started is stopped again
   */
  async start(): Promise<StartedProxyHost> {
    try {
      this.metrics.start();
      return await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #start(): Promise<StartedProxyHost> {
    const { config, cwd, log } = this.#options;
    const tls = chooseListenerTls(config, cwd);
    await this.#workers.choosePort();
    this.metrics.version = await packageVersion();
    const offers = { supportedBrokers: [], capabilities: [], page: await readRemotePage() };
    const source = busSource(config);
    const port = await this.#workers.startProxies(
      (_reader, chosen) => proxyTask(config, source, { port: chosen, tls }, offers),
      0,
    );
    this.metrics.enter('running');
    log.info({ host: config.websocketHost, port, feeds: config.feeds }, 'proxy started');
    return { url: pageUrl(config, port) };
  }

  check(config: Config): void {
    checkProxyConfig(config, this.#options.cwd);
  }

  reload(): Promise<void> {
    return this.#workers.reload();
  }

  /** Lets the clients go before a stop. @returns resolves when nobody is left, which may be never */
  drain(request: DrainClients, onProgress: (progress: DrainProgress) => void): Promise<void> {
    this.metrics.enter('draining');
    return this.#workers.drain(request, onProgress);
  }

  /** Safe in every state. */
  async stop(): Promise<void> {
    this.metrics.stop();
    await this.#workers.stop();
    this.#options.log.info('proxy stopped');
  }
}
