/**
 * What a connection shall carry and what it carries: for each token of the broker the modes, whatever the broker. Feed
 * worker thread, at the pace of subscriptions.
 */
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import type { UpstreamWish } from '../worker-messages.ts';
import { countModes } from './change-order.ts';
import type { FrameMemory } from './frame-memory.ts';
import type { InstrumentFeed } from './instrument-feed.ts';

/** One token of the broker, and every instrument name that stands for it. */
export interface TokenEntry {
  readonly segment: number;
  readonly token: string;
  readonly feeds: InstrumentFeed[];
  /** The modes that the connection carries, as bits `1 << mode`: one of LTP to DEPTH at most, and the deep overlay. */
  carried: number;
  /** The latest frame of each mode, by mode; made when there is one. */
  readonly memories: (FrameMemory | undefined)[];
}

/** A token whose modes shall change: `from` and `to` are bits as in `carried`, and differ. */
export interface TokenChange {
  readonly entry: TokenEntry;
  readonly from: number;
  readonly to: number;
}

/** Finds a token's entry by what a frame has of it; each broker has its own. */
export interface TokenIndex {
  set(segment: number, token: string, entry: TokenEntry): void;
  delete(segment: number, token: string): void;
}

export interface FeedSubscriptionsOptions {
  readonly index: () => TokenIndex;
  /** Makes the state of an instrument at its first wish. */
  readonly createFeed: (instrument: Instrument, epoch: number) => InstrumentFeed;
  /** Told of an instrument that nobody wishes for any more, or (not `isWhole`) whose deep overlay nobody does. */
  readonly onEnded: (feed: InstrumentFeed, isWhole: boolean) => void;
}

/** The upstream modes that satisfy the wishes for a token, as bits. */
function desiredModes(entry: TokenEntry): number {
  let base = 0;
  let bits = 0;
  for (const feed of entry.feeds) {
    base = Math.max(base, feed.wished);
    if (feed.deep) bits |= 1 << MODE.DEEP_DEPTH;
  }
  return base === 0 ? bits : bits | (1 << base);
}

function setWish(feed: InstrumentFeed, mode: Mode, isWished: boolean): void {
  if (mode === MODE.DEEP_DEPTH) {
    feed.deep = isWished;
  } else {
    feed.wished = isWished ? mode : 0;
    feed.wishedSeen = false;
  }
}

export class FeedSubscriptions {
  readonly #options: FeedSubscriptionsOptions;
  readonly #entries = new Map<string, TokenEntry>();
  readonly #bySlot = new Map<number, { readonly feed: InstrumentFeed; readonly entry: TokenEntry }>();
  /** (token, mode) pairs that the connection carries. */
  #pairs = 0;

  constructor(options: FeedSubscriptionsOptions) {
    this.#options = options;
  }

  get pairs(): number {
    return this.#pairs;
  }

  entries(): Iterable<TokenEntry> {
    return this.#entries.values();
  }

  /** The state of a slot's instrument, undefined when it is not wished for here. */
  feedOf(slot: number): InstrumentFeed | undefined {
    return this.#bySlot.get(slot)?.feed;
  }

  /** The token that a slot's instrument has here. */
  entryOf(slot: number): TokenEntry | undefined {
    return this.#bySlot.get(slot)?.entry;
  }

  /** Notes wishes. @returns the tokens that they are about */
  subscribe(wishes: readonly UpstreamWish[], epoch: number): Set<TokenEntry> {
    const touched = new Set<TokenEntry>();
    for (const { instrument, mode } of wishes) {
      const entry = this.#entryFor(instrument);
      setWish(this.#feedFor(entry, instrument, epoch), mode, true);
      touched.add(entry);
    }
    return touched;
  }

  /** Ends wishes. @returns the tokens that they were about, also those that are forgotten now */
  unsubscribe(wishes: readonly UpstreamWish[]): Set<TokenEntry> {
    const touched = new Set<TokenEntry>();
    for (const { instrument, mode } of wishes) {
      const known = this.#bySlot.get(instrument.slot);
      if (known === undefined) continue;
      const { feed, entry } = known;
      setWish(feed, mode, false);
      const isWhole = feed.wished === 0 && !feed.deep;
      // Another worker may carry the instrument next: from here on its last value is none of ours.
      if (isWhole) {
        entry.feeds.splice(entry.feeds.indexOf(feed), 1);
        this.#bySlot.delete(instrument.slot);
      }
      if (isWhole || mode === MODE.DEEP_DEPTH) this.#options.onEnded(feed, isWhole);
      touched.add(entry);
    }
    for (const { feeds, segment, token } of touched) {
      if (feeds.length > 0) continue;
      this.#options.index().delete(segment, token);
      this.#entries.delete(entryKey(segment, token));
    }
    return touched;
  }

  /** The connection was lost and carries nothing any more; the first frames of the next one are news, whatever they say. */
  forgetCarried(): void {
    this.#pairs = 0;
    for (const entry of this.#entries.values()) {
      entry.carried = 0;
      for (const memory of entry.memories) memory?.forget();
    }
  }

  /**
   * What must change so that tokens are carried as they are wished for. The caller asks the broker for it: the tokens
   * count as carried so from here on.
   */
  takeChanges(entries: Iterable<TokenEntry>): TokenChange[] {
    const changes: TokenChange[] = [];
    for (const entry of entries) {
      const from = entry.carried;
      const to = desiredModes(entry);
      if (from === to) continue;
      entry.carried = to;
      this.#pairs += countModes(to) - countModes(from);
      // A mode that begins anew has frames before it that we did not get. Forgetting what has ended is not enough: frames
      // come for a moment longer, and Kite sends some of a mode that nobody asked for.
      for (const mode of Object.values(MODE)) {
        if (((from ^ to) & (1 << mode)) !== 0) entry.memories[mode] = undefined;
      }
      changes.push({ entry, from, to });
    }
    return changes;
  }

  /** Those of the tokens that are carried in a mode, and are not any more. @returns them */
  dropCarried(entries: readonly TokenEntry[], mode: Mode): TokenEntry[] {
    const bit = 1 << mode;
    const dropped = entries.filter(({ carried }) => (carried & bit) !== 0);
    for (const entry of dropped) entry.carried &= ~bit;
    this.#pairs -= dropped.length;
    return dropped;
  }

  /** Counts tokens as carried in one more mode. @returns what must be asked for */
  addCarried(entries: readonly TokenEntry[], mode: Mode): TokenChange[] {
    return entries.map((entry) => {
      const from = entry.carried;
      entry.carried |= 1 << mode;
      this.#pairs += countModes(entry.carried) - countModes(from);
      return { entry, from, to: entry.carried };
    });
  }

  #entryFor({ segment, token }: Instrument): TokenEntry {
    const key = entryKey(segment, token);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const memories: TokenEntry['memories'] = new Array(MODE.DEEP_DEPTH + 1).fill(undefined);
    const entry: TokenEntry = { segment, token, feeds: [], carried: 0, memories };
    this.#options.index().set(segment, token, entry);
    this.#entries.set(key, entry);
    return entry;
  }

  #feedFor(entry: TokenEntry, instrument: Instrument, epoch: number): InstrumentFeed {
    const known = this.#bySlot.get(instrument.slot);
    if (known !== undefined) return known.feed;
    const feed = this.#options.createFeed(instrument, epoch);
    entry.feeds.push(feed);
    this.#bySlot.set(instrument.slot, { feed, entry });
    return feed;
  }
}

function entryKey(segment: number, token: string): string {
  return `${segment}:${token}`;
}
