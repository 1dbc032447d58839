import type { SeededRandom } from './seeded-random.ts';

/** Half of a second's ticks fall into its first 200 ms. */
const BURST_MS = 200;
const BURST_SHARE = 0.5;
const BURST_DENSITY = BURST_SHARE / BURST_MS;
const REST_DENSITY = (1 - BURST_SHARE) / (1000 - BURST_MS);

/** After a longer standstill (a suspended machine, a debugger) the missed ticks are skipped and counted. */
const MOST_LAG_MS = 5000;
/** One turn sends at most so many ticks, so that heartbeats are answered while the schedule catches up. */
const MOST_TICKS_PER_TURN = 5000;

/** Seconds of traffic that have passed at a time: equal to the clock at every full second, faster inside a burst. */
function trafficSeconds(nowMs: number, burst: boolean): number {
  const second = Math.floor(nowMs / 1000);
  const intoSecond = nowMs - second * 1000;
  if (!burst) return second + intoSecond / 1000;
  if (intoSecond < BURST_MS) return second + intoSecond * BURST_DENSITY;
  return second + BURST_SHARE + (intoSecond - BURST_MS) * REST_DENSITY;
}

/**
 * Says by the clock how many ticks are due: open-loop, so a late turn sends what was missed. Arrivals are a Poisson
 * process, or exactly even in traffic time when the total rate is given.
 */
export class TickSchedule {
  readonly #burst: boolean;
  /** null: every tick is due after exactly one unit of credit. */
  readonly #random: SeededRandom | null;
  #lastMs: number | null = null;
  /** Expected ticks since the last one; a tick is due when it reaches `#needed`. */
  #credit = 0;
  #needed: number;
  #skipped = 0;

  constructor(burst: boolean, random: SeededRandom | null) {
    this.#burst = burst;
    this.#random = random;
    this.#needed = this.#nextGap();
  }

  /** Ticks that were never sent because the schedule stood still for more than five seconds. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Time passes without ticks: nothing of it is made up for. */
  rest(nowMs: number): void {
    this.#lastMs = nowMs;
  }

  /**
   * Number of ticks due since the last call, at most 5000; the remainder stays due. `rate` is ticks per second.
   * Runs in the simulated exchange's thread every millisecond or two; neither allocates nor throws.
   */
  due(nowMs: number, rate: number): number {
    let from = this.#lastMs ?? nowMs;
    this.#lastMs = Math.max(nowMs, from);
    if (nowMs - from > MOST_LAG_MS) {
      this.#skipped += Math.floor(((nowMs - MOST_LAG_MS - from) / 1000) * rate);
      from = nowMs - MOST_LAG_MS;
    }
    const passed = trafficSeconds(this.#lastMs, this.#burst) - trafficSeconds(from, this.#burst);
    this.#credit += passed * rate;
    let ticks = 0;
    while (this.#credit >= this.#needed && ticks < MOST_TICKS_PER_TURN) {
      this.#credit -= this.#needed;
      this.#needed = this.#nextGap();
      ticks++;
    }
    return ticks;
  }

  /** Milliseconds until the next tick may be due, at the present rate and at the burst's pace. */
  msToNext(rate: number): number {
    if (rate === 0) return Number.POSITIVE_INFINITY;
    const density = this.#burst ? BURST_DENSITY : 1 / 1000;
    return Math.max(0, (this.#needed - this.#credit) / (rate * density));
  }

  #nextGap(): number {
    return this.#random === null ? 1 : -Math.log(1 - this.#random.fraction());
  }
}
