/** A subscriber of the bus as another program would be one: ZeroMQ and the generated FlatBuffers reader. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ByteBuffer } from 'flatbuffers';
import { Subscriber } from 'zeromq';
import { Tick } from '../../src/codec/generated/tickwire/tick.ts';
import { FLAG } from '../../src/codec/tick.ts';
import { type BusEvent, EVENT_MARK, parseEvent } from '../../src/workers/bus/bus-event.ts';

/** One tick with the header's numbers that most tests look at. */
export interface BusTick {
  readonly topic: string;
  readonly tick: Tick;
  readonly symbol: string;
  readonly epoch: number;
  readonly seq: number;
  readonly mode: number;
  readonly isSnapshot: boolean;
}

function readTick(topic: string, bytes: Buffer): BusTick {
  const tick = Tick.getRootAsTick(new ByteBuffer(bytes));
  const header = tick.header()!;
  return {
    topic,
    tick,
    symbol: String(tick.symbol()),
    epoch: Number(header.epoch()),
    seq: Number(header.seq()),
    mode: header.mode(),
    isSnapshot: (header.flags() & FLAG.SNAPSHOT) !== 0,
  };
}

export class BusClient {
  /** The ticks of each message, in the order of its frames. */
  readonly messages: (readonly BusTick[])[] = [];
  readonly events: BusEvent[] = [];
  readonly #socket = new Subscriber({ receiveHighWaterMark: 0, linger: 0, reconnectInterval: 50 });

  constructor(t: TestContext, endpoint: string, ...topics: readonly string[]) {
    t.after(() => this.close());
    this.subscribe(...topics);
    this.#socket.connect(endpoint);
    this.#receive().catch((error) => {
      // A socket that is closed while messages come rejects what was to read them.
      if (!this.#socket.closed) throw error;
    });
  }

  subscribe(...topics: readonly string[]): void {
    if (topics.length > 0) this.#socket.subscribe(...topics);
  }

  unsubscribe(...topics: readonly string[]): void {
    this.#socket.unsubscribe(...topics);
  }

  ticks(topic?: string): BusTick[] {
    return this.messages.flat().filter((tick) => topic === undefined || tick.topic === topic);
  }

  close(): void {
    if (!this.#socket.closed) this.#socket.close();
  }

  async #receive(): Promise<void> {
    for await (const [topic, ...frames] of this.#socket) {
      if (topic!.toString().startsWith(EVENT_MARK)) {
        const event = parseEvent(topic!.toString(), frames[0]!);
        assert.ok(event !== null && frames.length === 1, `an event that is none: ${topic} ${frames}`);
        this.events.push(event);
        continue;
      }
      this.messages.push(frames.map((frame) => readTick(topic!.toString(), frame)));
    }
  }
}
