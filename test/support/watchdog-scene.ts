/** A stall watchdog with a clock that the test turns, and instruments that tick as the test says. */
import type { FeedVerdict, WatchdogOptions } from '../../src/workers/feed/feed-verdict.ts';
import { MarketCalendar } from '../../src/workers/feed/market-calendar.ts';
import { BUILT_IN_CALENDAR } from '../../src/workers/feed/market-sessions.ts';
import { StallWatchdog } from '../../src/workers/feed/stall-watchdog.ts';

export const WATCHDOG_OPTIONS: WatchdogOptions = {
  muteAfterMs: 30_000,
  staleAfterMs: 60_000,
  openGraceMs: 60_000,
  recoveryWaitMs: 10_000,
  recoveryMaxWaitMs: 600_000,
};

const CALENDAR = new MarketCalendar(BUILT_IN_CALENDAR);
const STEP_MS = 250;

/** One thing that the watchdog said, and when, in seconds since the scene began. */
export interface Said {
  readonly at: number;
  readonly what: string;
  /** Since when a status holds, ms since 1970. */
  readonly since?: number;
}

export class WatchdogScene {
  readonly watchdog: StallWatchdog;
  readonly said: Said[] = [];
  now = 1_000_000;
  readonly #startNow = this.now;
  #wallMs: number;
  /** Ticks by slot: every so many ms. */
  readonly #rates = new Map<number, number>();
  readonly #due = new Map<number, number>();
  /** How the broker answers for slots that are subscribed again: with news, or an image that repeats the last frame. */
  answers: (slot: number) => 'news' | 'repeat' | null = () => null;
  /** Slots of which the broker sends an image when the connection is new. */
  images: readonly number[] = [];
  #nextLook: number;

  /** @param start a time in India, `YYYY-MM-DD HH:MM` */
  constructor(
    start: string,
    options: Partial<WatchdogOptions> = {},
    calendar: MarketCalendar | null = CALENDAR,
  ) {
    this.#wallMs = Date.parse(`${start.replace(' ', 'T')}+05:30`);
    this.watchdog = new StallWatchdog({ ...WATCHDOG_OPTIONS, ...options }, calendar, 1000);
    this.#nextLook = this.now;
    this.watchdog.onConnected(this.now);
  }

  get wallMs(): number {
    return this.#wallMs;
  }

  watch(exchange: string, ...slots: readonly number[]): void {
    for (const slot of slots) this.watchdog.watch(slot, exchange, this.now);
  }

  /** From now on a slot ticks every `everyMs`; 0: never. */
  tickEvery(everyMs: number, ...slots: readonly number[]): void {
    for (const slot of slots) {
      this.#rates.set(slot, everyMs);
      this.#due.set(slot, this.now + everyMs);
    }
  }

  /** Lets time pass. @returns what was said meanwhile, without times */
  run(seconds: number): string[] {
    const from = this.said.length;
    const end = this.now + seconds * 1000;
    while (this.now < end) {
      this.now += STEP_MS;
      this.#wallMs += STEP_MS;
      for (const [slot, everyMs] of this.#rates) {
        if (everyMs === 0 || this.#due.get(slot)! > this.now) continue;
        this.watchdog.onTick(slot, this.now);
        this.#due.set(slot, this.now + everyMs);
      }
      if (this.now < this.#nextLook) continue;
      this.#nextLook = this.now + this.watchdog.intervalMs;
      this.look();
    }
    return this.said.slice(from).map(({ what }) => what);
  }

  /** Since when the latest status of that text holds, as `HH:MM` in India. */
  sinceOf(what: string): string {
    const since = this.said.findLast((said) => said.what === what)?.since ?? 0;
    return new Date(since + 19_800_000).toISOString().slice(11, 16);
  }

  look(): FeedVerdict | null {
    const verdict = this.watchdog.check(this.now, this.#wallMs);
    if (verdict !== null) this.#note(verdict);
    return verdict;
  }

  /** The machine sleeps: neither clock's reader runs. */
  sleep(seconds: number, monotonicSeconds = seconds): void {
    this.now += monotonicSeconds * 1000;
    this.#wallMs += seconds * 1000;
    for (const [slot, everyMs] of this.#rates) this.#due.set(slot, this.now + everyMs);
  }

  #note(verdict: FeedVerdict): void {
    const at = (this.now - this.#startNow) / 1000;
    const say = (what: string) => void this.said.push({ at, what });
    for (const { exchange, slots, status, since } of verdict.statuses) {
      this.said.push({ at, what: `${exchange} ${slots === null ? '' : `${slots} `}${status}`, since });
    }
    if (verdict.silenced.length > 0) say(`silenced ${verdict.silenced}`);
    if (verdict.suspected.length > 0) say(`suspected ${verdict.suspected}`);
    if (verdict.unhurt.length > 0) say(`unhurt ${verdict.unhurt}`);
    if (verdict.resubscribe.length > 0) {
      say(`resubscribe ${verdict.resubscribe}`);
      for (const slot of verdict.resubscribe) {
        const answer = this.answers(slot);
        if (answer === 'news') this.watchdog.onTick(slot, this.now + 50);
        if (answer === 'repeat') this.watchdog.onRepeat(slot, this.now + 50);
      }
    }
    if (verdict.move.length > 0) say(`move ${verdict.move}`);
    if (verdict.reconnect !== null) say('reconnect');
    if (verdict.tokens !== null) say('tokens');
    if (verdict.reconnect !== null || verdict.tokens !== null) {
      this.watchdog.onDisconnected();
      this.watchdog.onConnected(this.now);
      for (const slot of this.images) this.watchdog.onTick(slot, this.now + 50);
    }
  }
}
