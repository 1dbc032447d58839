/**
 * One instrument on the watchdog's list: learns how long its silences usually are, and notices one that is not usual.
 * A suspicion is tested first: the instrument is subscribed again, and the broker's image of it, which comes at once,
 * proves that it is only quiet. That teaches a longer interval. Only what does not answer is stale.
 *
 * | state   | meaning                          | leaves to                                          |
 * | calm    | ticks come as usual              | probing: silent for much longer than usual         |
 * | probing | subscribed again, nothing so far | calm: an image or a tick came; stale: nothing came |
 * | stale   | silent                           | calm: a tick came                                  |
 *
 * Feed worker thread, once per look at the clocks. All times but those named otherwise are ms of one monotonic clock.
 */
import type { WatchdogOptions } from './feed-verdict.ts';

/** Ticks after which the longest silence means something. One that never had any owes us the broker's image. */
const ENOUGH_TICKS = 30;
/** So many times the longest usual silence is not usual. */
const UNUSUAL = 8;
/** The broker's images of the past, one per mode, are no proof that anything trades. */
const MOST_IMAGES = 2;
/** What was learned fades, so that a busy hour is judged by itself. */
const HALF_LIFE_MS = 600_000;

export type InstrumentEvent = 'probe' | 'stale' | 'again' | 'back' | null;

export class WatchedInstrument {
  readonly slot: number;
  readonly exchange: string;
  /** Nothing is known of the time before: subscribed, connected, or the market opened. */
  quietFrom: number;
  /** Times that it was subscribed again in vain since it is stale. */
  attempts = 0;
  #state: 'calm' | 'probing' | 'stale' = 'calm';
  #ticks = 0;
  #ticksSinceSubscribed = 0;
  #seenCount: number;
  #seenAt = 0;
  #longestMs = 0;
  #stateSince = 0;
  #silenceMs = 0;
  #nextAttemptAt = 0;

  /** @param count the tick counter of its slot, which only grows (and wraps at 2^32) */
  constructor(slot: number, exchange: string, now: number, count: number) {
    this.slot = slot;
    this.exchange = exchange;
    this.quietFrom = now;
    this.#seenCount = count;
  }

  /** Anything at all has come since it was subscribed first. */
  get hasTicked(): boolean {
    return this.#ticks > 0;
  }

  /** More has come since the subscription was made than the broker's images of the past. */
  get flows(): boolean {
    return this.#ticksSinceSubscribed > MOST_IMAGES;
  }

  /** The connection or the session begins anew: what was silent before means nothing, and images are to come. */
  reset(now: number): void {
    this.quietFrom = now;
    this.#ticksSinceSubscribed = 0;
    if (this.#state === 'probing') this.#state = 'calm';
  }

  /** A state of its own is of no interest any more: the whole segment has one. */
  calm(): void {
    this.#state = 'calm';
    this.attempts = 0;
  }

  /** Takes in what came since the last look, which was at `before`. @returns how many ticks that were */
  learn(lastTick: number, count: number, before: number, now: number): number {
    const ticks = (count - this.#seenCount) >>> 0;
    if (ticks === 0) return 0;
    const earlier = this.#seenAt;
    this.#seenCount = count;
    this.#seenAt = lastTick;
    this.#ticks = Math.min(this.#ticks + ticks, ENOUGH_TICKS);
    this.#ticksSinceSubscribed += ticks;
    // A silence that began before the connection was up, or the market open, is not the instrument's own.
    if (earlier < this.quietFrom || this.#state !== 'calm') return ticks;
    const gap = Math.max((lastTick - earlier) / ticks, before - earlier);
    this.#longestMs = Math.max(gap, this.#longestMs * 0.5 ** ((now - before) / HALF_LIFE_MS));
    return ticks;
  }

  /**
   * Judges the silence at `now`. To be called while the market is open and the segment as a whole has ticks.
   * @param mayAsk whether it may be subscribed again in this look
   */
  judge(lastTick: number, now: number, mayAsk: boolean, options: WatchdogOptions): InstrumentEvent {
    if (this.#state !== 'calm' && lastTick > this.#stateSince) {
      const wasStale = this.#state === 'stale';
      // It answers: it was quiet, and may be so for twice as long before it is asked again.
      if (!wasStale) this.#longestMs = Math.max(this.#longestMs, (2 * this.#silenceMs) / UNUSUAL);
      this.calm();
      return wasStale ? 'back' : null;
    }
    if (this.#state === 'calm') return mayAsk ? this.#suspect(lastTick, now, options) : null;
    if (this.#state === 'probing') {
      if (now - this.#stateSince < options.recoveryWaitMs) return null;
      this.#enter('stale', now);
      this.#planAttempt(now, options);
      return 'stale';
    }
    if (now < this.#nextAttemptAt || !mayAsk) return null;
    this.attempts++;
    this.#planAttempt(now, options);
    return 'again';
  }

  #suspect(lastTick: number, now: number, { staleAfterMs }: WatchdogOptions): InstrumentEvent {
    if (staleAfterMs === 0 || (this.hasTicked && this.#ticks < ENOUGH_TICKS)) return null;
    const silenceMs = now - Math.max(lastTick, this.quietFrom);
    if (silenceMs <= Math.max(staleAfterMs, UNUSUAL * this.#longestMs)) return null;
    this.#silenceMs = silenceMs;
    this.#enter('probing', now);
    this.#ticksSinceSubscribed = 0;
    return 'probe';
  }

  #planAttempt(now: number, { recoveryWaitMs, recoveryMaxWaitMs }: WatchdogOptions): void {
    const waitMs = recoveryWaitMs * 2 ** Math.min(this.attempts + 1, 30);
    this.#nextAttemptAt = now + Math.min(waitMs, recoveryMaxWaitMs);
  }

  #enter(state: 'probing' | 'stale', now: number): void {
    this.#state = state;
    this.#stateSince = now;
  }
}
