/**
 * The bus worker: one thread with a reader of every ring, an XPUB socket for ticks and events, and a ROUTER socket for the
 * requests of proxies on other hosts. A subscription to a whole topic is a wish: it is passed to the control plane, which
 * subscribes upstream, and it is answered with the last value.
 */
import { randomBytes } from 'node:crypto';
import { type MessagePort, workerData } from 'node:worker_threads';
import { parseTopic } from '../../codec/topic.ts';
import { type NativeWorker, runNativeWorker } from '../native-worker.ts';
import { Doorbell } from '../ring/doorbell.ts';
import { RingTickSource } from '../ring/ring-tick-source.ts';
import { DrainLoop } from '../ring/wait-strategy.ts';
import type { BusTask, FeedStatusNews, FromReader, ToReader } from '../worker-messages.ts';
import { BusGate } from './bus-gate.ts';
import { BusNews } from './bus-news.ts';
import { BusOutlet } from './bus-outlet.ts';
import { BusStatuses } from './bus-statuses.ts';
import { BusSubscriptions } from './bus-subscriptions.ts';
import { BusWishes } from './bus-wishes.ts';
import { ControlDesk } from './control-desk.ts';
import { ControlServer } from './control-server.ts';
import { REPUBLISH_ROUNDS, TickPublisher } from './tick-publisher.ts';

/** Ticks per ring that are collected before they are sent: enough to share messages, few enough to be fresh. */
const DRAIN_LIMIT = 1024;
/** First byte of what an XPUB socket receives. */
const UNSUBSCRIBE = 0;
const SUBSCRIBE = 1;

class BusWorker implements NativeWorker<ToReader> {
  readonly #task: BusTask;
  readonly #fail: (error: unknown) => void;
  readonly #gate: BusGate;
  readonly #source: RingTickSource;
  readonly #subscriptions = new BusSubscriptions();
  readonly #outlet: BusOutlet;
  readonly #publisher: TickPublisher;
  readonly #statuses: BusStatuses;
  readonly #news: BusNews;
  readonly #wishes: BusWishes;
  readonly #desk: ControlDesk;
  readonly #server: ControlServer;
  readonly #doorbell: Doorbell;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Runs while ticks have a subscriber. Without it the doorbell stays disarmed, and no tick wakes this thread. */
  #loop: DrainLoop | null = null;
  #stopped: Promise<void> = Promise.resolve();
  #closing = false;
  #revision = 0;

