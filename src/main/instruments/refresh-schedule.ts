/** When a broker's instrument list is due: pure, times are arguments. */
import { indianMinuteOfDay } from './indian-day.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** So long after its time a list that is not there yet is asked for often; then the market is open, and it helps less. */
const MORNING_MS = 40 * MINUTE_MS;
const MORNING_RETRY_MS = 15 * MINUTE_MS;
const LATER_RETRY_MS = 60 * MINUTE_MS;

/** The last moment, not after now, at which the clock in India showed `time`. @param time `HH:MM` */
export function lastScheduled(nowMs: number, time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const sinceMinutes = (indianMinuteOfDay(nowMs) - (hours * 60 + minutes) + DAY_MINUTES) % DAY_MINUTES;
  return Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - sinceMinutes * MINUTE_MS;
}

/** When a list that could not be had is asked for again. @param scheduledMs when it was due */
export function retryAt(nowMs: number, scheduledMs: number): number {
  return nowMs + (nowMs - scheduledMs < MORNING_MS ? MORNING_RETRY_MS : LATER_RETRY_MS);
}

/** Whether it is still so early that a list of yesterday may be followed by that of today. */
export function isMorning(nowMs: number, scheduledMs: number): boolean {
  return nowMs - scheduledMs < MORNING_MS;
}
