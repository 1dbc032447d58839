/**
 * A proxy worker: one thread with a listener, its clients, and an intake of ticks. Wires the parts of this folder
 * together; each of them says in its head what it does.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import { initialOptions } from '../../codec/connection-options.ts';
import { BusIntake } from '../bus-source/bus-intake.ts';
import type { DrainClients } from '../drain-messages.ts';
import type { HopMeasure } from '../measures/thread-measures.ts';
import { type NativeWorker, runNativeWorker } from '../native-worker.ts';
import type { ProxyTask } from '../reader-tasks.ts';
import type { ProxyReload } from '../reload-messages.ts';
import type { FromReader, ToReader } from '../worker-messages.ts';
import { KeyAdmission } from './admission/key-admission.ts';
import { ProxyLimits } from './admission/proxy-limits.ts';
import { Broadcaster } from './broadcaster.ts';
import { followBroker } from './broker-change.ts';
import { ClientDrain } from './connection/client-drain.ts';
import { ClientReport } from './connection/client-report.ts';
import type { ClientSession } from './connection/client-session.ts';
import { CLOSE } from './connection/close-codes.ts';
import { libraryIdleS, ProxyServer } from './connection/proxy-server.ts';
import { SessionKeeper } from './connection/session-keeper.ts';
import { EntitlementDesk } from './entitlements/entitlement-desk.ts';
import { FeedStatusNotifier } from './feed-status-notifier.ts';
import { OrderRelay } from './order-relay.ts';
import type { IntakeEvents, ProxyIntake, Pump } from './proxy-intake.ts';
import { RefusalNotices } from './refusal-notices.ts';
import { RequestHandler } from './request-handler.ts';
import { RingIntake } from './ring-intake.ts';
import { SessionRegistrar } from './sessions/session-registrar.ts';
import { Conflator } from './slow/conflator.ts';
import { SlowLadder } from './slow/slow-ladder.ts';
import { StreamDelivery } from './slow/stream-delivery.ts';
import { ClientHoldings } from './subscriptions/client-holdings.ts';
import { Departures } from './subscriptions/departures.ts';
import { SnapshotJoin } from './subscriptions/snapshot-join.ts';
import { SubscriptionHandler } from './subscriptions/subscription-handler.ts';
import { SubscriptionIndex } from './subscriptions/subscription-index.ts';
import { UnsubscribeHandler } from './subscriptions/unsubscribe-handler.ts';

/** Ticks per ring that are published before the event loop gets its turn, in which the socket library writes them. */
const DRAIN_LIMIT = 512;

class ProxyWorker implements NativeWorker<ToReader> {
  readonly #intake: ProxyIntake;
  readonly #index = new SubscriptionIndex();
  readonly #server: ProxyServer;
  readonly #limits: ProxyLimits;
  readonly #broadcaster: Broadcaster;
  readonly #snapshots: SnapshotJoin;
  readonly #holdings: ClientHoldings;
  readonly #departures: Departures;
  readonly #orders = new OrderRelay();
  readonly #statuses = new FeedStatusNotifier();
  readonly #refusals = new RefusalNotices(this.#index);
  readonly #sessions: SessionRegistrar;
  readonly #entitlements: EntitlementDesk;
  readonly #keys: KeyAdmission;
  readonly #requests: RequestHandler;
  readonly #report: ClientReport;
  readonly #keeper: SessionKeeper;
  readonly #conflator = new Conflator();
  readonly #delivery: StreamDelivery;
  readonly #ladder: SlowLadder;
  readonly #pump: Pump;
  readonly #post: (message: FromReader) => void;
  readonly #fail: (error: unknown) => void;
  /** Null until the clients are asked to leave. */
  #drain: ClientDrain | null = null;
  /** Called when everything is wired: no message is looked at before. */
  readonly #events: IntakeEvents = {
    onAccount: (owner, status) => this.#requests.onAccount(owner, status, this.#server.sessions),
    onKeyStandings: (standings) => this.#entitlements.onStandings(standings),
    onFeedStatus: (news) => this.#statuses.onNews(news),
    onRequestRefused: (refused) => this.#refusals.tell(refused, this.#server.sessions),
    onOrderUpdate: (owner, text) => this.#orders.relay(owner, text),
    onSlotFreed: (slot) => this.#statuses.forget(slot),
    onBrokerChanged: (account, broker) => {
      const { sessions } = this.#server;
      void followBroker(this.#intake.control, this.#holdings, { account, broker }, sessions);
    },
    onMoved: (moves) => this.#holdings.follow(moves, this.#server.sessions),
  };

