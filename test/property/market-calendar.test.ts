import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MarketCalendar } from '../../src/workers/feed/market-calendar.ts';
import {
  BUILT_IN_CALENDAR,
  type MarketCalendarData,
  WEEKDAYS,
} from '../../src/workers/feed/market-sessions.ts';

const DAY_MS = 86_400_000;
const FROM = Date.parse('2025-12-20T00:00:00Z');
const TO = Date.parse('2027-01-10T00:00:00Z');

const time = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** Sessions of a day that follow one another. */
const sessions = fc
  .uniqueArray(fc.integer({ min: 0, max: 1440 }), { minLength: 0, maxLength: 6 })
  .map((minutes) => minutes.toSorted((a, b) => a - b))
  .map((sorted) =>
    Array.from(
      { length: Math.floor(sorted.length / 2) },
      (_, i) => [time(sorted[2 * i]!), time(sorted[2 * i + 1]!)] as const,
    ),
  );

const anyCalendar: fc.Arbitrary<MarketCalendarData> = fc.oneof(
  fc.constant(BUILT_IN_CALENDAR),
  fc.record({
    exchanges: fc.record({
      NSE: fc.record({
        sessions,
        usWinterSessions: sessions,
        preOpen: sessions,
        weekdays: fc.subarray([...WEEKDAYS]),
      }),
    }),
    days: fc.array(
      fc.record({
        date: fc.integer({ min: FROM, max: TO }).map((ms) => new Date(ms).toISOString().slice(0, 10)),
        name: fc.constant('a day'),
        exchanges: fc.constant(['NSE']),
        sessions,
      }),
      { maxLength: 10 },
    ),
  }),
);

test('between two changes the market stays as it is, and at each change it becomes the other', () => {
  fc.assert(
    fc.property(
      anyCalendar,
      fc.integer({ min: FROM, max: TO }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (data, now, part) => {
        const calendar = new MarketCalendar(data);
        const isOpen = calendar.isOpen('NSE', now);
        const next = calendar.nextChange('NSE', now);
        const last = calendar.lastChange('NSE', now);
        if (next !== null) {
          assert.ok(next > now);
          assert.equal(calendar.isOpen('NSE', next), !isOpen);
          assert.equal(calendar.isOpen('NSE', now + Math.floor((next - 1 - now) * part)), isOpen);
          assert.equal(calendar.lastChange('NSE', next), next);
        }
        if (last !== null) {
          assert.ok(last <= now);
          assert.equal(calendar.isOpen('NSE', last), isOpen);
          assert.equal(calendar.isOpen('NSE', last - 1), !isOpen);
          assert.equal(calendar.nextChange('NSE', last - 1), last);
        }
        if (calendar.isPreOpen('NSE', now)) assert.equal(isOpen, false);
      },
    ),
    { numRuns: 300 },
  );
});

test('the built-in exchanges are never without a session for longer than a long weekend', () => {
  const calendar = new MarketCalendar(BUILT_IN_CALENDAR);
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(BUILT_IN_CALENDAR.exchanges)),
      fc.integer({ min: FROM, max: TO }),
      (exchange, now) => {
        const next = calendar.nextChange(exchange, now);
        assert.ok(next !== null && next - now < 5 * DAY_MS);
      },
    ),
  );
});
