/** Calendars for engines in tests, whose real market may be closed at the hour of the test. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { WEEKDAYS } from '../../src/workers/feed/market-sessions.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const EXCHANGES = ['NSE', 'NFO', 'BSE', 'BFO', 'MCX', 'CDS', 'NSE_INDEX', 'BSE_INDEX'];

/** A calendar in which every exchange has these sessions every day. @returns the flag that names it */
export function calendarFlag(
  t: Pick<TestContext, 'after'>,
  sessions: readonly (readonly [string, string])[],
): string {
  const path = join(temporaryDirectory(t), 'calendar.json');
  const hours = { sessions, weekdays: WEEKDAYS };
  const exchanges = Object.fromEntries(EXCHANGES.map((exchange) => [exchange, hours]));
  writeFileSync(path, JSON.stringify({ base: 'none', exchanges }));
  return `--market-calendar=${path}`;
}

export function alwaysOpen(t: Pick<TestContext, 'after'>): string {
  return calendarFlag(t, [['00:00', '24:00']]);
}

/** Time of day in India, `HH:MM:SS`. */
export function timeInIndia(epochMs: number): string {
  return new Date(epochMs + 19_800_000).toISOString().slice(11, 19);
}
