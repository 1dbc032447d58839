/**
 * The bus worker: one thread with a reader of every ring, an XPUB socket for ticks and events, and a ROUTER socket for the
 * requests of proxies on other hosts. A subscription to a whole topic is a wish: it is passed to the control plane, which
 * subscribes upstream, and it is answered with the last value.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import type { HopMeasure } from '../measures/thread-measures.ts';
import { type NativeWorker, runNativeWorker } from '../native-worker.ts';
import type { BusTask } from '../reader-tasks.ts';
import { Doorbell } from '../ring/doorbell.ts';
import { RingTickSource } from '../ring/ring-tick-source.ts';
import { DrainLoop } from '../ring/wait-strategy.ts';
import type { FromSupervised, ToReader } from '../worker-messages.ts';
import { BusGate } from './bus-gate.ts';
import { BusOutlet } from './bus-outlet.ts';
import { isOfTicks } from './bus-subscriptions.ts';
import { ControlServer } from './control-server.ts';
import { FeedHost } from './feed-host.ts';
import { readSubscriptionReports } from './subscription-reports.ts';
import { REPUBLISH_ROUNDS } from './tick-publisher.ts';

/** Ticks per ring that are collected before they are sent: enough to share messages, few enough to be fresh. */
const DRAIN_LIMIT = 1024;

class BusWorker implements NativeWorker<ToReader> {
  readonly #task: BusTask;
  readonly #port: MessagePort;
  readonly #fail: (error: unknown) => void;
  readonly #gate: BusGate;
  readonly #source: RingTickSource;
  readonly #outlet: BusOutlet;
  readonly #host: FeedHost;
  readonly #server: ControlServer;
  readonly #doorbell: Doorbell;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Runs while ticks have a subscriber. Without it the doorbell stays disarmed, and no tick wakes this thread. */
  #loop: DrainLoop | null = null;
  #stopped: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(task: BusTask, port: MessagePort, fail: (error: unknown) => void) {
    this.#task = task;
    this.#port = port;
    this.#fail = fail;
    this.#gate = new BusGate({ task, onRefused: (refused) => port.postMessage(refused), fail });
    this.#source = new RingTickSource(task.memory.rings, task.memory.lastValues);
    this.#doorbell = new Doorbell(task.memory.doorbells, task.reader);
    this.#outlet = new BusOutlet(this.#gate.publisher);
    const host = new FeedHost({
      task,
      source: this.#source,
      outlet: this.#outlet,
      post: (message) => port.postMessage(message),
    });
    this.#host = host;
    const answer: FeedHost['answer'] = (request) => host.answer(request);
    this.#server = new ControlServer({ socket: this.#gate.control, answer });
  }

  async start(): Promise<number> {
    const { heartbeatMs, republishMs } = this.#task;
    await this.#gate.open();
    // Closed meanwhile: nothing may begin that nobody ends.
    if (this.#closing) return 0;
    void readSubscriptionReports({
      socket: this.#gate.publisher,
      outlet: this.#outlet,
      onSubscribe: (prefix) => this.#onSubscribe(prefix),
      onUnsubscribe: (prefix) => this.#onUnsubscribe(prefix),
    }).catch(this.#fail);
    void this.#server.serve().catch(this.#fail);
    this.#every(heartbeatMs, () => this.#host.news.heartbeat());
    this.#every(republishMs / REPUBLISH_ROUNDS, () => {
      if (this.#loop !== null && !this.#outlet.isSending) this.#host.publisher.republishQuiet();
    });
    return 0;
  }

  handle(message: ToReader): boolean {
    switch (message.type) {
      case 'addRing':
        this.#source.addRing(message.ring);
        return true;
      case 'allowedKeys':
        if (this.#gate.allow(message.keys)) this.#fail(keysWithdrawn());
        return true;
      case 'goodbye':
        if (this.#closing) return true;
        this.#gate.letReadersFinish();
        this.#host.news.sayGoodbye();
        this.#flush();
        return true;
      default: {
        const isKnown = this.#host.handle(message);
        this.#flush();
        return isKnown;
      }
    }
  }

  counters(): Record<string, number> {
    const { messages } = this.#outlet;
    const { requests, refused } = this.#server;
    const { refusedPeers } = this.#gate;
    const { lost } = this.#source;
    const { hops } = this.#host.publisher;
    hops.adjustClock();
    return { ...this.#host.counters(), messages, requests, refusedRequests: refused, refusedPeers, lost };
  }

  hops(): readonly HopMeasure[] {
    return this.#host.publisher.hops.take();
  }

  async close(): Promise<void> {
    this.#closing = true;
    // Also what was counted since the last time: the next worker goes on above the epochs of this one's takeovers.
    const counted: FromSupervised = { type: 'counters', counters: this.counters() };
    this.#port.postMessage(counted);
    for (const timer of this.#timers) clearInterval(timer);
    this.#endLoop();
    await this.#stopped;
    // What fails to be sent now has nobody to be told.
    await this.#outlet.sent.catch(() => {});
    await this.#gate.close();
    // Last, since until here subscribers leave and main answers, which sets its timers.
    this.#host.stop();
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
    this.#host.publisher.catchUp();
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
    const count = this.#host.publisher.collect(DRAIN_LIMIT);
    this.#flush();
    return count;
  }

  #flush(): void {
    if (!this.#outlet.hasPending || this.#closing) return;
    this.#outlet.flush().then(() => {
      this.#host.publisher.hops.settle();
      // The loop may have gone to sleep meanwhile; what came since then would wait for the next tick's doorbell.
      this.#doorbell.disarm();
    }, this.#fail);
  }

  #onSubscribe(prefix: string): void {
    if (this.#loop === null && isOfTicks(prefix) && !this.#closing) this.#startLoop();
    this.#host.onSubscribe(prefix);
    this.#flush();
  }

  #onUnsubscribe(prefix: string): void {
    this.#host.onUnsubscribe(prefix);
    if (!this.#host.subscriptions.hasTicks) this.#endLoop();
    this.#flush();
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
