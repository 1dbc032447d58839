/**
 * Ticks out to ZeroMQ. Collects what one drain brings, by topic, and sends one message per topic: the topic, then each
 * tick as a frame of its own, oldest first. At a low rate that is one tick. Bus worker thread.
 *
 * `zeromq` allows one send in flight per socket, so this is the only sender on it. While it sends, the ring is not
 * drained: a reader that is too slow is lapped and counts its loss, it does not fill memory.
 */
import type { XPublisher } from 'zeromq';
import { FLAG, type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import { MAX_DEEP_TICK_BYTES, modeOf, readInstrument, readInt64, WORD } from '../../codec/tick-message.ts';
import type { RingTickSource } from '../ring/ring-tick-source.ts';
import { BusInstrument, type BusSubscriptions } from './bus-topics.ts';

const MODES: readonly Mode[] = Object.values(MODE);
const DRAIN_LIMIT = 4096;
/** The market may move while we drain; after so many rounds the table's tick is taken as it is. */
const MAX_ROUNDS = 16;

export class TickPublisher {
  readonly #socket: XPublisher;
  readonly #source: RingTickSource;
  readonly #subscriptions: BusSubscriptions;
  readonly #instruments: (BusInstrument | undefined)[] = [];
  readonly #pending = new Map<string, Uint8Array[]>();
  /** Sends follow one another: the end of the last one that was asked for. */
  #lastSend: Promise<void> = Promise.resolve();
  readonly #lastValue = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  ticks = 0;
  messages = 0;
  snapshots = 0;

  constructor(socket: XPublisher, source: RingTickSource, subscriptions: BusSubscriptions) {
    this.#socket = socket;
    this.#source = source;
    this.#subscriptions = subscriptions;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Takes at most `limit` ticks of each ring. @returns how many there were */
  collect(limit: number): number {
    const count = this.#source.drain(this.#onTick, limit);
    if (this.#source.takeLoss()) this.#republishAll();
    return count;
  }

  /**
   * Begins with the present, when the first subscriber comes: nothing that was written while nobody wanted it is read,
   * and the instruments that flow are learned from the last-value table, for those who subscribe by a prefix.
   */
  catchUp(): void {
    this.#source.skipToNewest();
    for (let slot = 0; slot < this.#source.slots; slot++) {
      if (this.knows(slot)) continue;
      const wordCount = this.#readLast(slot);
      if (wordCount > 0) this.learn(readInstrument(bytesOf(this.#lastValue, wordCount)));
    }
  }

  #readLast(slot: number): number {
    const wordCount = this.#source.readLast(slot, false, this.#lastValue);
    return wordCount > 0 ? wordCount : this.#source.readLast(slot, true, this.#lastValue);
  }

  readonly #onTick = (words: Int32Array, _doubles: Float64Array, wordCount: number): void => {
    const known = this.#instruments[words[WORD.SLOT]!];
    const entry = known ?? this.learn(readInstrument(bytesOf(words, wordCount)));
    const position = modeOf(words) === MODE.DEEP_DEPTH ? entry.deep : entry.base;
    position.epoch = readInt64(words, WORD.EPOCH);
    position.seq = readInt64(words, WORD.SEQ);
    this.#enqueue(entry, words, wordCount, entry.wanted(this.#subscriptions));
  };

  knows(slot: number): boolean {
    return this.#instruments[slot] !== undefined;
  }

  /** Makes an instrument known before its first tick. */
  learn(instrument: Instrument): BusInstrument {
    const known = this.#instruments[instrument.slot];
    if (known !== undefined) return known;
    const entry = new BusInstrument(instrument);
    this.#instruments[instrument.slot] = entry;
    return entry;
  }

  /** Queues a tick under each wanted topic of its mode and the modes that it contains. */
  #enqueue(entry: BusInstrument, words: Int32Array, wordCount: number, wanted: number): void {
    const tickMode = modeOf(words);
    if ((wanted & (1 << tickMode)) !== 0) this.#push(entry.topics[tickMode]!, bytesOf(words, wordCount));
    if (tickMode === MODE.DEEP_DEPTH) return;
    for (let mode = 1; mode < tickMode; mode++) {
      if ((wanted & (1 << mode)) === 0) continue;
      this.#push(entry.topics[mode]!, entry.derive(words, mode as Mode));
    }
  }

  /** Copies: the library may send from this very memory later, and the message at hand is reused. */
  #push(topic: string, bytes: Uint8Array): void {
    this.ticks++;
    const ticks = this.#pending.get(topic);
    if (ticks === undefined) this.#pending.set(topic, [bytes.slice()]);
    else ticks.push(bytes.slice());
  }

  /** Sends what has been collected. Resolves when all of it is with ZeroMQ. */
  flush(): Promise<void> {
    const batch = [...this.#pending];
    this.#pending.clear();
    this.#lastSend = this.#lastSend.then(async () => {
      for (const [topic, ticks] of batch) {
        await this.#socket.send([topic, ...ticks]);
        this.messages++;
      }
    });
    return this.#lastSend;
  }

  /** Queues the last values of every known instrument whose topics start with a prefix: the answer to a subscription. */
  answer(prefix: string): void {
    for (const entry of this.#instruments) {
      if (entry === undefined) continue;
      let modes = 0;
      for (const mode of MODES) if (entry.topics[mode]!.startsWith(prefix)) modes |= 1 << mode;
      if (modes !== 0) this.#enqueueLast(entry, modes);
    }
  }

  #republishAll(): void {
    for (const entry of this.#instruments) {
      if (entry !== undefined) this.#enqueueLast(entry, entry.wanted(this.#subscriptions));
    }
  }

  /**
   * Reads the last value into `#lastValue` when all ticks before it are queued, so that it overtakes none: the feed
   * worker writes the table before the ring, so what the table shows is the tick that went out last, the one after it, or
   * there is something left to drain.
   */
  #meetLast({ instrument, base, deep }: BusInstrument, isDeep: boolean): number {
    const position = isDeep ? deep : base;
    for (let round = 0; ; round++) {
      const wordCount = this.#source.readLast(instrument.slot, isDeep, this.#lastValue);
      if (wordCount === 0 || round === MAX_ROUNDS) return wordCount;
      const ahead = readInt64(this.#lastValue, WORD.SEQ) - position.seq;
      const isSameEpoch = readInt64(this.#lastValue, WORD.EPOCH) === position.epoch;
      if (isSameEpoch && (ahead === 0 || ahead === 1)) return wordCount;
      // Nothing left: the tick was lost to a lap, or came before this worker.
      if (this.#source.drain(this.#onTick, DRAIN_LIMIT) === 0) return wordCount;
    }
  }

  #enqueueLast(entry: BusInstrument, modes: number): void {
    if (modes === 0) return;
    for (const deep of [false, true]) {
      const wordCount = this.#meetLast(entry, deep);
      if (wordCount === 0) continue;
      this.#lastValue[WORD.FLAGS] = this.#lastValue[WORD.FLAGS]! | FLAG.SNAPSHOT;
      this.#enqueue(entry, this.#lastValue, wordCount, modes);
      this.snapshots++;
    }
  }
}

function bytesOf(words: Int32Array, wordCount: number): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, wordCount * 4);
}
