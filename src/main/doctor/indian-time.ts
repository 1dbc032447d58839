import { indianDay, indianMinuteOfDay } from '../instruments/indian-day.ts';

/** A time as people in India write it: `2026-11-24 05:00 IST`. @param epochMs ms since 1970 */
export function indianTime(epochMs: number): string {
  const day = String(indianDay(epochMs));
  const minute = indianMinuteOfDay(epochMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  return `${date} ${two(Math.floor(minute / 60))}:${two(minute % 60)} IST`;
}
