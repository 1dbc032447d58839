/**
 * Open-loop load: when what is due, by the clock alone and whatever became of what was sent before. A burst is due every
 * millisecond and carries what the rate asks for, so the intended time of an event is the instant of its burst. Bursts are
 * harder on what is measured than an even flow, and closer to a market.
 */
export const BURST_INTERVAL_US = 1000;

/** Events of a burst: whole numbers that follow the rate exactly over time. */
export function eventsUpTo(burst: number, perSecond: number): number {
  return Math.floor(((burst + 1) * perSecond * BURST_INTERVAL_US) / 1e6);
}

const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/**
 * Sleeps this thread for a part of a millisecond, which a timer of the event loop cannot. Blocks the event loop: only for
 * threads that do nothing else.
 */
export function sleepUs(us: number): void {
  if (us > 0) Atomics.wait(sleepWord, 0, 0, us / 1000);
}
