/**
 * Where a decoded frame becomes a tick: the state of each instrument (sequence number, message templates), and the
 * three places that a tick is written to: last-value table, ring, doorbells. Feed worker thread.
 */
import { FLAG, type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import { buildTickTemplate, type TickTemplate, WORD, writeInt64 } from '../../codec/tick-message.ts';
import type { EpochClock } from '../epoch-clock.ts';
import type { DoorbellRinger } from '../ring/doorbell.ts';
import { KIND, type LastValueTable } from '../ring/last-value-table.ts';
import type { RingWriter } from '../ring/ring-writer.ts';

/** One instrument of this feed. */
export class InstrumentFeed {
  readonly instrument: Instrument;
  /** The upstream mode that is wished for, 0 while only the deep overlay is. */
  wished: Mode | 0 = 0;
  /** Whether the 20-level overlay is wished for. */
  deep = false;
  /** A frame of the wished mode has come: frames of lower modes carry nothing new from then on. */
  wishedSeen = false;
  /** The next tick follows an outage. */
  gapBefore = false;
  deepGapBefore = false;
  seq = 0;
  /** Deep depth ticks are counted apart: their stream lies beside the other, and neither is a gap in it. */
  deepSeq = 0;
  /** Latest tick of modes LTP to DEPTH, from which a deep depth tick takes its LTP. */
  latest: TickTemplate | null = null;
  readonly #templates: (TickTemplate | undefined)[] = [];
  readonly #priceDecimals: number;
  readonly #epoch: number;

  constructor(instrument: Instrument, priceDecimals: number, epoch: number) {
    this.instrument = instrument;
    this.#priceDecimals = priceDecimals;
    this.#epoch = epoch;
  }

  /** The message to patch. Builds it at the first tick of a mode; neither allocates nor throws afterwards. */
  template(mode: Mode, levels?: number): TickTemplate {
    return this.#templates[mode] ?? this.#build(mode, levels);
  }

  #build(mode: Mode, levels: number | undefined): TickTemplate {
    const template = buildTickTemplate(this.instrument, mode, this.#priceDecimals, levels);
    writeInt64(template.words, WORD.EPOCH, this.#epoch);
    this.#templates[mode] = template;
    return template;
  }
}

/** Puts patched messages where readers find them. */
export class TickWriter {
  readonly #ring: RingWriter;
  readonly #lastValues: LastValueTable;
  readonly #ringer: DoorbellRinger;
  readonly #clock: EpochClock;
  /** Ticks written since the start. */
  ticks = 0;

  constructor(ring: RingWriter, lastValues: LastValueTable, ringer: DoorbellRinger, clock: EpochClock) {
    this.#ring = ring;
    this.#lastValues = lastValues;
    this.#ringer = ringer;
    this.#clock = clock;
  }

  /**
   * Takes the last value of an instrument away: its stream was interrupted or has ended, so the value only gets older,
   * and nobody shall be given it as if it were the market's.
   */
  forget(feed: InstrumentFeed): void {
    this.#lastValues.clear(feed.instrument.slot);
    feed.latest = null;
  }

  /** As `forget`, for the deep overlay alone, which may end while the other ticks go on. */
  forgetDeep(feed: InstrumentFeed): void {
    this.#lastValues.clearDeep(feed.instrument.slot);
  }

  /**
   * Numbers and stamps a patched message and publishes it. The receive time is in the message already.
   * The last value goes first, so that a reader that has drained the ring never finds the table behind it.
   *
   * Hot path, feed worker thread; neither allocates nor throws.
   * @param flags absent values, as the normaliser returned them
   */
  publish(feed: InstrumentFeed, template: TickTemplate, flags: number): void {
    const words = template.words;
    let bits = flags;
    if (template.mode === MODE.DEEP_DEPTH) {
      if (feed.deepGapBefore) bits |= FLAG.GAP_BEFORE;
      feed.deepGapBefore = false;
      writeInt64(words, WORD.SEQ, ++feed.deepSeq);
    } else {
      if (feed.gapBefore) bits |= FLAG.GAP_BEFORE;
      feed.gapBefore = false;
      writeInt64(words, WORD.SEQ, ++feed.seq);
      feed.latest = template;
    }
    words[WORD.FLAGS] = bits;
    this.#clock.stamp(words, WORD.PUBLISH_TIME_NS);
    const kind = template.mode === MODE.DEEP_DEPTH ? KIND.DEEP : KIND.BASE;
    this.#lastValues.write(feed.instrument.slot, kind, words, words.length);
    this.#ring.write(words, words.length);
    this.#ringer.ring();
    this.ticks++;
  }
}
