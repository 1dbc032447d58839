/**
 * A proxy worker: one thread with a listener, its clients, and a reader of every ring. Wires the parts of this folder
 * together; each of them says in its head what it does.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import { initialOptions } from '../../codec/connection-options.ts';
import { type NativeWorker, runNativeWorker } from '../native-worker.ts';
import { Doorbell } from '../ring/doorbell.ts';
import { RingTickSource } from '../ring/ring-tick-source.ts';
import { DrainLoop } from '../ring/wait-strategy.ts';
import type { ProxyTask, ToReader } from '../worker-messages.ts';
import { Broadcaster } from './broadcaster.ts';
import { Capabilities } from './capabilities.ts';
import { ControlLink } from './control-link.ts';
import { FeedStatusNotifier } from './feed-status-notifier.ts';
import { OrderRelay } from './order-relay.ts';
import { ProxyServer } from './proxy-server.ts';
import { RefusalNotices } from './refusal-notices.ts';
import { RequestHandler } from './request-handler.ts';
import { SessionKeeper } from './session-keeper.ts';
import { SnapshotJoin } from './snapshot-join.ts';
import { SubscriptionHandler } from './subscription-handler.ts';
import { SubscriptionIndex } from './subscription-index.ts';

/** Ticks per ring that are published before the event loop gets its turn, in which the socket library writes them. */
const DRAIN_LIMIT = 512;

class ProxyWorker implements NativeWorker<ToReader> {
  readonly #source: RingTickSource;
  readonly #index = new SubscriptionIndex();
  readonly #link: ControlLink;
  readonly #server: ProxyServer;
  readonly #broadcaster: Broadcaster;
  readonly #snapshots: SnapshotJoin;
  readonly #subscriptions: SubscriptionHandler;
  readonly #orders = new OrderRelay();
  readonly #statuses = new FeedStatusNotifier();
  readonly #refusals = new RefusalNotices(this.#index);
  readonly #requests: RequestHandler;
  readonly #keeper: SessionKeeper;
  readonly #loop: DrainLoop;

  constructor(task: ProxyTask, port: MessagePort, fail: (error: unknown) => void) {
    const { memory, page } = task;
    this.#source = new RingTickSource(memory.rings, memory.lastValues);
    this.#link = new ControlLink(port);
    this.#server = new ProxyServer(
      {
        maxMessageBytes: task.maxMessageBytes,
        maxBackpressureBytes: task.maxBackpressureBytes,
        keepAliveMs: Math.max(
          task.pingIntervalMs + task.pingTimeoutMs,
          task.designPingIntervalMs + task.designPingTimeoutMs,
        ),
        initialOptions: (query) => initialOptions(query, task.defaultDialect),
        pageHtml: page.html,
        pageData: JSON.stringify({ ...page, html: undefined }),
      },
      () => ({
        message: this.#requests.handle,
        close: (session) => {
          this.#orders.release(session);
          this.#subscriptions.releaseAll(session);
        },
      }),
    );
    this.#broadcaster = new Broadcaster(this.#server.app, this.#index, this.#source);
    this.#snapshots = new SnapshotJoin(this.#source, this.#broadcaster);
    this.#subscriptions = new SubscriptionHandler(
      this.#link,
      this.#index,
      this.#snapshots,
      new Capabilities(task.capabilities),
      this.#statuses,
    );
    this.#requests = new RequestHandler(this.#link, this.#subscriptions, this.#orders, task);
    this.#keeper = new SessionKeeper(this.#server.sessions, task);
    this.#loop = new DrainLoop({
      drain: () => this.#broadcaster.drain(DRAIN_LIMIT),
      hasWork: () => this.#source.hasTicks(),
      doorbell: new Doorbell(memory.doorbells, task.reader),
      strategy: task.waitStrategy,
      spinUs: task.spinUs,
      onError: fail,
    });
  }

  async start(host: string, port: number): Promise<number> {
    const listening = await this.#server.listen(host, port);
    if (listening === null) {
      throw Object.assign(new Error(`cannot listen on ${host}:${port}`), { code: 'PORT_IN_USE' });
    }
    this.#loop.start();
    return listening;
  }

  handle(message: ToReader): boolean {
    switch (message.type) {
      case 'addRing':
        this.#source.addRing(message.ring);
        return true;
      case 'keyVerified':
        this.#link.onKeyVerified(message.id, message.outcome);
        return true;
      case 'subscribed':
        this.#link.onSubscribed(message.id, message.outcomes);
        return true;
      case 'moved':
        this.#subscriptions.follow(message.moves, this.#server.sessions);
        return true;
      case 'account':
        this.#requests.onAccount(message.status, this.#server.sessions);
        return true;
      case 'feedStatus':
        this.#statuses.onNews(message);
        return true;
      case 'requestRefused':
        this.#refusals.tell(message, this.#server.sessions);
        return true;
      case 'orderUpdate':
        this.#orders.relay(message.userId, message.text);
        return true;
      default:
        return false;
    }
  }

  counters(): Record<string, number> {
    this.#broadcaster.adjustClock();
    this.#snapshots.adjustClock();
    const { ticks, published, gaps } = this.#broadcaster;
    const counters: Record<string, number> = {
      clients: this.#server.sessions.size,
      instruments: this.#index.instruments,
      backlogBytes: this.#longestBacklog(),
      ticks,
      published,
      gaps,
      lost: this.#source.lost,
      orders: this.#orders.relayed,
      statuses: this.#statuses.sent,
      ordersUnpackable: this.#orders.unpackable,
      requests: this.#requests.requests,
      refusals: this.#refusals.sent,
      ...this.#server.counts,
      ...this.#keeper.closed,
      ...this.#index.counters,
    };
    for (const [code, count] of Object.entries(this.#requests.errors)) counters[`error_${code}`] = count;
    return counters;
  }

  /** Bytes that the client furthest behind has not taken yet. */
  #longestBacklog(): number {
    let longest = 0;
    for (const { socket } of this.#server.sessions) longest = Math.max(longest, socket.getBufferedAmount());
    return longest;
  }

  async close(): Promise<void> {
    this.#keeper.stop();
    this.#statuses.stop();
    await this.#loop.stop();
    this.#server.close();
  }
}

runNativeWorker<ToReader>((port, fail, own) => {
  const task = workerData as ProxyTask;
  const worker = new ProxyWorker(task, port, fail);
  own(worker);
  return worker.start(task.host, task.port);
});
