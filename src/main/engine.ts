/**
 * The composition root of the control plane: builds the parts, starts them in order, stops them in the reverse order.
 * No tick passes through here.
 *
 *   database → keys, instruments → [simulated exchange] → shared memory → [OpenAlgo's bus] → bus worker → [proxy workers]
 *   → (first client) → account → feed workers
 *
 * On a feed host there are no proxy workers: they run in a `ProxyHost`, on this machine or on others.
 */
import type { Logger } from 'pino';
import { Piscina } from 'piscina';
import type { DrainClients } from '../workers/drain-messages.ts';
import type { ProxyTask } from '../workers/reader-tasks.ts';
import type { InstrumentWish, SubscribeOutcome } from '../workers/worker-messages.ts';
import { KeyVerifier } from './auth/key-verifier.ts';
import type { FeedPool } from './brokers/feed-pool.ts';
import type { FeedRunner } from './brokers/feed-runner.ts';
import { FeedStatus } from './brokers/feed-status.ts';
import { chooseMarketCalendar } from './config/market-calendar-file.ts';
import { checkOperatorConfig } from './config/operator-listener-config.ts';
import { refusePlainStreams } from './config/stream-address.ts';
import type { Config } from './config-options.ts';
import type { DashboardAddress, OperatorListener } from './dashboard/operator-listener.ts';
import { ChangeWatch } from './database/change-watch.ts';
import { type OpenDatabase, openDatabase } from './database/open-database.ts';
import { createEngineDashboard, watchPage } from './engine-dashboard.ts';
import { EngineMemory } from './engine-memory.ts';
import type { EngineOptions, StartedEngine } from './engine-options.ts';
import { createStatsFile } from './engine-stats.ts';
import { EngineUpstreams } from './engine-upstreams.ts';
import { Entitlements } from './entitlements/entitlements.ts';
import { entitlementsFile } from './entitlements/entitlements-path.ts';
import { KeyOwners } from './entitlements/key-owners.ts';
import { InstrumentMaster } from './instruments/instrument-master.ts';
import { MASTER_READER } from './instruments/master-reader.ts';
import { OwnSessions } from './login/own-sessions.ts';
import { EngineMetrics, type MeasuredWorker } from './metrics/engine-metrics.ts';
import { measuredUpstreams } from './metrics/measured-upstreams.ts';
import type { OpenAlgoBus } from './openalgo/openalgo-bus.ts';
import { BusKeys } from './ops/bus-keys.ts';
import { pageUrl, readPage, socketUrl } from './ops/first-page.ts';
import type { DrainProgress } from './ops/proxy-drain.ts';
import type { StatsFile } from './ops/stats-file.ts';
import { packageVersion } from './package-version.ts';
import { BUS_READER, FIRST_PROXY, proxyCount, ReaderWorkers } from './reader-workers.ts';
import type { ConfigChange } from './reload/config-changes.ts';
import { chooseListenersTls, type ListenersTls } from './reload/listeners-tls.ts';
import { ShownCertificate } from './reload/shown-certificate.ts';
import { checkEngineConfig } from './reload/start-checks.ts';
import { demoSimulations } from './simulator/demo-simulation.ts';
import { SimulatorThread } from './simulator/simulator-thread.ts';
import { ReaderDesk } from './subscriptions/reader-desk.ts';
import { SlotTable } from './subscriptions/slot-table.ts';
import { SubscriptionRegistry } from './subscriptions/subscription-registry.ts';
import type { SupervisedWorker } from './supervision.ts';
import { workerScript } from './worker-script.ts';
import { busTask, ownBusSource, ownOffers, proxyTask, ringSource } from './worker-tasks.ts';

export class Engine {
  readonly #options: EngineOptions;
  readonly #log: Logger;
  /** Proxy workers that read the rings. */
  readonly #ringProxies: number;
  readonly #memory: EngineMemory;
  readonly #registry = new SubscriptionRegistry();
  readonly #readers: ReaderWorkers;
  readonly pool: Piscina;
  readonly metrics: EngineMetrics;
  /** Of the clients' listener, as the workers are told. */
  #tls: ProxyTask['tls'] = null;
  readonly #shown = new ShownCertificate();
  #simulator: SimulatorThread | null = null;
  #database: OpenDatabase | null = null;
  #keys: KeyVerifier | null = null;
  #entitlements: Entitlements | null = null;
  #upstreams: EngineUpstreams | null = null;
  #watch: ChangeWatch | null = null;
  #busKeys: BusKeys | null = null;
  #statsFile: StatsFile | null = null;
  #operator: OperatorListener | null = null;
  #ownSessions: OwnSessions | null = null;
  #instruments: InstrumentMaster | null = null;
  #desk: ReaderDesk | null = null;

