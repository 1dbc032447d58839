/**
 * The worker of OpenAlgo's own bus: binds the SUB socket to which OpenAlgo's processes connect, passes order updates and
 * invalidations on to the control plane, and writes the ticks of foreign publishers into a ring like any feed worker. It
 * holds a native handle, so it closes it and leaves by itself.
 */
import { setImmediate } from 'node:timers/promises';
import { type MessagePort, workerData } from 'node:worker_threads';
import { Subscriber } from 'zeromq';
import { type BusTopic, type JsonObject, parseBusMessage } from '../../codec/openalgo/bus-message.ts';
import { BUS_PRICE_DECIMALS, normaliseBusTick } from '../../codec/openalgo/bus-tick.ts';
import type { Instrument } from '../../codec/tick.ts';
import { WORD } from '../../codec/tick-message.ts';
import { EpochClock } from '../epoch-clock.ts';
import { InstrumentFeed } from '../feed/instrument-feed.ts';
import { TickWriter } from '../feed/tick-writer.ts';
import type { HopMeasure } from '../measures/thread-measures.ts';
import { type NativeWorker, runNativeWorker } from '../native-worker.ts';
import { DoorbellRinger } from '../ring/doorbell.ts';
import { LastValueTable } from '../ring/last-value-table.ts';
import { RingWriter } from '../ring/ring-writer.ts';
import type { FromOpenAlgoBus, OpenAlgoBusTask, ToOpenAlgoBus } from '../worker-messages.ts';

