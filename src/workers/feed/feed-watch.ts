/**
 * The stall watchdog at work: gives it the signs of life of the instruments and looks at the clocks, tells main what it
 * finds, and does what can be done here. Feed worker thread.
 */
import { FLAG } from '../../codec/tick.ts';
import { MAX_DEEP_TICK_BYTES, WORD } from '../../codec/tick-message.ts';
import { KIND, type LastValueTable } from '../ring/last-value-table.ts';
import type { FeedState, FeedWatchTask } from '../worker-messages.ts';
import type { FeedHandler, FeedWatchdog, Report } from './feed-handler.ts';
import type { FeedVerdict } from './feed-verdict.ts';
import { type InstrumentFeed, OWNERSHIP } from './instrument-feed.ts';
import { MarketCalendar } from './market-calendar.ts';
import { StallWatchdog } from './stall-watchdog.ts';

/** What the watch does to the feed. */
type WatchedHandler = Pick<FeedHandler, 'feedOf' | 'interrupt' | 'resubscribe' | 'reconnect'>;

export class FeedWatch implements FeedWatchdog {
  readonly #handler: WatchedHandler;
  readonly #lastValues: LastValueTable;
  readonly #report: Report;
  readonly #watchdog: StallWatchdog;
  readonly #timer: NodeJS.Timeout;
  readonly #message = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  /** Instruments whose next tick follows a gap on suspicion alone, of the modes LTP to DEPTH and of the deep overlay. */
  readonly #suspected = { base: new Set<InstrumentFeed>(), deep: new Set<InstrumentFeed>() };
  readonly counters = { resubscribed: 0, silenced: 0 };

  constructor(handler: WatchedHandler, lastValues: LastValueTable, task: FeedWatchTask, report: Report) {
    this.#handler = handler;
    this.#lastValues = lastValues;
    this.#report = report;
    const calendar = task.calendar === null ? null : new MarketCalendar(task.calendar);
    this.#watchdog = new StallWatchdog(task.options, calendar, lastValues.slots);
    this.#timer = setInterval(() => this.#look(), this.#watchdog.intervalMs);
  }

  onAdded({ instrument: { slot, exchange } }: InstrumentFeed): void {
    this.#watchdog.watch(slot, exchange, performance.now());
  }

  onEnded(feed: InstrumentFeed): void {
    const { slot, exchange } = feed.instrument;
    this.#watchdog.unwatch(slot, exchange);
    this.#believe(feed);
  }

  /** Hot path; neither allocates nor throws. */
  onTick({ instrument }: InstrumentFeed, nowMs: number): void {
    this.#watchdog.onTick(instrument.slot, nowMs);
  }

  /** Hot path; neither allocates nor throws. */
  onRepeat({ instrument }: InstrumentFeed, nowMs: number): void {
    this.#watchdog.onRepeat(instrument.slot, nowMs);
  }

  onState(state: FeedState): void {
    this.#suspected.base.clear();
    this.#suspected.deep.clear();
    if (state === 'live') this.#watchdog.onConnected(performance.now());
    else this.#watchdog.onDisconnected();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const verdict = this.#watchdog.check(performance.now(), Date.now());
    if (verdict !== null) this.#carryOut(verdict);
  }

  #carryOut(verdict: FeedVerdict): void {
    const { statuses, silenced, suspected, unhurt, resubscribe, move, reconnect, tokens } = verdict;
    for (const slot of suspected) this.#suspect(slot);
    for (const slot of unhurt) this.#clear(slot);
    for (const slot of silenced) this.#silence(slot);
    if (statuses.length > 0 || move.length > 0 || tokens !== null) {
      this.#report({ type: 'watch', statuses, move, tokens });
    }
    if (resubscribe.length > 0) {
      this.counters.resubscribed += resubscribe.length;
      this.#handler.resubscribe(resubscribe);
    }
    // With new tokens main makes the connection anew once more; with the old ones this attempt is all there is.
    const why = reconnect ?? tokens;
    if (why !== null) this.#handler.reconnect(why);
  }

  /** Whether ticks are missing will show when the next one comes. A gap that is to be told anyway is no suspicion. */
  #suspect(slot: number): void {
    const feed = this.#handler.feedOf(slot);
    if (feed === undefined) return;
    this.#believe(feed);
    const { base, deep } = this.#suspected;
    if (!feed.gapBefore && feed.seq > 0) base.add(feed);
    if (!feed.deepGapBefore && feed.deepSeq > 0) deep.add(feed);
    feed.gapBefore ||= base.has(feed);
    feed.deepGapBefore ||= deep.has(feed);
  }

  /** Nothing was missing. */
  #clear(slot: number): void {
    const feed = this.#handler.feedOf(slot);
    if (feed === undefined) return;
    const { base, deep } = this.#suspected;
    if (base.has(feed)) feed.gapBefore = false;
    if (deep.has(feed)) feed.deepGapBefore = false;
    this.#believe(feed);
  }

  /** What is said of the next tick of an instrument is no suspicion. */
  #believe(feed: InstrumentFeed): void {
    this.#suspected.base.delete(feed);
    this.#suspected.deep.delete(feed);
  }

  /** Ticks of a slot are missing: the next one says so, and the last value is marked as stale where readers find it. */
  #silence(slot: number): void {
    const feed = this.#handler.feedOf(slot);
    // Of one that another worker owns nothing has been published here.
    if (feed?.ownership !== OWNERSHIP.OWNED) return;
    this.counters.silenced++;
    this.#believe(feed);
    this.#handler.interrupt(slot);
    for (const kind of [KIND.BASE, KIND.DEEP]) {
      const words = this.#lastValues.read(slot, kind, this.#message);
      if (words === 0) continue;
      this.#message[WORD.FLAGS] = this.#message[WORD.FLAGS]! | FLAG.STALE;
      this.#lastValues.write(slot, kind, this.#message, words);
    }
  }
}
