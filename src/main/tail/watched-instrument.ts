/** What `tickwire tail` knows of one instrument: its last tick, whether that is fresh, and what was missed. */
import type { FeedStatus, Gap, StaleReason, Tick } from '../../client/index.ts';
import { formatTime } from './format-values.ts';

/** Rates are those of so many last whole seconds. */
const RATE_SECONDS = 5;

export class WatchedInstrument {
  readonly name: string;
  /** Levels of depth that were asked for. */
  readonly levels: number;
  last: Tick | null = null;
  /** When it came, by the clock that only grows, ms. */
  arrivedAt = 0;
  staleReason: StaleReason | null = 'disconnected';
  status: FeedStatus | null = null;
  ticks = 0;
  gaps = 0;
  /** Of the gaps whose size somebody knows. */
  missed = 0;
  /** Gaps whose size nobody knows. */
  unknownGaps = 0;
  lastGap = '';
  #firstSecond: number | null = null;
  readonly #seconds = new Map<number, number>();

  constructor(name: string, levels = 5) {
    this.name = name;
    this.levels = levels;
  }

  /** @param now of `performance.now` */
  takeTick(tick: Tick, now: number): void {
    this.last = tick;
    this.arrivedAt = now;
    this.ticks++;
    if (tick.isSnapshot) return;
    const second = Math.floor(now / 1000);
    this.#firstSecond ??= second;
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1);
  }

  /** @param at ms since 1970 */
  takeGap({ reason, missed }: Gap, at: number): void {
    this.gaps++;
    if (missed === null) this.unknownGaps++;
    else this.missed += missed;
    this.lastGap = `${reason} at ${formatTime(at).slice(0, 8)}`;
  }

  /** Ticks a second, without last values from before. @param now of `performance.now` */
  rate(now: number): number {
    const current = Math.floor(now / 1000);
    let ticks = 0;
    for (const [second, count] of this.#seconds) {
      if (second < current - RATE_SECONDS) this.#seconds.delete(second);
      else if (second < current) ticks += count;
    }
    // The first second counts as a whole one, and so does the current one while there is no other.
    const seconds = current - (this.#firstSecond ?? current);
    return seconds < 1 ? (this.#seconds.get(current) ?? 0) : ticks / Math.min(RATE_SECONDS, seconds);
  }
}
