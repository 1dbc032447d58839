/**
 * How an instrument moves from one feed worker to another while ticks flow: see `slot-owners.ts` for who may write it, and
 * `stream-taking.ts` for where the taker goes on.
 *
 * | step | who        | what                                                                                        |
 * | 1    | main       | wishes for the instrument at the taker, whose connection subscribes it                      |
 * | 2    | taker      | holds the ticks that come, and tells main that it `carries` the instrument                  |
 * | 3    | main       | asks the giver for the `handOver`                                                           |
 * | 4    | giver      | writes where it stopped and who is the owner, stops to publish, and tells main `handedOver` |
 * | 5    | main       | ends the wish at the giver, and tells the taker to `take`, should no tick come by itself     |
 * | 6    | taker      | goes on with epoch and sequence numbers behind the giver's last tick                        |
 *
 * A taker that reads of its ownership at a tick does not wait for step 5. One that has no wish any more by then frees the
 * slot. Feed worker thread, at the pace of moves.
 */
import { MODE, type Mode } from '../../codec/tick.ts';
import { MAX_DEEP_TICK_BYTES, readInt64, type TickTemplate, WORD } from '../../codec/tick-message.ts';
import { KIND, type Kind, type LastValueTable } from '../ring/last-value-table.ts';
import type { RingWriter } from '../ring/ring-writer.ts';
import type { SlotOwners, SlotState } from '../ring/slot-owners.ts';
import { type InstrumentFeed, type LastPublished, OWNERSHIP } from './instrument-feed.ts';
import { type HeldTick, StreamTaking } from './stream-taking.ts';
import type { KnownTick } from './tick-order.ts';

/** How often instruments that wait for something other than a tick are looked after. */
const LOOK_INTERVAL_MS = 50;
/** First ticks come in a burst behind a subscribe request: main is told of many at once. */
const REPORT_AFTER_MS = 5;

const NONE: readonly HeldTick[] = [];

/** Both streams of an instrument that is not wholly ours. */
export class SlotTaking {
  readonly base = new StreamTaking();
  readonly deep = new StreamTaking();
  isReported = false;

  of(mode: Mode): StreamTaking {
    return mode === MODE.DEEP_DEPTH ? this.deep : this.base;
  }
}

export interface SlotExchangeParts {
  readonly owners: SlotOwners;
  /** Number of this worker's feed. */
  readonly feed: number;
  readonly ring: RingWriter;
  readonly lastValues: LastValueTable;
  /** Publishes ticks that were held. */
  readonly publish: (feed: InstrumentFeed, ticks: readonly HeldTick[]) => void;
  /** Told of instruments that another worker owns and whose first tick has come here. */
  readonly onCarried: (slots: readonly number[]) => void;
}

export class SlotExchange {
  readonly #parts: SlotExchangeParts;
  readonly #bySlot = new Map<number, InstrumentFeed>();
  /** Instruments that are not wholly ours: awaited, or not yet joined to what the giver published. */
  readonly #open = new Set<InstrumentFeed>();
  /** Positions that readers of our ring were told of, by feed. */
  readonly #announced = new Map<number, number>();
  #carried: number[] = [];
  #reporter: NodeJS.Timeout | undefined;
  #looker: NodeJS.Timeout | undefined;

  constructor(parts: SlotExchangeParts) {
    this.#parts = parts;
  }