/** Broker name in the tick messages of foreign publishers, hence in their topics on our own bus. */
const FOREIGN_BROKER = 'openalgo';
/** A publisher holds 1000 messages and then drops; room here keeps a burst from filling its queue. */
const RECEIVE_HIGH_WATER_MARK = 100_000;
/** A tick with depth has 2 KB. Who sends more than this is disconnected. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

class OpenAlgoBusWorker implements NativeWorker<ToOpenAlgoBus> {
  readonly #task: OpenAlgoBusTask;
  readonly #port: MessagePort;
  readonly #socket = new Subscriber({
    receiveHighWaterMark: RECEIVE_HIGH_WATER_MARK,
    maxMessageSize: MAX_MESSAGE_BYTES,
    linger: 0,
  });
  readonly #clock = new EpochClock();
  readonly #writer: TickWriter;
  /** Instruments that clients hold, by exchange and symbol; several accounts may hold one name. */
  readonly #feeds = new Map<string, InstrumentFeed[]>();
  /** Every instrument of this epoch, by slot: one that is wanted again goes on with its sequence numbers. */
  readonly #known = new Map<number, InstrumentFeed>();
  /** Settled when the socket is gone. */
  readonly #released: Promise<void>;
  readonly #counts = { messages: 0, orders: 0, invalidations: 0, ignored: 0, garbage: 0, unwanted: 0 };

  constructor(task: OpenAlgoBusTask, port: MessagePort) {
    this.#task = task;
    this.#port = port;
    this.#writer = new TickWriter(
      new RingWriter(task.ring, task.epoch),
      new LastValueTable(task.lastValues),
      new DoorbellRinger(task.doorbells),
      this.#clock,
    );
    for (const instrument of task.instruments) this.#learn(instrument);
    this.#released = this.#watchSocket();
  }

  /** @returns the port that was bound, which matters when the task says 0 */
  async start(fail: (error: unknown) => void): Promise<number> {
    const { host, port } = this.#task;
    try {
      await this.#socket.bind(`tcp://${host}:${port === 0 ? '*' : port}`);
    } catch (cause) {
      throw Object.assign(new Error(`cannot bind ${host}:${port}: ${cause}`, { cause }), {
        code: 'BIND_FAILED',
      });
    }
    this.#socket.subscribe('');
    void this.#receive().catch(fail);
    return Number(this.#socket.lastEndpoint?.split(':').at(-1));
  }

  handle(message: ToOpenAlgoBus): boolean {
    switch (message.type) {
      case 'subscribe':
        for (const instrument of message.instruments) this.#learn(instrument);
        return true;
      case 'unsubscribe':
        for (const instrument of message.instruments) this.#drop(instrument);
        return true;
      default:
        return false;
    }
  }

  counters(): Record<string, number> {
    this.#clock.adjust();
    return { ...this.#counts, ticks: this.#writer.ticks };
  }

  hops(): readonly HopMeasure[] {
    return this.#writer.takeHops();
  }

  async close(): Promise<void> {
    for (const feeds of this.#feeds.values()) for (const feed of feeds) this.#writer.forget(feed);
    this.#socket.close();
    // The address is free for the next worker only when ZeroMQ's own threads have let go of it.
    await this.#released;
    await setImmediate();
  }

  #learn(instrument: Instrument): void {
    const key = nameKey(instrument);
    const feeds = this.#feeds.get(key) ?? [];
    if (feeds.some((feed) => feed.instrument.slot === instrument.slot)) return;
    const foreign = { ...instrument, broker: FOREIGN_BROKER };
    const known = this.#known.get(instrument.slot);
    const feed = known ?? new InstrumentFeed(foreign, BUS_PRICE_DECIMALS, this.#task.epoch);
    this.#known.set(instrument.slot, feed);
    this.#writer.forget(feed);
    feeds.push(feed);
    this.#feeds.set(key, feeds);
  }

  #drop(instrument: Instrument): void {
    const key = nameKey(instrument);
    const feeds = this.#feeds.get(key) ?? [];
    const kept = feeds.filter((feed) => feed.instrument.slot !== instrument.slot);
    for (const feed of feeds) if (!kept.includes(feed)) this.#writer.forget(feed);
    if (kept.length === 0) this.#feeds.delete(key);
    else this.#feeds.set(key, kept);
  }

  /** Until the socket is gone. */
  async #watchSocket(): Promise<void> {
    try {
      for await (const { type } of this.#socket.events) {
        if (type === 'end') return;
        if (type === 'disconnect') this.#onPublisherGone();
      }
    } catch {
      // The observer was closed with the socket's context: the socket is gone too.
    }
  }

  /** Which ticks were its is not known: none of them shall be given as the market's price any more. */
  #onPublisherGone(): void {
    for (const feeds of this.#feeds.values()) {
      for (const feed of feeds) {
        if (feed.latest !== null) feed.gapBefore = true;
        this.#writer.forget(feed);
      }
    }
  }

  async #receive(): Promise<void> {
    for await (const frames of this.#socket) this.#onMessage(frames);
  }

  #onMessage(frames: readonly Uint8Array[]): void {
    this.#counts.messages++;
    const message = parseBusMessage(frames);
    switch (message.kind) {
      case 'tick':
        this.#onTick(message.topic, message.data);
        break;
      case 'order':
        this.#counts.orders++;
        this.#post({ type: 'orderUpdate', userId: message.userId, text: message.text });
        break;
      case 'invalidation':
        this.#counts.invalidations++;
        this.#post({ type: 'invalidation', userId: message.userId });
        break;
      case 'ignored':
        this.#counts.ignored++;
        break;
      case 'garbage':
        this.#counts.garbage++;
        break;
    }
  }

  #onTick(topic: BusTopic, data: JsonObject): void {
    const feeds = this.#feeds.get(nameKey(topic));
    if (feeds === undefined) {
      this.#counts.unwanted++;
      return;
    }
    for (const feed of feeds) {
      const template = feed.template(topic.mode);
      const flags = normaliseBusTick(data, template);
      this.#clock.stamp(template.words, WORD.RECEIVE_TIME_NS);
      this.#writer.publish(feed, template, flags);
    }
  }

  #post(message: FromOpenAlgoBus): void {
    this.#port.postMessage(message);
  }
}

function nameKey({ exchange, symbol }: { readonly exchange: string; readonly symbol: string }): string {
  return `${exchange}\0${symbol}`;
}

runNativeWorker<ToOpenAlgoBus>((port, fail, own) => {
  const worker = new OpenAlgoBusWorker(workerData as OpenAlgoBusTask, port);
  own(worker);
  return worker.start(fail);
});