  constructor(task: BusTask, port: MessagePort, fail: (error: unknown) => void) {
    this.#task = task;
    this.#fail = fail;
    this.#gate = new BusGate({ task, onRefused: (refused) => port.postMessage(refused), fail });
    this.#source = new RingTickSource(task.memory.rings, task.memory.lastValues);
    this.#doorbell = new Doorbell(task.memory.doorbells, task.reader);
    const subscriptions = this.#subscriptions;
    const revise = () => this.#revise();
    const post = (message: FromReader) => port.postMessage(message);
    const host = randomBytes(8).toString('hex');
    this.#outlet = new BusOutlet(this.#gate.publisher);
    const outlet = this.#outlet;
    const statuses = new BusStatuses(revise);
    this.#statuses = statuses;
    const isEnded = (slot: number) => statuses.isEnded(slot);
    this.#publisher = new TickPublisher({
      outlet,
      source: this.#source,
      subscriptions,
      isEnded,
      // Epochs are times of this clock, so what was published under a higher one than the feed's is below the present.
      epochFloor: task.takeovers > 0 ? Date.now() : 0,
    });
    this.#news = new BusNews({ host, outlet, subscriptions, statuses, revise });
    this.#wishes = new BusWishes({
      lingerMs: task.lingerMs,
      post,
      isSubscribed: (topic) => subscriptions.has(topic),
      isEnded,
      onHeld: (instrument, foreign) => {
        statuses.hold(instrument);
        this.#publisher.prefer(instrument);
        if (foreign !== null) this.#publisher.learn(foreign);
      },
      onServed: (topic) => this.#publisher.answer(topic),
      onReleased: (instrument) => {
        statuses.release(instrument);
        this.#publisher.release(instrument);
      },
    });
    const { hello, heartbeatMs } = task;
    this.#desk = new ControlDesk({
      host,
      hello,
      heartbeatMs,
      post,
      wishes: this.#wishes,
      publisher: this.#publisher,
      statuses,
      news: this.#news,
    });
    this.#server = new ControlServer({
      socket: this.#gate.control,
      answer: (request) => this.#desk.answer(request),
    });
    for (const status of task.accounts) this.#news.onAccount(status);
  }

  async start(): Promise<number> {
    const { heartbeatMs, republishMs } = this.#task;
    await this.#gate.open();
    void this.#receive().catch(this.#fail);
    void this.#server.serve().catch(this.#fail);
    this.#every(heartbeatMs, () => this.#news.heartbeat());
    this.#every(republishMs / REPUBLISH_ROUNDS, () => {
      if (this.#loop !== null && !this.#outlet.isSending) this.#publisher.republishQuiet();
    });
    return 0;
  }

  handle(message: ToReader): boolean {
    const isKnown = this.#onMessage(message);
    this.#news.publishStatuses();
    this.#flush();
    return isKnown;
  }

  counters(): Record<string, number> {
    const { ticks, snapshots, republished, takeovers } = this.#publisher;
    const { messages } = this.#outlet;
    const { events } = this.#news;
    const { lost } = this.#source;
    const { refused, held } = this.#wishes;
    const { requests, refused: refusedRequests } = this.#server;
    return {
      subscriptions: this.#subscriptions.size,
      held,
      refused,
      ticks,
      messages,
      snapshots,
      republished,
      takeovers: this.#task.takeovers + takeovers,
      events,
      requests,
      refusedRequests,
      refusedPeers: this.#gate.refusedPeers,
      lost,
    };
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#wishes.stop();
    this.#endLoop();
    await this.#stopped;
    await this.#gate.close();
  }

  #onMessage(message: ToReader): boolean {
    switch (message.type) {
      case 'addRing':
        this.#source.addRing(message.ring);
        return true;
      case 'keyVerified':
        this.#desk.onKeyVerified(message.id, message.outcome);
        return true;
      case 'subscribed':
        this.#wishes.onSubscribed(message.id, message.outcomes);
        return true;
      case 'moved':
        this.#wishes.onMoved(message.moves);
        return true;
      case 'account':
        this.#news.onAccount(message.status);
        return true;
      case 'feedStatus':
        this.#onFeedStatus(message);
        return true;
      case 'requestRefused':
        this.#news.onRefused(message);
        return true;
      case 'orderUpdate':
        this.#news.onOrderUpdate(message);
        return true;
      case 'allowedKeys':
        if (this.#gate.allow(message.keys)) this.#fail(keysWithdrawn());
        return true;
      default:
        return false;
    }
  }

  #onFeedStatus(news: FeedStatusNews): void {
    this.#statuses.onNews(news);
    if (news.status === 'session_expired') this.#wishes.onEnded(news.slots);
  }

  /** Rises with every statement, and over the life of feed hosts as far as their clocks do. */
  #revise(): number {
    this.#revision = Math.max(this.#revision + 1, Date.now());
    return this.#revision;
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(
      setInterval(() => {
        act();
        this.#flush();
      }, ms),
    );
  }

  #startLoop(): void {
    this.#publisher.catchUp();
    this.#loop = new DrainLoop({
      drain: () => this.#drain(),
      hasWork: () => !this.#outlet.isSending && this.#source.hasTicks(),
      doorbell: this.#doorbell,
      strategy: this.#task.waitStrategy,
      spinUs: this.#task.spinUs,
      onError: this.#fail,
    });
    this.#loop.start();
  }

  #endLoop(): void {
    if (this.#loop !== null) this.#stopped = this.#loop.stop();
    this.#loop = null;
  }

  #drain(): number {
    if (this.#outlet.isSending) return 0;
    const count = this.#publisher.collect(DRAIN_LIMIT);
    this.#flush();
    return count;
  }

  #flush(): void {
    if (!this.#outlet.hasPending || this.#closing) return;
    this.#outlet.flush().then(() => {
      // The loop may have gone to sleep meanwhile; what came since then would wait for the next tick's doorbell.
      this.#doorbell.disarm();
    }, this.#fail);
  }

  /** Reads what XPUB reports: a byte, 1 for a subscription and 0 for the last unsubscription, and the prefix. */
  async #receive(): Promise<void> {
    for await (const [report] of this.#gate.publisher) {
      const prefix = report?.subarray(1).toString('utf8') ?? '';
      if (report?.[0] === SUBSCRIBE) this.#onSubscribe(prefix);
      else if (report?.[0] === UNSUBSCRIBE) this.#onUnsubscribe(prefix);
      this.#flush();
    }
  }

  #onSubscribe(prefix: string): void {
    this.#subscriptions.add(prefix);
    if (this.#loop === null && this.#subscriptions.hasTicks && !this.#closing) this.#startLoop();
    const topic = parseTopic(prefix);
    if (topic !== null) this.#wishes.subscribe(topic);
    this.#publisher.answer(prefix);
    this.#news.answer(prefix);
  }

  #onUnsubscribe(prefix: string): void {
    this.#subscriptions.delete(prefix);
    if (!this.#subscriptions.hasTicks) this.#endLoop();
    const topic = parseTopic(prefix);
    if (topic !== null) this.#wishes.unsubscribe(topic);
  }
}

/** ZeroMQ cannot end one peer's connection: the worker leaves, is started again, and lets in who is on the list. */
function keysWithdrawn(): Error {
  const message =
    'a key was taken off the list while its connections are open: all are closed, and made anew';
  return Object.assign(new Error(message), { code: 'BUS_KEYS_WITHDRAWN' });
}

runNativeWorker<ToReader>((port, fail, own) => {
  const worker = new BusWorker(workerData as BusTask, port, fail);
  own(worker);
  return worker.start();
});