  constructor(task: ProxyTask, port: MessagePort, fail: (error: unknown) => void) {
    this.#fail = fail;
    const { source: from } = task;
    this.#post = (message) => port.postMessage(message);
    const events = this.#events;
    this.#intake =
      from.kind === 'ring'
        ? new RingIntake(from, task, port, events)
        : new BusIntake({ task: from, offers: task, port, events, fail });
    const { source, control, offers } = this.#intake;
    const keepAliveMs = Math.max(
      task.pingIntervalMs + task.pingTimeoutMs,
      task.designPingIntervalMs + task.designPingTimeoutMs,
    );
    const lingerMs = libraryIdleS(keepAliveMs) * 1000;
    this.#limits = new ProxyLimits(task.admission, lingerMs, this.#index, {
      post: (message) => port.postMessage(message),
      onRefused: (connection) => this.#server.end(connection, CLOSE.TOO_MANY_OF_ADDRESS),
    });
    this.#server = new ProxyServer(
      {
        tls: task.tls,
        isPortShared: task.isPortShared,
        compression: task.compression,
        maxMessageBytes: task.maxMessageBytes,
        maxBackpressureBytes: task.maxBackpressureBytes,
        keepAliveMs,
        limits: this.#limits,
        initialOptions: (query) => initialOptions(query, task.defaultDialect),
        pageHtml: task.page.html,
        pageData: () => JSON.stringify(offers.page()),
      },
      () => ({
        message: this.#requests.handle,
        drain: (session) => this.#ladder.onDrain(session, performance.now()),
        close: (session, code) => {
          // Sessions end with the process, which ends behind a drain.
          if (this.#drain === null) this.#sessions.park(session, code);
          this.#orders.release(session);
          this.#statuses.forgetReceiver(session);
          this.#departures.add(session);
        },
        longTurn: () => {
          if (this.#drainTicks() > 0) this.#index.topics.push();
        },
      }),
    );
    this.#broadcaster = new Broadcaster(this.#server.publisher, this.#index, source);
    this.#snapshots = new SnapshotJoin(source, this.#broadcaster);
    const delivery = new StreamDelivery(this.#index.topics, this.#conflator, task.slow.policy);
    this.#delivery = delivery;
    this.#ladder = new SlowLadder(delivery, task.slow, task.maxBackpressureBytes);
    const { admission, subscriptions: limits, configured } = this.#limits;
    const [index, snapshots, statuses] = [this.#index, this.#snapshots, this.#statuses];
    const cutOff = (session: ClientSession) => this.#keeper.cutOff(session);
    const { turns } = this.#server;
    const holdings = new ClientHoldings({
      control,
      index,
      snapshots,
      statuses,
      limits,
      delivery,
      cutOff,
      turns,
    });
    this.#holdings = holdings;
    this.#departures = new Departures({ control, index, delivery, limits, turns });
    const subscriptions = new SubscriptionHandler(holdings, control, index, offers, statuses, limits, turns);
    this.#sessions = new SessionRegistrar(port, control, index, subscriptions, this.#orders);
    this.#entitlements = new EntitlementDesk(this.#server.sessions, this.#holdings, limits, this.#orders);
    this.#keys = new KeyAdmission(control, admission, limits, configured);
    this.#requests = new RequestHandler(
      this.#keys,
      this.#holdings,
      subscriptions,
      new UnsubscribeHandler(holdings, control, index, limits, turns),
      this.#entitlements,
      this.#orders,
      offers,
      this.#sessions,
      task.defaultDialect,
      configured,
    );
    this.#keeper = new SessionKeeper(
      this.#server.sessions,
      task,
      {
        outbound: this.#limits.outbound,
        limits: configured,
        getsOrders: (session) => this.#orders.has(session),
      },
      this.#ladder,
    );
    this.#report = new ClientReport({
      sessions: this.#server.sessions,
      turns,
      end: (connection, close) => this.#server.end(connection, close),
      post: this.#post,
    });
    const { flushUs } = task;
    this.#pump = this.#intake.createPump({
      drain: this.#drainTicks,
      ...(flushUs > 0 && { flush: { us: flushUs, portion: DRAIN_LIMIT } }),
      onError: fail,
    });
  }

  /** @returns how many ticks there were */
  readonly #drainTicks = (): number => {
    const drained = this.#broadcaster.drain(DRAIN_LIMIT);
    this.#conflator.flush();
    if (drained > 0) this.#keeper.stir();
    return drained;
  };

  async start(host: string, port: number): Promise<number> {
    const listening = await this.#server.listen(host, port);
    if (listening === null) {
      throw Object.assign(new Error(`cannot listen on ${host}:${port}`), { code: 'PORT_IN_USE' });
    }
    this.#pump.start();
    return listening;
  }

  /** In the order in which they came: where an instrument moved to is told behind the answer that named its place. */
  handle(message: ToReader): boolean {
    const { turns } = this.#server;
    if (turns.mayBegin()) return this.#handle(message);
    turns.later(() => {
      if (!this.#handle(message)) throw new Error(`worker got an unknown message: ${message.type}`);
    });
    return true;
  }

  #handle(message: ToReader): boolean {
    if (message.type === 'drain') {
      this.#beginDrain(message);
      return true;
    }
    if (message.type === 'reload') {
      this.#reload(message.options).catch(this.#fail);
      return true;
    }
    return (
      this.#limits.admission.handle(message) ||
      this.#sessions.handle(message) ||
      this.#report.handle(message) ||
      this.#intake.handle(message)
    );
  }

  counters(): Record<string, number> {
    this.#broadcaster.adjustClock();
    this.#snapshots.adjustClock();
    this.#conflator.adjustClock();
    const { ticks, published, deliveries, gaps, hops } = this.#broadcaster;
    const counters: Record<string, number> = {
      clients: this.#server.sessions.size,
      instruments: this.#index.instruments,
      keys: this.#index.keys,
      ...this.#backlogs(),
      ticks,
      published,
      deliveries,
      gaps,
      hopsAhead: hops.ahead,
      lost: this.#intake.source.lost,
      orders: this.#orders.relayed,
      statuses: this.#statuses.sent,
      ordersUnpackable: this.#orders.unpackable,
      requests: this.#requests.requests,
      refusals: this.#refusals.sent,
      sessionsResumed: this.#sessions.resumed,
      sessionsUnknown: this.#sessions.unknown,
      ...this.#server.counts,
      ...this.#limits.counters(),
      ...this.#entitlements.counts,
      ...this.#conflator.counts,
      ...this.#ladder.counts,
      ...this.#index.counters,
      ...this.#intake.counters(),
    };
    for (const [code, count] of Object.entries(this.#requests.errors)) counters[`error_${code}`] = count;
    return counters;
  }

  /** For clients that are connected and for those that come. */
  async #reload({ limits, authGraceMs, slow, tls }: ProxyReload): Promise<void> {
    this.#limits.reload(limits);
    this.#keeper.reload({ authGraceMs });
    this.#ladder.reload(slow);
    this.#delivery.policy = slow.policy;
    const { sessions, turns } = this.#server;
    await turns.each(sessions, (session) => this.#limits.reloadAllowance(session));
    const trouble = tls === null || this.#drain !== null ? '' : await this.#server.replaceTls(tls);
    this.#post({ type: 'reloaded', trouble });
  }

  hops(): readonly HopMeasure[] {
    return this.#broadcaster.hops.take();
  }

  /** Bytes that the client furthest behind has not taken yet, and all of them; clients that do not get every tick. */
  #backlogs(): { backlogBytes: number; unsentBytes: number; clientsSlow: number } {
    const backlogs = { backlogBytes: 0, unsentBytes: 0, clientsSlow: 0 };
    for (const { socket, slow } of this.#server.sessions) {
      const bytes = socket.getBufferedAmount();
      backlogs.backlogBytes = Math.max(backlogs.backlogBytes, bytes);
      backlogs.unsentBytes += bytes;
      if (slow !== null && slow.behind !== 0) backlogs.clientsSlow++;
    }
    return backlogs;
  }

  /** Clients are told once; without new ticks what was sent to them comes to an end. */
  #beginDrain(request: DrainClients): void {
    if (this.#drain !== null) return;
    this.#server.stopAccepting();
    void this.#pump.stop();
    // Ticks that wait for others would be lost.
    this.#broadcaster.drain(Number.POSITIVE_INFINITY);
    this.#conflator.finish();
    this.#drain = new ClientDrain({ sessions: this.#server.sessions, request, onNews: this.#post });
    this.#drain.begin();
  }

  async close(): Promise<void> {
    this.#keeper.stop();
    this.#statuses.stop();
    this.#drain?.stop();
    this.#entitlements.stop();
    this.#keys.stop();
    this.#server.turns.stop();
    await this.#pump.stop();
    try {
      if (this.#drain === null) this.#broadcaster.drain(Number.POSITIVE_INFINITY);
      this.#conflator.finish();
    } finally {
      this.#server.close((session) => this.#drain?.closeOf(session) ?? CLOSE.GOING_AWAY);
      await this.#intake.close();
    }
  }
}

runNativeWorker<ToReader>((port, fail, own) => {
  const task = workerData as ProxyTask;
  const worker = new ProxyWorker(task, port, fail);
  own(worker);
  return worker.start(task.host, task.port);
});
