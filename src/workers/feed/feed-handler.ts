/**
 * What every broker's feed handler has in common: it has a connection (`upstream-connection.ts`), knows what that shall
 * carry and asks for it, drops frames that are repeated, and hands ticks to the tick writer. A broker adds how it is
 * greeted, how it is asked, and how its frames are read. Feed worker thread.
 */
import { isDeepStrictEqual } from 'node:util';
import { DEEP_DEPTH_LEVELS, DEPTH_LEVELS, type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import { readInt64, type TickTemplate, WORD } from '../../codec/tick-message.ts';
import type { EpochClock } from '../epoch-clock.ts';
import { BrokerDelays } from '../measures/broker-delays.ts';
import type {
  FeedCredentials,
  FeedOptions,
  FeedState,
  FeedTask,
  FromFeedWorker,
  UpstreamWish,
} from '../worker-messages.ts';
import { type FeedRequest, FeedRequests, type RequestComplaint } from './feed-requests.ts';
import {
  FeedSubscriptions,
  type TokenChange,
  type TokenEntry,
  type TokenIndex,
} from './feed-subscriptions.ts';
import { FrameMemory } from './frame-memory.ts';
import type { FrameRecorder } from './frame-recorder.ts';
import { InstrumentFeed } from './instrument-feed.ts';
import { redact } from './redact.ts';
import type { TickWriter } from './tick-writer.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import type { Handshake } from './upstream-socket.ts';

export type Report = (message: FromFeedWorker) => void;

/** What the feed worker gives to the broker's module. */
export interface FeedContext {
  readonly writer: TickWriter;
  readonly clock: EpochClock;
  readonly report: Report;
  /** The handler cannot go on. */
  readonly fail: (error: unknown) => void;
}

/** What a broker's module exports. */
export interface FeedModule {
  createFeedHandler(task: FeedTask, context: FeedContext): FeedHandler;
}

/** Sees signs of life of the instruments. Times are `performance.now()` of the message. */
export interface FeedWatchdog {
  onAdded(feed: InstrumentFeed): void;
  onEnded(feed: InstrumentFeed): void;
  /** Hot path; neither allocates nor throws. */
  onTick(feed: InstrumentFeed, nowMs: number): void;
  /** The frame before came once more, and was no tick. Hot path; neither allocates nor throws. */
  onRepeat(feed: InstrumentFeed, nowMs: number): void;
  onState(state: FeedState): void;
}

export abstract class FeedHandler {
  protected readonly options: FeedOptions;
  protected readonly report: Report;
  protected credentials: FeedCredentials;
  /** When the present message came, ns since 1970, low and high word. */
  protected readonly receiveTime = new Int32Array(2);
  /** Sees the raw messages of the connection and what it shall carry. */
  recorder: FrameRecorder | null = null;
  watchdog: FeedWatchdog | null = null;
  readonly delays = new BrokerDelays();
  readonly #writer: TickWriter;
  readonly #clock: EpochClock;
  readonly #connection: UpstreamConnection;
  readonly #subscriptions: FeedSubscriptions;
  readonly #requests: FeedRequests;
  readonly #isReplay: boolean;
  #refused: FeedCredentials | null = null;
  /** The socket reads into one buffer again and again, so the view over it is made once. */
  #viewed: Buffer | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #stampedAt = -1;
  /** As `receiveTime`, in ms. */
  #receivedMs = 0;
  readonly #counts = {
    frames: 0,
    unknownToken: 0,
    superseded: 0,
    repeated: 0,
    reordered: 0,
  };

  constructor(task: FeedTask, { writer, clock, report, fail }: FeedContext) {
    this.options = task.options;
    this.report = report;
    this.credentials = task.credentials;
    this.#isReplay = task.isReplay === true;
    this.#writer = writer;
    this.#clock = clock;
    this.#subscriptions = new FeedSubscriptions({
      index: () => this.index,
      createFeed: (instrument, epoch) => this.#createFeed(instrument, epoch),
      onEnded: (feed, isWhole) => this.#onEnded(feed, isWhole),
    });
    this.#requests = new FeedRequests({
      subscriptions: this.#subscriptions,
      pairLimit: task.options.maxPairs ?? Number.POSITIVE_INFINITY,
      encode: (changes) => this.encodeRequests(changes),
      isOpen: () => this.#connection.isOpen,
      send: (text) => this.#connection.send(text),
      report,
      redact: (text) => this.#redact(text),
    });
    this.#connection = new UpstreamConnection(
      {
        handshake: () => this.handshake(task.url),
        heartbeatText: () => this.heartbeatText,
        opened: () => this.#onOpen(),
        received: (bytes, offset, length, isBinary) => this.#onMessage(bytes, offset, length, isBinary),
        lost: () => this.#onLost(),
        dated: (dateMs, askedAt, answeredAt) => this.delays.noteDate(dateMs, askedAt, answeredAt),
        tokensRefused: () => {
          this.#refused = this.credentials;
        },
        changed: (state, detail) => {
          this.watchdog?.onState(state);
          report({ type: 'state', state, detail });
        },
        failed: fail,
        redact: (text) => this.#redact(text),
      },
      task.options,
    );
  }

  // ------------------------------------------------------- what a broker adds

  /** Address and headers of the next connection attempt. */
  protected abstract handshake(url: string): Handshake;
  /** The heartbeat that the broker wants from us, null for none. */
  protected abstract readonly heartbeatText: string | null;
  protected abstract readonly index: TokenIndex;
  /** Digits behind the decimal point of a segment's prices. */
  protected abstract priceDecimals(segment: number): number;
  /** Levels per side of a segment's ticks of a mode. Hot path. */
  protected levels(mode: Mode, _segment: number): number {
    if (mode === MODE.DEEP_DEPTH) return DEEP_DEPTH_LEVELS;
    return mode === MODE.DEPTH ? DEPTH_LEVELS : 0;
  }
  /**
   * One binary message. For each packet that it carries, calls `deliver`. Hot path: neither throws nor keeps the view.
   * @param view has the message from `offset` on, `length` bytes
   */
  protected abstract onFrame(view: DataView, offset: number, length: number): void;
  protected abstract onText(text: string): void;
  /**
   * Patches the numbers of the packet that is being delivered into a message of its mode. Hot path: neither allocates nor
   * throws.
   * @param latest the instrument's latest tick of modes LTP to DEPTH, null as long as there is none
   * @returns the flags of absent values
   */
  protected abstract normalise(template: TickTemplate, latest: TickTemplate | null): number;
  /** Requests that make the changes, in the order in which they must be sent: no moment without ticks. */
  protected abstract encodeRequests(changes: readonly TokenChange[]): readonly FeedRequest[];
  /** Counters beside those that all brokers have. */
  protected abstract brokerCounters(): Record<string, number>;

  // ------------------------------------------------------- what the worker asks

  start(): void {
    this.#connection.start();
  }

  /** There are new tokens. The ones that the broker refused are never tried again, whoever gives them. */
  renew(credentials: FeedCredentials): void {
    this.credentials = credentials;
    if (this.#refused !== null && isDeepStrictEqual(credentials, this.#refused)) {
      this.#connection.suspend('the session still has the tokens that the broker refused');
    } else {
      this.#connection.renew();
    }
  }

  suspend(reason: string): void {
    this.#connection.suspend(reason);
  }

  /** Resolves when the socket is closed. */
  stop(): Promise<void> {
    return this.#connection.stop();
  }

  /** Gives up a live socket for another. */
  reconnect(reason: string): void {
    this.#connection.reconnect(reason);
  }

  /** @param epoch of the instruments among them that are not carried yet */
  subscribe(wishes: readonly UpstreamWish[], epoch: number): void {
    this.recorder?.wishes('subscribe', wishes);
    this.#requests.ask(this.#subscriptions.subscribe(wishes, epoch));
  }

  unsubscribe(wishes: readonly UpstreamWish[]): void {
    this.recorder?.wishes('unsubscribe', wishes);
    this.#requests.ask(this.#subscriptions.unsubscribe(wishes));
  }

  /**
   * Ends what the connection carries of these slots and asks for it again: a broker ignores a subscribe of what it
   * carries. The image that follows is no tick when it is the same as before, but a sign of life.
   */
  resubscribe(slots: Iterable<number>): void {
    const entries = new Set<TokenEntry>();
    for (const slot of slots) {
      const entry = this.#subscriptions.entryOf(slot);
      if (entry !== undefined) entries.add(entry);
    }
    this.#requests.renew(entries);
  }

  /**
   * Ticks of a slot are missing although the connection is up: what comes next follows a gap, also when it is the same as
   * what came last, since it is fresh.
   */
  interrupt(slot: number): void {
    const feed = this.#subscriptions.feedOf(slot);
    if (feed === undefined) return;
    feed.gapBefore = feed.seq > 0;
    feed.deepGapBefore = feed.deepSeq > 0;
    for (const memory of this.#subscriptions.entryOf(slot)?.memories ?? []) memory?.forget();
  }

  /** The state of a slot's instrument, undefined when it is not wished for here. */
  feedOf(slot: number): InstrumentFeed | undefined {
    return this.#subscriptions.feedOf(slot);
  }

  /** Everything that is wished for. */
  *feeds(): Iterable<InstrumentFeed> {
    for (const { feeds } of this.#subscriptions.entries()) yield* feeds;
  }

  counters(): Record<string, number> {
    return {
      ...this.#counts,
      ...this.#requests.counts,
      ticks: this.#writer.ticks,
      reconnects: this.#connection.reconnects,
      ...this.brokerCounters(),
    };
  }

  // ------------------------------------------------- what a broker's part calls

  /**
   * Makes ticks of the packet that was just decoded: one for each name that its token has. A packet that is the same as
   * the one before in every byte is dropped and counted.
   *
   * Hot path, feed worker thread; neither allocates nor throws, but for the first packet of a token.
   * @param entry what `index` has for the packet's token; undefined is counted
   * @param view must contain the packet, from `offset` on, `length` bytes
   */
  protected deliver(
    entry: TokenEntry | undefined,
    mode: Mode,
    view: DataView,
    offset: number,
    length: number,
  ): void {
    if (entry === undefined) {
      this.#counts.unknownToken++;
      return;
    }
    entry.memories[mode] ??= new FrameMemory();
    const memory = entry.memories[mode];
    if (memory.isRepeat(view, offset, length)) {
      this.#counts.repeated++;
      this.#noteRepeat(entry);
      return;
    }
    let delivered: TickTemplate | null = null;
    for (let i = 0; i < entry.feeds.length; i++) {
      const feed = entry.feeds[i]!;
      if (mode === MODE.DEEP_DEPTH) {
        if (!feed.deep) continue;
      } else {
        if (feed.wished === 0) continue;
        // During a change of mode both modes come. The lower one has nothing new once the wished one has been seen, and
        // its sequence number would look like a gap to a client of the higher mode.
        if (mode >= feed.wished) feed.wishedSeen = true;
        else if (feed.wishedSeen) {
          this.#counts.superseded++;
          continue;
        }
      }
      const template = feed.template(mode, this.levels(mode, entry.segment));
      const flags = this.normalise(template, feed.latest);
      template.words[WORD.RECEIVE_TIME_NS] = this.receiveTime[0]!;
      template.words[WORD.RECEIVE_TIME_NS + 1] = this.receiveTime[1]!;
      feed.delay?.note(feed, template.words, this.#receivedMs);
      this.#writer.publish(feed, template, flags);
      this.watchdog?.onTick(feed, this.#connection.lastMessageAt);
      delivered = template;
    }
    if (delivered === null) return;
    const { words } = delivered;
    if (memory.isOlder(readInt64(words, WORD.EXCHANGE_TIME_MS), readInt64(words, WORD.EXCHANGE_SEQ))) {
      this.#counts.reordered++;
    }
  }

  /** The broker refused a request. */
  protected onRequestError(complaint: RequestComplaint): void {
    this.#requests.onComplaint(complaint);
  }

  /** The broker sent a text that means nothing to us. */
  protected onUnknownText(text: string): void {
    this.#requests.onUnknownText(text);
  }

  // -------------------------------------------------------------------- inside

  #noteRepeat({ feeds }: TokenEntry): void {
    if (this.watchdog === null) return;
    for (let i = 0; i < feeds.length; i++) {
      this.watchdog.onRepeat(feeds[i]!, this.#connection.lastMessageAt);
    }
  }

  #onOpen(): void {
    this.recorder?.opened();
    this.#requests.ask(this.#subscriptions.entries());
  }

  /** Hot path; allocates a view while a recorder is there, and one whenever another buffer begins. */
  #onMessage(bytes: Buffer, offset: number, length: number, isBinary: boolean): void {
    const { lastMessageAt } = this.#connection;
    if (lastMessageAt !== this.#stampedAt) {
      this.#stampedAt = lastMessageAt;
      this.#clock.stampAt(lastMessageAt, this.receiveTime, 0);
      this.#receivedMs = readInt64(this.receiveTime, 0) / 1e6;
    }
    this.recorder?.frame(bytes.subarray(offset, offset + length), isBinary, this.receiveTime);
    if (isBinary) {
      this.#counts.frames++;
      if (this.#viewed !== bytes) {
        this.#viewed = bytes;
        this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      }
      this.onFrame(this.#view, offset, length);
    } else {
      this.onText(bytes.toString('utf8', offset, offset + length));
    }
  }

  #onLost(): void {
    this.recorder?.closed();
    this.#subscriptions.forgetCarried();
    this.#requests.forget();
    for (const feed of this.feeds()) {
      feed.gapBefore = feed.seq > 0;
      feed.deepGapBefore = feed.deepSeq > 0;
      feed.wishedSeen = false;
      this.#writer.forget(feed);
    }
  }

  #redact(text: string): string {
    return redact(text, Object.values(this.credentials));
  }

  #createFeed(instrument: Instrument, epoch: number): InstrumentFeed {
    const feed = new InstrumentFeed(instrument, this.priceDecimals(instrument.segment), epoch);
    if (!this.#isReplay) feed.delay = this.delays.of(instrument.exchange);
    this.#writer.begin(feed);
    this.watchdog?.onAdded(feed);
    return feed;
  }

  #onEnded(feed: InstrumentFeed, isWhole: boolean): void {
    if (!isWhole) {
      this.#writer.forgetDeep(feed);
      return;
    }
    this.#writer.end(feed);
    this.watchdog?.onEnded(feed);
  }
}
