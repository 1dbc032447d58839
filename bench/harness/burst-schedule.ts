/**
 * Open-loop load: when what is due, by the clock alone and whatever became of what was sent before. A burst is due every
 * millisecond and carries what the rate asks for, so the intended time of an event is the instant of its burst. Bursts are
 * harder on what is measured than an even flow, and closer to a market.
 */
export const BURST_INTERVAL_US = 1000;

/** Events per second: always as many, or more of them in storms. */
export type Rate = number | StormyRate;

/** At the beginning of each period for `stormMs` the storm's rate, else the calm one. */
export interface StormyRate {
  readonly calmPerSecond: number;
  readonly stormPerSecond: number;
  readonly stormMs: number;
  readonly periodMs: number;
}

const eventsOf = (bursts: number, perSecond: number) =>
  Math.floor((bursts * perSecond * BURST_INTERVAL_US) / 1e6);

/** Events up to and with a burst: whole numbers that follow the rate exactly over time. */
export function eventsUpTo(burst: number, rate: Rate): number {
  const bursts = burst + 1;
  if (typeof rate === 'number') return eventsOf(bursts, rate);
  const { calmPerSecond, stormPerSecond, stormMs, periodMs } = rate;
  const ms = (bursts * BURST_INTERVAL_US) / 1000;
  const inStorms = Math.floor(ms / periodMs) * stormMs + Math.min(ms % periodMs, stormMs);
  const stormBursts = (inStorms * 1000) / BURST_INTERVAL_US;
  return eventsOf(bursts, calmPerSecond) + eventsOf(stormBursts, stormPerSecond - calmPerSecond);
}

const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/**
 * Sleeps this thread for a part of a millisecond, which a timer of the event loop cannot. Blocks the event loop: only for
 * threads that do nothing else.
 */
export function sleepUs(us: number): void {
  if (us > 0) Atomics.wait(sleepWord, 0, 0, us / 1000);
}
