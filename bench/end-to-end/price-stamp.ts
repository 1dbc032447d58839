/**
 * The intended time of a tick where no volume carries it: an LTP frame has a price only, and no client's form of it has
 * room for all of a clock. So the price in paise is the time in µs within a window, always nine digits long, and whoever
 * receives it finds the latest such time that is not in the future.
 */

/** Longer than any tick is under way. */
const WINDOW_US = 100_000_000;
/** The clocks of two processes may cross by less than this. */
const SLACK_US = 1000;

/** @returns paise: 1,000,000.00 to 1,999,999.99 rupees */
export function stampOf(intendedUs: number): number {
  return WINDOW_US + (intendedUs % WINDOW_US);
}

/** The whole µs that a stamp was made of. Neither allocates nor throws. */
export function timeOfStamp(paise: number, nowUs: number): number {
  const latest = Math.floor(nowUs) + SLACK_US;
  return latest - ((((latest - paise) % WINDOW_US) + WINDOW_US) % WINDOW_US);
}
