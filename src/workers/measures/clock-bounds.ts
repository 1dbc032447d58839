/**
 * How far this machine's clock is ahead of the exchanges' (negative: behind), as far as that can be known from what comes
 * anyway: a tick cannot be received before the exchange sent it, and the answer to a handshake says the broker's time to
 * the second. Feed worker thread.
 *
 * Neither tells more than a bound, so only what is proven is taken off the delays: a delay that looks long may be a clock
 * that is ahead by less than that, and is shown as a delay.
 */
import type { ClockBounds } from './thread-measures.ts';

/** Seconds whose shortest delays are kept. */
const KEPT_SECONDS = 60;
/** So many of them must agree before they are believed: one frame with a wrong time proves nothing. */
const FEWEST_SECONDS = 5;
/** A bound is what this part of the seconds goes below. */
const LOW_PART = 0.1;
const KEPT_DATES = 8;
/** HTTP's dates are cut to the second. */
const DATE_MS = 1000;
/** Clocks are set right slowly, too, which nobody notices: what a date proved is true for so long. */
const DATE_LIFE_MS = 600_000;

/** By the answer to a handshake. */
interface DatedBounds extends ClockBounds {
  /** When it came, ms of a clock that nobody sets. */
  readonly at: number;
}

/** The offset closest to 0 that the bounds allow, ms: what is proven. */
export function provenOffset({ lowMs, highMs }: ClockBounds): number {
  if (highMs !== null && highMs < 0) return highMs;
  return lowMs !== null && lowMs > 0 ? lowMs : 0;
}

/** @returns what both prove together; null where they contradict each other: one of them is not true any more */
export function narrow(a: ClockBounds, b: ClockBounds): ClockBounds | null {
  const lows = [a.lowMs, b.lowMs].filter((ms) => ms !== null);
  const highs = [a.highMs, b.highMs].filter((ms) => ms !== null);
  const lowMs = lows.length === 0 ? null : Math.max(...lows);
  const highMs = highs.length === 0 ? null : Math.min(...highs);
  if (lowMs !== null && highMs !== null && lowMs > highMs) return null;
  return { lowMs, highMs };
}

export class ClockOffset {
  /** Shortest of each second, ms; a ring. */
  readonly #shortest: number[] = [];
  #next = 0;
  #dates: DatedBounds[] = [];
  readonly #now: () => number;
  /** To be taken off a delay, ms. Hot path reads it. */
  ms = 0;

  /** @param now ms of a clock that nobody sets */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param ms the shortest time from an exchange to here in a second that had ticks */
  noteShortest(ms: number): void {
    this.#shortest[this.#next] = ms;
    this.#next = (this.#next + 1) % KEPT_SECONDS;
    this.ms = provenOffset(this.bounds());
  }

  /** The broker's server says that it is `dateMs`, in an answer that was asked for and came at these times of ours, epoch ms. */
  noteDate(dateMs: number, askedAt: number, answeredAt: number): void {
    const at = this.#now();
    this.#dates.push({ at, lowMs: askedAt - dateMs - DATE_MS, highMs: answeredAt - dateMs });
    if (this.#dates.length > KEPT_DATES) this.#dates.shift();
    this.ms = provenOffset(this.bounds());
  }

  /** This machine's clock was set: nothing of before counts. */
  reset(): void {
    this.#shortest.length = 0;
    this.#next = 0;
    this.#dates = [];
    this.ms = 0;
  }

  bounds(): ClockBounds {
    let bounds: ClockBounds = { lowMs: null, highMs: this.#highOfTicks() };
    const since = this.#now() - DATE_LIFE_MS;
    for (let i = this.#dates.length - 1; i >= 0; i--) {
      const date = this.#dates[i]!;
      const both = date.at < since ? null : narrow(bounds, date);
      if (both === null) {
        // The clock was moved since then, so that those before it are not true either.
        this.#dates.splice(0, i + 1);
        break;
      }
      bounds = both;
    }
    return bounds;
  }

  #highOfTicks(): number | null {
    if (this.#shortest.length < FEWEST_SECONDS) return null;
    const sorted = this.#shortest.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * LOW_PART)]!;
  }
}
