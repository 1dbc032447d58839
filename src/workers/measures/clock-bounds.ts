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

/** The offset closest to 0 that the bounds allow, ms: what is proven. */
export function provenOffset({ lowMs, highMs }: ClockBounds): number {
  if (highMs !== null && highMs < 0) return highMs;
  return lowMs !== null && lowMs > 0 ? lowMs : 0;
}

/** Both are facts. @returns what they prove together; where they contradict each other, the wider of what they leave */
export function narrow(a: ClockBounds, b: ClockBounds): ClockBounds {
  const lows = [a.lowMs, b.lowMs].filter((ms) => ms !== null);
  const highs = [a.highMs, b.highMs].filter((ms) => ms !== null);
  const lowMs = lows.length === 0 ? null : Math.max(...lows);
  const highMs = highs.length === 0 ? null : Math.min(...highs);
  if (lowMs !== null && highMs !== null && lowMs > highMs) return { lowMs: highMs, highMs: lowMs };
  return { lowMs, highMs };
}

export class ClockOffset {
  /** Shortest of each second, ms; a ring. */
  readonly #shortest: number[] = [];
  #next = 0;
  #dates: ClockBounds[] = [];
  /** To be taken off a delay, ms. Hot path reads it. */
  ms = 0;

  /** @param ms the shortest time from an exchange to here in a second that had ticks */
  noteShortest(ms: number): void {
    this.#shortest[this.#next] = ms;
    this.#next = (this.#next + 1) % KEPT_SECONDS;
    this.ms = provenOffset(this.bounds());
  }

  /** The broker's server says that it is `dateMs`, in an answer that was asked for and came at these times of ours, epoch ms. */
  noteDate(dateMs: number, askedAt: number, answeredAt: number): void {
    this.#dates.push({ lowMs: askedAt - dateMs - DATE_MS, highMs: answeredAt - dateMs });
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
    for (const date of this.#dates) bounds = narrow(bounds, date);
    return bounds;
  }

  #highOfTicks(): number | null {
    if (this.#shortest.length < FEWEST_SECONDS) return null;
    const sorted = this.#shortest.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * LOW_PART)]!;
  }
}
