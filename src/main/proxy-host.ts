/**
 * The composition root of a host that only serves clients: proxy workers, each with links of its own to the feed hosts. Keys
 * and instruments are asked for there, so nothing of a broker and no database is here.
 */
import type { Logger } from 'pino';
import type { DrainClients } from '../workers/drain-messages.ts';
import type { ProxyTask } from '../workers/reader-tasks.ts';
import { chooseListenerTls } from './config/client-listener.ts';
import { checkOperatorConfig, chooseOperatorTls } from './config/operator-listener-config.ts';
import type { Config } from './config-options.ts';
import { makeOperatorKey } from './dashboard/made-key.ts';
import { type DashboardAddress, OperatorListener } from './dashboard/operator-listener.ts';
import { linkViews } from './dashboard/upstream-views.ts';
import { watchPage } from './engine-dashboard.ts';
import { EngineMetrics } from './metrics/engine-metrics.ts';
import { pageUrl, readRemotePage, socketUrl } from './ops/first-page.ts';
import type { LogTail } from './ops/log-tail.ts';
import type { DrainProgress } from './ops/proxy-drain.ts';
import { packageVersion } from './package-version.ts';
import { ReaderWorkers } from './reader-workers.ts';
import type { ConfigChange } from './reload/config-changes.ts';
import { chooseListenersTls, type ListenersTls } from './reload/listeners-tls.ts';
import { ShownCertificate } from './reload/shown-certificate.ts';
import { checkProxyConfig } from './reload/start-checks.ts';
import { busSource, proxyTask } from './worker-tasks.ts';

export interface ProxyHostOptions {
  readonly config: Config;
  /** Where a relative path starts. */
  readonly cwd: string;
  readonly log: Logger;
  /** The last lines of the log, for the dashboard. */
  readonly logTail?: LogTail;
  /** The dashboard's admin key where none is configured. Left out: one that lives as long as the host. */
  readonly madeKey?: string;
  /** The process cannot go on: a wedged worker, or a worker that cannot be started again. */
  readonly onFatal: (code: string, message: string) => void;
}

export interface StartedProxyHost {
  /** Address of the page and of the WebSocket, with the port that was really bound. */
  readonly url: string;
  /** Null where there is none. */
  readonly dashboard: DashboardAddress | null;
}

export class ProxyHost {
  readonly #options: ProxyHostOptions;
  readonly #workers: ReaderWorkers;
  #tls: ProxyTask['tls'] = null;
  readonly #shown = new ShownCertificate();
  readonly metrics: EngineMetrics;
  #operator: OperatorListener | null = null;
  #url: string | null = null;

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
      workers: () => [...this.#workers.all, ...(this.#operator === null ? [] : [this.#operator.worker])],
      upstreams: () => [],
      unservedUsers: () => 0,
      exchanges: () => [],
    });
  }

  /** Null where there is none, and until the host has started. */
  get dashboard(): DashboardAddress | null {
    return this.#operator?.address ?? null;
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
    this.#tls = chooseListenerTls(config, cwd);
    checkOperatorConfig(config, cwd);
    await this.#workers.choosePort();
    this.metrics.version = await packageVersion();
    const offers = { supportedBrokers: [], capabilities: [], page: await readRemotePage() };
    const source = busSource(config);
    const operator = this.#createDashboard();
    this.#operator = operator;
    const [port] = await Promise.all([
      this.#workers.startProxies(
        (_reader, chosen) => proxyTask(config, source, { port: chosen, tls: this.#tls }, offers),
        0,
      ),
      operator?.start(),
    ]);
    this.#url = pageUrl(config, port);
    this.metrics.enter('running');
    operator?.open(socketUrl(this.#url), watchPage(offers.page));
    log.info({ host: config.websocketHost, port, feeds: config.feeds }, 'proxy started');
    return { url: this.#url, dashboard: this.dashboard };
  }

  #createDashboard(): OperatorListener | null {
    const { config, cwd, log, logTail, madeKey = makeOperatorKey(), onFatal } = this.#options;
    if (config.opsPort === null) return null;
    const host = {
      role: 'proxy',
      version: this.metrics.version,
      pid: process.pid,
      startedAt: Math.round(performance.timeOrigin),
      broker: '',
      busEndpoint: null,
    } as const;
    return new OperatorListener(
      {
        config,
        log,
        logTail: logTail ?? null,
        tls: chooseOperatorTls(config, cwd),
        demoKey: null,
        madeKey,
        clients: this.#workers.clients,
        onFatal,
        view: {
          host: () => ({ ...host, clientUrl: this.#url === null ? null : socketUrl(this.#url) }),
          figures: this.metrics,
          upstreams: () => linkViews(this.#workers.links.all(), this.metrics.records),
          source: null,
        },
      },
      config.opsPort,
    );
  }

  check(wanted: Config, next: Config): ListenersTls {
    const { cwd } = this.#options;
    checkProxyConfig(wanted, cwd);
    return chooseListenersTls(next, cwd, true);
  }

  async reload(tls: ListenersTls): Promise<readonly ConfigChange[]> {
    const { config } = this.#options;
    const before = this.#certificate;
    this.#operator?.useKeys(config);
    this.#operator?.useTls(tls.operator);
    this.#tls = tls.clients;
    return this.#shown.replace(before, this.#certificate, () => this.#workers.reload(this.#tls));
  }

  /** What a listener of this host shows; null where none has TLS. */
  get #certificate(): ProxyTask['tls'] {
    return this.#tls ?? this.#operator?.tls ?? null;
  }

  /** Lets the clients go before a stop. @returns resolves when nobody is left, which may be never */
  drain(request: DrainClients, onProgress: (progress: DrainProgress) => void): Promise<void> {
    this.metrics.enter('draining');
    return this.#workers.drain(request, onProgress);
  }

  /** Safe in every state. */
  async stop(): Promise<void> {
    this.metrics.stop();
    await Promise.all([this.#workers.stop(), this.#operator?.stop()]);
    this.#options.log.info('proxy stopped');
  }
}