  constructor(options: EngineOptions) {
    const { config, log, onFatal } = options;
    this.#options = options;
    this.#log = log;
    const servesClients = options.servesClients ?? true;
    // Proxies that are fed over the bus read no ring, and the control plane knows them through the bus worker alone.
    this.#ringProxies = servesClients && config.source === 'ring' ? proxyCount(config) : 0;
    this.#memory = new EngineMemory(config, FIRST_PROXY + this.#ringProxies);
    this.#readers = new ReaderWorkers({
      config,
      log,
      proxiesReadRings: this.#ringProxies > 0,
      onMessage: (reader, message, reply) => this.#desk?.onMessage(reader, message, reply),
      // Those who read the bus come back to the next bus worker, and the brokers need not hear of it.
      onGone: (reader) => this.#desk?.onReaderGone(reader, reader === BUS_READER ? config.busLingerMs : 0),
      onFatal,
    });
    this.metrics = new EngineMetrics({
      role: servesClients ? 'engine' : 'feed',
      workers: () => this.#workers,
      upstreams: () => measuredUpstreams(this.#upstreams?.accounts.all() ?? []),
      unservedUsers: () => this.#upstreams?.accounts.unserved ?? 0,
      exchanges: () => this.#upstreams?.exchanges() ?? [],
    });
    this.pool = new Piscina({
      filename: workerScript('feed/feed-worker').href,
      minThreads: 0,
      // The feed pools keep the count; a task that had to queue would be a connection that silently never comes.
      maxThreads: 1024,
      // One task per worker for its whole life. Between tasks piscina would wait in Atomics.wait, and sockets stand still.
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
    });
    // Of a thread that fails when its task is done, which nobody waits for.
    this.pool.on('error', (error: unknown) => log.warn({ err: error }, 'a feed thread failed at its end'));
  }

  /** Every worker that is not a connection to a broker. */
  get #workers(): readonly MeasuredWorker[] {
    const others = [this.openalgoBus?.worker, this.#operator?.worker];
    return [...this.readers, ...others.filter((worker) => worker !== undefined)];
  }

  get readers(): readonly SupervisedWorker[] {
    return this.#readers.all;
  }

  /** The connections of each account. */
  get feedPools(): readonly FeedPool[] {
    return this.#upstreams?.feedPools ?? [];
  }

  get feeds(): readonly FeedRunner[] {
    return this.feedPools.flatMap(({ feeds }) => feeds);
  }

  /** Null where there is none, and until the engine has started. */
  get dashboard(): DashboardAddress | null {
    return this.#operator?.address ?? null;
  }

  /** Null where there is none, and until the engine has started. */
  get openalgoBus(): OpenAlgoBus | null {
    return this.#upstreams?.openalgoBus ?? null;
  }

  /** Null until the engine has started. */
  get instruments(): InstrumentMaster | null {
    return this.#instruments;
  }

  /** Instruments that are subscribed upstream. */
  get subscribedInstruments(): number {
    return this.#registry.active;
  }

  /**
   * Looks for another login of one user, or of all with an empty name, without waiting for the next poll.
   * @throws what SQLite throws if the database cannot be read now; the poll tries again
   */
  checkAccounts(userId = ''): void {
    this.#upstreams?.accounts.check(userId);
  }

  /**
   * Subscribes instruments for the life of the engine, with the first session that there is at a broker. Not before the
   * engine has started.
   */
  hold(broker: string, wishes: readonly InstrumentWish[]): readonly SubscribeOutcome[] {
    let outcomes: readonly SubscribeOutcome[] = [];
    const request = { type: 'subscribe', id: 1, account: '', broker, wishes } as const;
    // A reader of its own, behind those that are threads.
    this.#desk?.onMessage(this.readers.length, request, (answer) => {
      if (answer.type === 'subscribed') outcomes = answer.outcomes;
    });
    return outcomes;
  }

  /** @throws TickwireError when something in its set-up is wrong; whatever had been started is stopped again */
  async start(): Promise<StartedEngine> {
    try {
      this.metrics.start();
      return await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #start(): Promise<StartedEngine> {
    const { config, cwd, servesClients = true } = this.#options;
    const busKeys = new BusKeys({
      config,
      cwd,
      onChange: (keys) => this.#readers.postToBus({ type: 'allowedKeys', keys }),
      log: this.#log,
    });
    this.#busKeys = busKeys;
    const statuses = new FeedStatus({
      calendar: this.#options.standIn === undefined ? chooseMarketCalendar(config, cwd) : null,
      post: (news) => this.#readers.post(news),
      log: this.#log,
    });
    refusePlainStreams(config);
    checkOperatorConfig(config, cwd);
    this.#tls = chooseListenersTls(config, cwd, servesClients).clients;
    if (servesClients) await this.#readers.choosePort();
    const database = openDatabase(config, cwd);
    this.#database = database;
    this.#keys = new KeyVerifier(database);
    const entitlements = new Entitlements({
      ...entitlementsFile(config, cwd),
      pollMs: config.entitlementsPollMs,
      onChange: (standings) => this.#readers.post({ type: 'standingsChanged', standings }),
      log: this.#log,
    });
    this.#entitlements = entitlements;
    const onRenewed = (name: string) => this.#upstreams?.recheck(name);
    const isRefused = (name: string) => this.#upstreams?.isRefused(name) ?? false;
    const ownSessions = new OwnSessions(this.#options, { database, pool: this.pool, onRenewed, isRefused });
    this.#ownSessions = ownSessions;
    // Threads take longest to start, so those that do not need one another start together.
    const [instruments, standInUrls] = await Promise.all([
      InstrumentMaster.open({
        db: database.db,
        load: () => this.pool.run({ path: database.path }, { filename: MASTER_READER.href }),
        onReplaced: () => this.#desk?.followInstruments(),
        log: this.#log,
      }),
      this.#startStandIn(),
    ]);
    this.#instruments = instruments;
    const upstreams = new EngineUpstreams({
      engine: this.#options,
      database,
      ownSessions,
      statuses,
      memory: this.#memory,
      threads: this.pool,
      standInUrls,
      post: (message) => this.#readers.post(message),
      onChanged: () => this.#desk?.followInstruments(),
    });
    this.#upstreams = upstreams;
    const slots = new SlotTable(config.maxInstruments);
    this.#desk = new ReaderDesk({
      accounts: upstreams.accounts,
      keys: new KeyOwners(entitlements, this.#keys),
      entitlements,
      instruments: (broker) => instruments.table(broker),
      slots,
      registry: this.#registry,
      statuses,
      post: (message) => this.#readers.post(message),
      openalgoBus: upstreams.openalgoBus,
      log: this.#log,
    });
    this.#watch = new ChangeWatch({
      db: database.db,
      intervalMs: config.databasePollMs,
      onChange: () => {
        upstreams.accounts.check();
        instruments.check();
      },
      log: this.#log,
    });
    this.#watch.start();
    const page = await readPage(instruments, database.demoKey, config.broker, this.#options.standIn);
    const version = await packageVersion();
    this.metrics.version = version;
    let clientUrl: string | null = null;
    const operator = createEngineDashboard(this.#options, {
      metrics: this.metrics,
      demoKey: database.demoKey,
      upstreams,
      readers: this.#readers,
      registry: this.#registry,
      lastValues: this.#memory.lastValues,
      accountOf: (slot) => slots.accountOf(slot),
      clientUrl: () => clientUrl,
    });
    this.#operator = operator;
    const [, , port] = await Promise.all([
      upstreams.openalgoBus?.start(),
      this.#readers.startBus(() =>
        busTask(config, this.#memory.shared, BUS_READER, {
          version,
          page,
          accounts: upstreams.accountStatuses,
          takeovers: this.#readers.all[BUS_READER]?.counters.takeovers ?? 0,
          curve: busKeys.server,
        }),
      ),
      servesClients ? this.#startProxies(page) : null,
      operator?.start(),
    ]);
    const url = port === null ? null : pageUrl(config, port);
    clientUrl = url === null ? null : socketUrl(url);
    this.#statsFile = createStatsFile(this.#options, upstreams.accounts, {
      proxies: () => this.#readers.proxies,
      // Proxies that are fed over the bus need nothing of the registry.
      heldKeys: this.#ringProxies > 0 ? () => this.#registry.countKeys(FIRST_PROXY) : null,
    });
    this.#statsFile?.start();
    busKeys.watch();
    entitlements.watch();
    ownSessions.start();
    this.metrics.enter('running');
    const listener = port === null ? {} : { host: config.websocketHost, port };
    this.#log.info({ ...listener, bus: config.busEndpoint, instruments: instruments.size }, 'engine started');
    operator?.open(clientUrl, url === null ? null : watchPage(page));
    return {
      url,
      demoKey: database.demoKey,
      dashboard: this.dashboard,
      busEndpoint: config.busEndpoint,
      openalgoBusEndpoint: upstreams.openalgoBus?.endpoint ?? null,
    };
  }

  /** @returns the port of the clients */
  #startProxies(page: ProxyTask['page']): Promise<number> {
    const { config } = this.#options;
    const isRingFed = this.#ringProxies > 0;
    const offers = ownOffers(config, page);
    return this.#readers.startProxies((reader, port) => {
      const source = isRingFed
        ? ringSource(config, this.#memory.shared, reader)
        : ownBusSource(config, this.#busKeys?.server ?? null);
      return proxyTask(config, source, { port, tls: this.#tls }, offers);
    }, this.#memory.bytes);
  }

  check(wanted: Config, next: Config): ListenersTls {
    const { cwd, servesClients = true } = this.#options;
    checkEngineConfig(wanted, cwd, servesClients);
    return chooseListenersTls(next, cwd, servesClients);
  }

  async reload(tls: ListenersTls): Promise<readonly ConfigChange[]> {
    const before = this.#certificate;
    this.#operator?.useKeys(this.#options.config);
    this.#operator?.useTls(tls.operator);
    this.#tls = tls.clients;
    this.#watch?.setInterval(this.#options.config.databasePollMs);
    this.#ownSessions?.reload();
    return this.#shown.replace(before, this.#certificate, () => this.#readers.reload(this.#tls));
  }

  /** What a listener of this host shows; null where none has TLS. */
  get #certificate(): ProxyTask['tls'] {
    return this.#tls ?? this.#operator?.tls ?? null;
  }

  /** Lets the clients go before a stop. @returns resolves when nobody is left, which may be never */
  drain(request: DrainClients, onProgress: (progress: DrainProgress) => void): Promise<void> {
    this.metrics.enter('draining');
    return this.#readers.drain(request, onProgress);
  }

  /** Clients first, so that they read why; then the feeds, then what they used. Safe in every state. */
  async stop(): Promise<void> {
    this.metrics.stop();
    this.#busKeys?.stop();
    const dashboardEnds = this.#operator?.stop();
    await this.#readers.stop();
    this.#desk?.stop();
    this.#watch?.stop();
    await this.#statsFile?.stop();
    await this.#ownSessions?.stop();
    await this.#instruments?.stop();
    await this.#upstreams?.stop();
    await this.#keys?.close();
    this.#entitlements?.stop();
    await dashboardEnds;
    await this.pool.destroy();
    await this.#simulator?.stop();
    await this.#options.standIn?.stop();
    this.#database?.close();
    this.#database = null;
    this.#log.info('engine stopped');
  }

  /**
   * The simulated exchange, or what else stands in for the brokers.
   * @returns addresses by broker, null when the real brokers are configured
   */
  async #startStandIn(): Promise<ReadonlyMap<string, string> | null> {
    const { config, standIn } = this.#options;
    if (standIn !== undefined) return standIn.start(this.#memory.doorbells);
    if (config.broker !== 'simulated') return null;
    const exchanges = demoSimulations(config, this.#ownSessions?.areThere ?? false);
    this.#simulator = new SimulatorThread(exchanges, this.#log);
    return this.#simulator.start();
  }
}
