/**
 * Ticks of the rings under their topics: to whom they matter, of which slot, and when a last value goes out besides.
 * Bus worker thread.
 *
 * While the outlet sends, the ring is not drained: a reader that is too slow is lapped and counts its loss, it does not
 * fill memory.
 */
import { FLAG, type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import {
  MAX_DEEP_TICK_BYTES,
  modeOf,
  readInstrument,
  readInt64,
  WORD,
  writeInt64,
} from '../../codec/tick-message.ts';
import { parseTopic } from '../../codec/topic.ts';
import { SendHops } from '../measures/send-hops.ts';
import type { RingTickSource } from '../ring/ring-tick-source.ts';
import type { BusInstrument, StreamPosition } from './bus-instrument.ts';
import { BusInstruments } from './bus-instruments.ts';
import type { BusOutlet } from './bus-outlet.ts';
import type { BusSubscriptions } from './bus-subscriptions.ts';

const MODES: readonly Mode[] = Object.values(MODE);
const DEEP_BIT = 1 << MODE.DEEP_DEPTH;
const DRAIN_LIMIT = 4096;
/** The market may move while we drain; after so many rounds the table's tick is taken as it is. */
const MAX_ROUNDS = 16;
/** Into so many parts the time is divided in which every quiet instrument is repeated once. */
export const REPUBLISH_ROUNDS = 20;

export interface TickPublisherOptions {
  readonly outlet: Pick<BusOutlet, 'pushTick'>;
  readonly source: RingTickSource;
  readonly subscriptions: BusSubscriptions;
  /** Whether the broker session behind a slot has ended. */
  readonly isEnded: (slot: number) => boolean;
  /** Lowest epoch that any topic may have. */
  readonly epochFloor: number;
}

export class TickPublisher {
  readonly #outlet: Pick<BusOutlet, 'pushTick'>;
  readonly #source: RingTickSource;
  readonly #subscriptions: BusSubscriptions;
  readonly #instruments: BusInstruments;
  readonly #lastValue = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  #round = 0;
  /** Settled by whoever sends. */
  readonly hops = new SendHops('bus');
  ticks = 0;
  snapshots = 0;
  /** Last values of quiet instruments, of `snapshots`. */
  republished = 0;

  constructor({ outlet, source, subscriptions, isEnded, epochFloor }: TickPublisherOptions) {
    this.#outlet = outlet;
    this.#source = source;
    this.#subscriptions = subscriptions;
    this.#instruments = new BusInstruments({ source, isEnded, epochFloor });
  }

  /** Times that a topic went on with another slot. */
  get takeovers(): number {
    return this.#instruments.takeovers;
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
      if (this.#instruments.bySlot(slot) !== undefined) continue;
      const wordCount = this.#readLast(slot);
      if (wordCount > 0) this.#instruments.learn(readInstrument(bytesOf(this.#lastValue, wordCount)));
    }
  }

  /** A slot that the bus itself has subscribed, with or without a tick yet: of those of its name, it goes first. */
  prefer(instrument: Instrument): void {
    this.#instruments.learn(instrument).preferred = instrument.slot;
  }

  /** A slot of a name that the bus has subscribed besides. */
  learn(instrument: Instrument): void {
    this.#instruments.learn(instrument);
  }

  /** The bus subscribes nothing of this name any more. */
  release(instrument: Instrument): void {
    const entry = this.#instruments.bySlot(instrument.slot);
    if (entry?.preferred === instrument.slot) entry.preferred = null;
  }

  /** Whether a subscription of this topic would be answered with a last value. */
  hasLast(name: Pick<Instrument, 'broker' | 'exchange' | 'symbol'>, mode: Mode): boolean {
    const entry = this.#instruments.byName(name);
    if (entry === undefined) return false;
    this.#instruments.settle(entry);
    const isDeep = mode === MODE.DEEP_DEPTH;
    const wordCount = this.#source.readLast(entry.slot, isDeep, this.#lastValue);
    return wordCount > 0 && (isDeep || modeOf(this.#lastValue) >= mode);
  }

  /** Queues the last values of what matches a prefix: the answer to a subscription. */
  answer(prefix: string): void {
    const topic = parseTopic(prefix);
    if (topic !== null) {
      const entry = this.#instruments.byName(topic);
      if (entry !== undefined) this.#enqueueLast(entry, 1 << topic.mode);
      return;
    }
    for (const entry of this.#instruments.all()) {
      let modes = 0;
      for (const mode of MODES) if (entry.topics[mode]!.startsWith(prefix)) modes |= 1 << mode;
      if (modes !== 0) this.#enqueueLast(entry, modes);
    }
  }

  /**
   * To be called REPUBLISH_ROUNDS times in the time of a cycle. Queues the last value of each wanted stream of which
   * nothing was sent for a cycle: should its last tick have been lost, nothing else would tell. When a market closes, all
   * fall silent at once; so only twice their fair share is repeated in one round, and the rest in the next ones.
   */
  republishQuiet(): void {
    this.#round++;
    let left = Math.ceil((2 * this.#instruments.size) / REPUBLISH_ROUNDS);
    for (const entry of this.#instruments.all()) {
      const wanted = entry.wanted(this.#subscriptions);
      if (wanted === 0) continue;
      if (!this.#isQuiet(entry.base) && !this.#isQuiet(entry.deep)) continue;
      if (left-- === 0) return;
      this.#instruments.settle(entry);
      this.#republish(entry, entry.base, wanted);
      this.#republish(entry, entry.deep, wanted);
    }
  }

  #isQuiet({ round }: StreamPosition): boolean {
    return this.#round - round >= REPUBLISH_ROUNDS;
  }

  #republish(entry: BusInstrument, position: StreamPosition, wanted: number): void {
    if (!this.#isQuiet(position)) return;
    if (this.#enqueueLastOf(entry, position, wanted)) this.republished++;
    // Also when there is nothing to send, so that the next look is a cycle away.
    position.round = this.#round;
  }

  /** Hot path, bus worker thread; allocates for what somebody wants, and does not throw. */
  readonly #onTick = (words: Int32Array, _doubles: Float64Array, wordCount: number): void => {
    const slot = words[WORD.SLOT]!;
    const known = this.#instruments.bySlot(slot);
    const entry = known ?? this.#instruments.learn(readInstrument(bytesOf(words, wordCount)));
    if (entry.slot !== slot && !this.#instruments.takesOver(entry, slot)) return;
    const position = modeOf(words) === MODE.DEEP_DEPTH ? entry.deep : entry.base;
    position.epoch = readInt64(words, WORD.EPOCH);
    position.seq = readInt64(words, WORD.SEQ);
    position.round = this.#round;
    const wanted = entry.wanted(this.#subscriptions);
    if (wanted !== 0) this.hops.note(words);
    this.#enqueue(entry, position, words, wordCount, wanted);
  };

  /** Queues a tick under each wanted topic of its mode and the modes that it contains. */
  #enqueue(
    entry: BusInstrument,
    position: StreamPosition,
    words: Int32Array,
    wordCount: number,
    wanted: number,
  ): void {
    if (wanted === 0) return;
    const epoch = readInt64(words, WORD.EPOCH);
    const shifted = position.shift.apply(epoch);
    if (shifted !== epoch) writeInt64(words, WORD.EPOCH, shifted);
    const tickMode = modeOf(words);
    if ((wanted & (1 << tickMode)) !== 0) this.#push(entry.topics[tickMode]!, bytesOf(words, wordCount));
    if (tickMode === MODE.DEEP_DEPTH) return;
    for (let mode = 1; mode < tickMode; mode++) {
      if ((wanted & (1 << mode)) === 0) continue;
      this.#push(entry.topics[mode]!, entry.derive(words, mode as Mode));
    }
  }

  #push(topic: string, bytes: Uint8Array): void {
    this.ticks++;
    this.#outlet.pushTick(topic, bytes);
  }

  #readLast(slot: number): number {
    const wordCount = this.#source.readLast(slot, false, this.#lastValue);
    return wordCount > 0 ? wordCount : this.#source.readLast(slot, true, this.#lastValue);
  }

  #republishAll(): void {
    for (const entry of this.#instruments.all()) {
      const wanted = entry.wanted(this.#subscriptions);
      if (wanted !== 0) this.#enqueueLast(entry, wanted);
    }
  }

  /**
   * Reads the last value into `#lastValue` when all ticks before it are queued, so that it overtakes none: the feed
   * worker writes the table before the ring, so what the table shows is the tick that went out last, the one after it, or
   * there is something left to drain.
   */
  #meetLast(entry: BusInstrument, position: StreamPosition): number {
    for (let round = 0; ; round++) {
      const wordCount = this.#source.readLast(entry.slot, position === entry.deep, this.#lastValue);
      if (wordCount === 0 || round === MAX_ROUNDS) return wordCount;
      const ahead = readInt64(this.#lastValue, WORD.SEQ) - position.seq;
      const isSameEpoch = readInt64(this.#lastValue, WORD.EPOCH) === position.epoch;
      if (isSameEpoch && (ahead === 0 || ahead === 1)) return wordCount;
      // Nothing left: the tick was lost to a lap, or came before this worker.
      if (this.#source.drain(this.#onTick, DRAIN_LIMIT) === 0) return wordCount;
    }
  }

  #enqueueLast(entry: BusInstrument, modes: number): void {
    this.#instruments.settle(entry);
    if ((modes & ~DEEP_BIT) !== 0) this.#enqueueLastOf(entry, entry.base, modes);
    if ((modes & DEEP_BIT) !== 0) this.#enqueueLastOf(entry, entry.deep, modes);
  }

  /** @returns whether there was a last value */
  #enqueueLastOf(entry: BusInstrument, position: StreamPosition, modes: number): boolean {
    const wordCount = this.#meetLast(entry, position);
    if (wordCount === 0) return false;
    this.#lastValue[WORD.FLAGS] = this.#lastValue[WORD.FLAGS]! | FLAG.SNAPSHOT;
    this.#enqueue(entry, position, this.#lastValue, wordCount, modes);
    this.snapshots++;
    return true;
  }
}

function bytesOf(words: Int32Array, wordCount: number): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, wordCount * 4);
}
