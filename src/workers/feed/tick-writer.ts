/**
 * Where a decoded frame becomes a tick: the three places that it is written to, last-value table, ring, doorbells.
 * Feed worker thread.
 */
import { FLAG, MODE, type Mode } from '../../codec/tick.ts';
import { type TickTemplate, WORD, writeInt64 } from '../../codec/tick-message.ts';
import type { EpochClock } from '../epoch-clock.ts';
import { HopHistogram } from '../measures/hop-histogram.ts';
import type { HopMeasure } from '../measures/thread-measures.ts';
import type { DoorbellRinger } from '../ring/doorbell.ts';
import { KIND, type LastValueTable } from '../ring/last-value-table.ts';
import type { RingWriter } from '../ring/ring-writer.ts';
import type { SlotOwners } from '../ring/slot-owners.ts';
import { type InstrumentFeed, OWNERSHIP } from './instrument-feed.ts';
import { SlotExchange } from './slot-exchange.ts';
import type { HeldTick } from './stream-taking.ts';

/** What a worker needs whose instruments may move to other workers, and to it. */
export interface SharedSlots {
  readonly owners: SlotOwners;
  /** Number of this worker's feed. */
  readonly feed: number;
  /** Told of instruments that another worker owns and whose first ticks have come here. */
  readonly onCarried: (slots: readonly number[]) => void;
}

/** Puts patched messages where readers find them. */
export class TickWriter {
  readonly #ring: RingWriter;
  readonly #lastValues: LastValueTable;
  readonly #ringer: DoorbellRinger;
  readonly #clock: EpochClock;
  readonly #exchange: SlotExchange | null;
  readonly #receiveToPublish = new HopHistogram();
  /** Ticks written since the start. */
  ticks = 0;

  /** @param shared null for the worker of OpenAlgo's bus, whose instruments no other worker has */
  constructor(
    ring: RingWriter,
    lastValues: LastValueTable,
    ringer: DoorbellRinger,
    clock: EpochClock,
    shared: SharedSlots | null = null,
  ) {
    this.#ring = ring;
    this.#lastValues = lastValues;
    this.#ringer = ringer;
    this.#clock = clock;
    const publish = (feed: InstrumentFeed, ticks: readonly HeldTick[]) => this.#publishHeld(feed, ticks);
    this.#exchange = shared === null ? null : new SlotExchange({ ...shared, ring, lastValues, publish });
  }

  /** An instrument that this worker shall carry, before its first tick: alone, or beside the worker that has it now. */
  begin(feed: InstrumentFeed): void {
    if (this.#exchange === null) this.forget(feed);
    else this.#exchange.begin(feed);
  }

  /** Nobody wishes for the instrument here any more: another worker may carry it next. */
  end(feed: InstrumentFeed): void {
    if (this.#exchange === null) this.forget(feed);
    else this.#exchange.end(feed);
  }

  /** Gives instruments to another feed. They stay wished for here until the wish is ended. */
  handOver(slots: readonly number[], to: number): void {
    this.#exchange?.handOver(slots, to);
  }

  /** Takes instruments that were given to this feed, should none of their ticks have come by itself. */
  take(slots: readonly number[]): void {
    this.#exchange?.take(slots);
  }

  /** Nothing is published by itself from here on. */
  close(): void {
    this.#exchange?.close();
  }

  /**
   * Takes the last value of an instrument away: its stream was interrupted, so the value only gets older, and nobody shall
   * be given it as if it were the market's.
   */
  forget(feed: InstrumentFeed): void {
    this.#exchange?.interrupt(feed);
    if (feed.ownership !== OWNERSHIP.AWAITED) this.#lastValues.clear(feed.instrument.slot);
    feed.latest = null;
  }

  /** As `forget`, for the deep overlay alone, which may end while the other ticks go on. */
  forgetDeep(feed: InstrumentFeed): void {
    if (feed.ownership !== OWNERSHIP.AWAITED) this.#lastValues.clearDeep(feed.instrument.slot);
  }

  /**
   * Numbers and stamps a patched message and publishes it. The receive time is in the message already.
   * The last value goes first, so that a reader that has drained the ring never finds the table behind it.
   *
   * Hot path, feed worker thread; neither allocates nor throws, but for copies while the instrument moves to this worker.
   * @param flags absent values, as the normaliser returned them
   */
  publish(feed: InstrumentFeed, template: TickTemplate, flags: number): void {
    if (template.mode !== MODE.DEEP_DEPTH) feed.latest = template;
    if (feed.ownership === OWNERSHIP.OWNED) this.#write(feed, template.mode, template.words, flags);
    else this.#publishHeld(feed, this.#exchange!.offer(feed, template, flags));
  }

  /** How long ticks took from the socket's read to the ring, since the last call. */
  takeHops(): HopMeasure[] {
    const increment = this.#receiveToPublish.take();
    return increment === null ? [] : [{ hop: 'receive_to_publish', exchange: '', to: '', increment }];
  }

  #publishHeld(feed: InstrumentFeed, ticks: readonly HeldTick[]): void {
    for (const { mode, words, flags } of ticks) {
      writeInt64(words, WORD.EPOCH, feed.epoch);
      this.#write(feed, mode, words, flags);
    }
  }

  #write(feed: InstrumentFeed, mode: Mode, words: Int32Array, flags: number): void {
    let bits = flags;
    const isDeep = mode === MODE.DEEP_DEPTH;
    if (isDeep) {
      if (feed.deepGapBefore) bits |= FLAG.GAP_BEFORE;
      feed.deepGapBefore = false;
      writeInt64(words, WORD.SEQ, ++feed.deepSeq);
    } else {
      if (feed.gapBefore) bits |= FLAG.GAP_BEFORE;
      feed.gapBefore = false;
      writeInt64(words, WORD.SEQ, ++feed.seq);
    }
    words[WORD.FLAGS] = bits;
    this.#clock.stamp(words, WORD.PUBLISH_TIME_NS);
    this.#lastValues.write(feed.instrument.slot, isDeep ? KIND.DEEP : KIND.BASE, words, words.length);
    this.#ring.write(words, words.length);
    this.#ringer.ring();
    this.#receiveToPublish.record(publishDelayUs(words));
    this.ticks++;
  }
}

/** Both stamps are of one clock, but that may be set back while a tick is held. */
function publishDelayUs(words: Int32Array): number {
  const high = words[WORD.PUBLISH_TIME_NS + 1]! - words[WORD.RECEIVE_TIME_NS + 1]!;
  const low = (words[WORD.PUBLISH_TIME_NS]! >>> 0) - (words[WORD.RECEIVE_TIME_NS]! >>> 0);
  const ns = high * 4294967296 + low;
  return ns > 0 ? ns / 1000 : 0;
}