  /** This connection shall carry an instrument: from now on as its owner, or, while another has it, beside that one. */
  begin(feed: InstrumentFeed): void {
    const { slot } = feed.instrument;
    this.#bySlot.set(slot, feed);
    feed.taking = new SlotTaking();
    feed.ownership = OWNERSHIP.AWAITED;
    this.#open.add(feed);
    // It was given before this connection carried it: ticks may have come in between that nobody held.
    if (this.#parts.owners.ownerOf(slot) === this.#parts.feed) this.interrupt(feed);
    this.#takeIfOurs(feed);
    this.#look();
  }

  /** Nobody wishes for it here any more. Its last value goes, unless it is another worker's. */
  end(feed: InstrumentFeed): void {
    const { owners, feed: us, lastValues } = this.#parts;
    const { slot } = feed.instrument;
    this.#bySlot.delete(slot);
    this.#open.delete(feed);
    if (owners.ownerOf(slot) !== us) return;
    lastValues.clear(slot);
    owners.release(slot);
  }

  /** The connection was lost: what is held was cut off from what will come. */
  interrupt(feed: InstrumentFeed): void {
    if (feed.ownership !== OWNERSHIP.AWAITED) this.#notePublished(feed);
    feed.taking?.base.interrupt();
    feed.taking?.deep.interrupt();
  }

  /** A tick of an instrument that is not wholly ours. @returns what is to be published now */
  offer(feed: InstrumentFeed, template: TickTemplate, flags: number): readonly HeldTick[] {
    const taking = feed.taking;
    if (taking === null) throw new Error(`slot ${feed.instrument.slot} is owned and was offered`);
    const tick = { mode: template.mode, words: template.words.slice(), flags };
    if (feed.ownership === OWNERSHIP.AWAITED) {
      taking.of(template.mode).hold(tick);
      if (!this.#takeIfOurs(feed)) this.#reportCarried(feed, taking);
      return NONE;
    }
    const stream = taking.of(template.mode);
    if (stream.isSettled) return [tick];
    const due = stream.offer(tick, performance.now());
    this.#noteSettled(feed);
    return due;
  }

  /** Gives instruments to another feed, with all that it needs to go on. Those that are not ours are left alone. */
  handOver(slots: readonly number[], to: number): void {
    const { owners, feed: us, ring, publish } = this.#parts;
    for (const slot of slots) {
      const feed = this.#bySlot.get(slot);
      if (feed === undefined || owners.ownerOf(slot) !== us) continue;
      this.#takeIfOurs(feed);
      if (feed.taking !== null) {
        const due = [...feed.taking.base.settleNow(), ...feed.taking.deep.settleNow()];
        this.#noteSettled(feed);
        publish(feed, due);
      }
      owners.give(slot, to, {
        giver: us,
        position: ring.position,
        epoch: feed.epoch,
        seq: feed.seq,
        deepSeq: feed.deepSeq,
        gapBefore: feed.gapBefore,
        deepGapBefore: feed.deepGapBefore,
        ...this.#notePublished(feed),
      });
      feed.ownership = OWNERSHIP.AWAITED;
      feed.taking = new SlotTaking();
      // Main knows who carries it.
      feed.taking.isReported = true;
    }
  }

  /** Takes what was given, without waiting for a tick. What nobody wishes for any more here is freed. */
  take(slots: readonly number[]): void {
    const { owners, feed: us, lastValues } = this.#parts;
    for (const slot of slots) {
      const feed = this.#bySlot.get(slot);
      if (feed !== undefined) {
        this.#takeIfOurs(feed);
      } else if (owners.ownerOf(slot) === us) {
        lastValues.clear(slot);
        owners.release(slot);
      }
    }
  }

  /** Ends the timers: nothing is published from here on but by `offer`. */
  close(): void {
    clearTimeout(this.#reporter);
    clearTimeout(this.#looker);
    this.#open.clear();
  }

  #takeIfOurs(feed: InstrumentFeed): boolean {
    const { owners, feed: us } = this.#parts;
    if (feed.ownership !== OWNERSHIP.AWAITED) return true;
    const { slot } = feed.instrument;
    const owner = owners.ownerOf(slot);
    if (owner !== us && (owner !== null || !owners.claim(slot, us))) return false;
    this.#takeOver(feed);
    return true;
  }

  #takeOver(feed: InstrumentFeed): void {
    const { owners, ring, lastValues, publish } = this.#parts;
    const { slot } = feed.instrument;
    const taking = feed.taking!;
    const state = owners.takeState(slot);
    const hasPredecessor = state !== null && state.epoch !== 0;
    feed.ownership = OWNERSHIP.TAKING;
    if (hasPredecessor) feed.goOn(state);
    else {
      feed.epoch = owners.raiseEpoch(slot, feed.epoch);
      // What a killed worker left there, or one that gave the instrument up.
      lastValues.clear(slot);
    }
    if (state !== null && (this.#announced.get(state.giver) ?? -1) < state.position) {
      this.#announced.set(state.giver, state.position);
      ring.writeHandover(state.giver, state.position);
    }
    const now = performance.now();
    const base = taking.base.begin(hasPredecessor ? this.#lastBase(slot, state) : null, now);
    const deep = taking.deep.begin(hasPredecessor ? this.#lastDeep(slot, state) : null, now);
    this.#noteSettled(feed);
    publish(feed, [...base, ...deep]);
  }

  /** Notes gaps that were found, and an instrument that is wholly ours now. */
  #noteSettled(feed: InstrumentFeed): void {
    const { base, deep } = feed.taking!;
    if (base.isGap) feed.gapBefore ||= feed.seq > 0;
    if (deep.isGap) feed.deepGapBefore ||= feed.deepSeq > 0;
    base.isGap = false;
    deep.isGap = false;
    // A deep overlay that nobody wishes for has no ticks to wait for.
    if (!base.isSettled || (feed.deep && !deep.isSettled)) return;
    feed.ownership = OWNERSHIP.OWNED;
    feed.taking = null;
    this.#open.delete(feed);
  }

  #lastBase(slot: number, { seq, lastTimeMs, lastSeq }: SlotState): KnownTick | null {
    if (seq === 0) return null;
    return { timeMs: lastTimeMs, seq: lastSeq, words: this.#lastOf(slot, KIND.BASE) };
  }

  #lastDeep(slot: number, { deepSeq, lastDeepTimeMs }: SlotState): KnownTick | null {
    if (deepSeq === 0) return null;
    return { timeMs: lastDeepTimeMs, seq: 0, words: this.#lastOf(slot, KIND.DEEP) };
  }

  /** Notes which ticks were published last, as long as the last values are there. */
  #notePublished(feed: InstrumentFeed): LastPublished {
    const { slot } = feed.instrument;
    const base = this.#lastOf(slot, KIND.BASE);
    const deep = this.#lastOf(slot, KIND.DEEP);
    const known = feed.published;
    feed.published = {
      lastTimeMs: base === null ? known.lastTimeMs : readInt64(base, WORD.EXCHANGE_TIME_MS),
      lastSeq: base === null ? known.lastSeq : readInt64(base, WORD.EXCHANGE_SEQ),
      lastDeepTimeMs: deep === null ? known.lastDeepTimeMs : readInt64(deep, WORD.EXCHANGE_TIME_MS),
    };
    return feed.published;
  }

  /** Null when the giver's connection was lost since. */
  #lastOf(slot: number, kind: Kind): Int32Array | null {
    const words = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
    const count = this.#parts.lastValues.read(slot, kind, words);
    return count === 0 ? null : words.subarray(0, count);
  }

  #reportCarried(feed: InstrumentFeed, taking: SlotTaking): void {
    const { base, deep } = taking;
    const hasAll = (feed.wished === 0 || base.hasHeld) && (!feed.deep || deep.hasHeld);
    if (!hasAll || taking.isReported) return;
    taking.isReported = true;
    this.#carried.push(feed.instrument.slot);
    if (this.#carried.length > 1) return;
    this.#reporter = setTimeout(() => {
      this.#parts.onCarried(this.#carried);
      this.#carried = [];
    }, REPORT_AFTER_MS);
  }

  /** Looks again soon; one that is planned is not put off, however fast instruments begin. */
  #look(): void {
    if (this.#looker !== undefined || this.#open.size === 0) return;
    this.#looker = setTimeout(() => {
      this.#looker = undefined;
      const now = performance.now();
      for (const feed of this.#open) this.#lookAfter(feed, now);
      this.#look();
    }, LOOK_INTERVAL_MS);
    this.#looker.unref();
  }

  #lookAfter(feed: InstrumentFeed, now: number): void {
    if (!this.#takeIfOurs(feed)) return;
    const taking = feed.taking;
    if (taking === null) return;
    const due = [taking.base, taking.deep].flatMap((stream) =>
      stream.isSettled ? [] : stream.settleLate(now),
    );
    this.#noteSettled(feed);
    this.#parts.publish(feed, due);
  }
}
