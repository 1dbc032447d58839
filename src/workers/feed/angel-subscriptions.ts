/**
 * What an Angel connection carries and what it shall carry: for each token the modes, and the requests that lead from
 * the one to the other. Feed worker thread, at the pace of subscriptions.
 *
 * Angel has no "change mode": the new mode is subscribed first, then the old one is unsubscribed, so that no moment is
 * without ticks.
 */

import type { AngelMode } from '../../codec/angel/frame-decoder.ts';
import { ANGEL_MODE } from '../../codec/angel/frame-layout.ts';
import { InstrumentIndex } from '../../codec/angel/instrument-index.ts';
import {
  type AngelToken,
  chunk,
  createCorrelationIds,
  encodeRequest,
} from '../../codec/angel/request-encoder.ts';
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import type { UpstreamWish } from '../worker-messages.ts';
import type { InstrumentFeed } from './tick-writer.ts';

/** One token of the broker, and every instrument name that stands for it. */
export interface TokenEntry extends AngelToken {
  readonly feeds: InstrumentFeed[];
  /** What the connection carries: a bit `1 << mode` for each Angel mode. */
  carried: number;
}

const ALL_MODES: readonly AngelMode[] = Object.values(ANGEL_MODE);

/** Angel's modes that satisfy the wishes for a token, as bits. */
function desiredModes(entry: TokenEntry): number {
  let base = 0;
  let bits = 0;
  for (const feed of entry.feeds) {
    base = Math.max(base, feed.wished);
    if (feed.deep) bits |= 1 << ANGEL_MODE.DEPTH_20;
  }
  // The tick modes LTP, QUOTE and DEPTH have the numbers of Angel's modes LTP, Quote and SnapQuote.
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

export class AngelSubscriptions {
  readonly index = new InstrumentIndex<TokenEntry>();
  readonly #entries = new Map<string, TokenEntry>();
  readonly #nextCorrelationId = createCorrelationIds();
  readonly #chunkTokens: number;
  readonly #createFeed: (instrument: Instrument, epoch: number) => InstrumentFeed;
  readonly #onEnded: (feed: InstrumentFeed, isWhole: boolean) => void;

  /**
   * @param createFeed makes the state of an instrument at its first wish
   * @param onEnded told of an instrument that nobody wishes for any more, or (not `isWhole`) whose deep overlay nobody does
   */
  constructor(
    chunkTokens: number,
    createFeed: (instrument: Instrument, epoch: number) => InstrumentFeed,
    onEnded: (feed: InstrumentFeed, isWhole: boolean) => void,
  ) {
    this.#chunkTokens = chunkTokens;
    this.#createFeed = createFeed;
    this.#onEnded = onEnded;
  }

  entries(): Iterable<TokenEntry> {
    return this.#entries.values();
  }

  /** Notes wishes. @returns the requests that fulfil them on an open connection */
  subscribe(wishes: readonly UpstreamWish[], epoch: number): string[] {
    const touched = new Set<TokenEntry>();
    for (const { instrument, mode } of wishes) {
      const entry = this.#entryOf(instrument);
      setWish(this.#feedOf(entry, instrument, epoch), mode, true);
      touched.add(entry);
    }
    return this.#requestsFor(touched);
  }

  /** Ends wishes. @returns the requests that do so on an open connection */
  unsubscribe(wishes: readonly UpstreamWish[]): string[] {
    const touched = new Set<TokenEntry>();
    for (const { instrument, mode } of wishes) {
      const entry = this.#entries.get(entryKey(instrument.segment, instrument.token));
      const feed = entry?.feeds.find((candidate) => candidate.instrument.slot === instrument.slot);
      if (entry === undefined || feed === undefined) continue;
      setWish(feed, mode, false);
      const isWhole = feed.wished === 0 && !feed.deep;
      // Another worker may carry the instrument next: from here on its last value is none of ours.
      if (isWhole) entry.feeds.splice(entry.feeds.indexOf(feed), 1);
      if (isWhole || mode === MODE.DEEP_DEPTH) this.#onEnded(feed, isWhole);
      touched.add(entry);
    }
    const requests = this.#requestsFor(touched);
    for (const entry of touched) {
      if (entry.feeds.length > 0) continue;
      this.index.delete(entry.exchangeType, entry.token);
      this.#entries.delete(entryKey(entry.exchangeType, entry.token));
    }
    return requests;
  }

  /** The connection was lost and carries nothing any more. */
  forgetCarried(): void {
    for (const entry of this.#entries.values()) entry.carried = 0;
  }

  /** Everything that is wished for. @returns the requests for a connection that carries nothing */
  all(): string[] {
    this.forgetCarried();
    return this.#requestsFor(this.#entries.values());
  }

  #entryOf({ segment, token }: Instrument): TokenEntry {
    const key = entryKey(segment, token);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { exchangeType: segment, token, feeds: [], carried: 0 };
      this.#entries.set(key, entry);
    }
    this.index.set(segment, token, entry);
    return entry;
  }

  #feedOf(entry: TokenEntry, instrument: Instrument, epoch: number): InstrumentFeed {
    const known = entry.feeds.find((feed) => feed.instrument.slot === instrument.slot);
    if (known !== undefined) return known;
    const feed = this.#createFeed(instrument, epoch);
    entry.feeds.push(feed);
    return feed;
  }

  #requestsFor(entries: Iterable<TokenEntry>): string[] {
    const added = new Map<AngelMode, AngelToken[]>(ALL_MODES.map((mode) => [mode, []]));
    const removed = new Map<AngelMode, AngelToken[]>(ALL_MODES.map((mode) => [mode, []]));
    for (const entry of entries) {
      const desired = desiredModes(entry);
      for (const mode of ALL_MODES) {
        const bit = 1 << mode;
        if ((desired & bit) !== 0 && (entry.carried & bit) === 0) added.get(mode)!.push(entry);
        if ((desired & bit) === 0 && (entry.carried & bit) !== 0) removed.get(mode)!.push(entry);
      }
      entry.carried = desired;
    }
    return [...this.#encode('subscribe', added), ...this.#encode('unsubscribe', removed)];
  }

  #encode(action: 'subscribe' | 'unsubscribe', byMode: ReadonlyMap<AngelMode, AngelToken[]>): string[] {
    return [...byMode].flatMap(([mode, tokens]) =>
      chunk({ action, mode, tokens }, this.#chunkTokens, this.#nextCorrelationId).map(encodeRequest),
    );
  }
}

function entryKey(segment: number, token: string): string {
  return `${segment}:${token}`;
}
