/**
 * The bus worker: one thread with an XPUB socket and a reader of every ring. A subscription to a whole topic is a wish:
 * it is passed to the control plane, which subscribes upstream, and it is answered with the last value.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import { XPublisher } from 'zeromq';
import type { Instrument } from '../../codec/tick.ts';
import { parseTopic } from '../../codec/topic.ts';
import { type NativeWorker, runNativeWorker } from '../native-worker.ts';
import { Doorbell } from '../ring/doorbell.ts';
import { RingTickSource } from '../ring/ring-tick-source.ts';
import { DrainLoop } from '../ring/wait-strategy.ts';
import type { BusTask, ToReader } from '../worker-messages.ts';
import { BusSubscriptions } from './bus-topics.ts';
import { BusWishes } from './bus-wishes.ts';
import { releaseSocket } from './release-socket.ts';
import { TickPublisher } from './tick-publisher.ts';

/** Ticks per ring that are collected before they are sent: enough to share messages, few enough to be fresh. */
const DRAIN_LIMIT = 1024;
/** First byte of what an XPUB socket receives. */
const SUBSCRIBE = 1;

class BusWorker implements NativeWorker<ToReader> {
  readonly #task: BusTask;
  readonly #fail: (error: unknown) => void;
  readonly #socket: XPublisher;
  readonly #source: RingTickSource;
  readonly #subscriptions = new BusSubscriptions();
  readonly #publisher: TickPublisher;
  readonly #doorbell: Doorbell;
  /** Runs while somebody is subscribed. Without it the doorbell stays disarmed, and no tick wakes this thread. */
  #loop: DrainLoop | null = null;
  #stopped: Promise<void> = Promise.resolve();
  #closing = false;
  readonly #wishes: BusWishes;
  #sending = false;

  constructor(task: BusTask, port: MessagePort, fail: (error: unknown) => void) {
    this.#task = task;
    this.#fail = fail;
    this.#socket = new XPublisher({
      // Messages held for one subscriber; above it XPUB drops that subscriber's messages, and only its. The subscriber
      // sees the jump in the sequence numbers.
      sendHighWaterMark: task.sendHighWaterMark,
      // A subscriber that is gone shall not hold up the stop of the engine.
      linger: 0,
      // A subscriber whose host vanished is noticed within this time, and its topics are unsubscribed.
      heartbeatInterval: 2000,
      heartbeatTimeout: 6000,
    });
    // Without it a second subscriber of a topic is not reported, and gets no last value.
    this.#socket.verbosity = 'allSubs';
    this.#source = new RingTickSource(task.memory.rings, task.memory.lastValues);
    this.#publisher = new TickPublisher(this.#socket, this.#source, this.#subscriptions);
    this.#doorbell = new Doorbell(task.memory.doorbells, task.reader);
    this.#wishes = new BusWishes({
      post: (message) => port.postMessage(message),
      isSubscribed: (topic) => this.#subscriptions.has(topic),
      onInstrument: (instrument, topic) => this.#onInstrument(instrument, topic),
    });
  }

  async start(): Promise<number> {
    try {
      await this.#socket.bind(this.#task.endpoint);
    } catch (cause) {
      const message = `cannot bind the bus to ${this.#task.endpoint}: ${cause instanceof Error ? cause.message : cause}`;
      throw Object.assign(new Error(message, { cause }), { code: 'BUS_ENDPOINT_IN_USE' });
    }
    void this.#receive().catch(this.#fail);
    return 0;
  }

  handle(message: ToReader): boolean {
    switch (message.type) {
      case 'addRing':
        this.#source.addRing(message.ring);
        return true;
      case 'subscribed':
        this.#wishes.onSubscribed(message.id, message.outcomes);
        return true;
      case 'moved':
        this.#wishes.onMoved(message.moves, (instrument) => this.#publisher.learn(instrument));
        return true;
      default:
        return false;
    }
  }

  counters(): Record<string, number> {
    const { ticks, messages, snapshots } = this.#publisher;
    const { lost } = this.#source;
    const { refused } = this.#wishes;
    return { subscriptions: this.#subscriptions.size, refused, ticks, messages, snapshots, lost };
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#wishes.stop();
    this.#endLoop();
    await this.#stopped;
    await releaseSocket(this.#socket);
  }

  #startLoop(): void {
    this.#publisher.catchUp();
    this.#loop = new DrainLoop({
      drain: () => this.#drain(),
      hasWork: () => !this.#sending && this.#source.hasTicks(),
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
    if (this.#sending) return 0;
    const count = this.#publisher.collect(DRAIN_LIMIT);
    if (this.#publisher.hasPending) this.#flush();
    return count;
  }

  #flush(): void {
    this.#sending = true;
    this.#publisher.flush().then(() => {
      this.#sending = false;
      // The loop may have gone to sleep meanwhile; what came since then would wait for the next tick's doorbell.
      this.#doorbell.disarm();
    }, this.#fail);
  }

  /** Reads what XPUB reports: a byte, 1 for a subscription and 0 for the last unsubscription, and the prefix. */
  async #receive(): Promise<void> {
    for await (const [report] of this.#socket) {
      if (report === undefined || report.length === 0) continue;
      const prefix = report.subarray(1).toString('utf8');
      if (report[0] === SUBSCRIBE) this.#onSubscribe(prefix);
      else this.#onUnsubscribe(prefix);
    }
  }

  #onSubscribe(prefix: string): void {
    this.#subscriptions.add(prefix);
    if (this.#loop === null && !this.#closing) this.#startLoop();
    const topic = parseTopic(prefix);
    if (topic !== null) this.#wishes.subscribe(topic);
    this.#publisher.answer(prefix);
    if (this.#publisher.hasPending) this.#flush();
  }

  #onUnsubscribe(prefix: string): void {
    this.#subscriptions.delete(prefix);
    if (this.#subscriptions.size === 0) this.#endLoop();
    const topic = parseTopic(prefix);
    if (topic !== null) this.#wishes.unsubscribe(topic);
  }

  #onInstrument(instrument: Instrument, topic: string): void {
    const wasKnown = this.#publisher.knows(instrument.slot);
    this.#publisher.learn(instrument);
    if (!wasKnown) this.#publisher.answer(topic);
    if (this.#publisher.hasPending) this.#flush();
  }
}

runNativeWorker<ToReader>((port, fail, own) => {
  const worker = new BusWorker(workerData as BusTask, port, fail);
  own(worker);
  return worker.start();
});
