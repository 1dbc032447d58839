import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarketCalendar } from '../../src/workers/feed/market-calendar.ts';
import { BUILT_IN_CALENDAR, type MarketCalendarData } from '../../src/workers/feed/market-sessions.ts';

const calendar = new MarketCalendar(BUILT_IN_CALENDAR);

/** Milliseconds since 1970 of a time in India. */
function at(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}+05:30`);
}

/** The times of a day at which an exchange opens and closes. */
function changesOf(exchange: string, date: string): string[] {
  const times: string[] = [];
  const end = at(`${date} 00:00`) + 86_400_000;
  let now: number | null = at(`${date} 00:00`) - 1;
  for (;;) {
    now = calendar.nextChange(exchange, now);
    if (now === null || now >= end) return times;
    times.push(new Date(now + 19_800_000).toISOString().slice(11, 16));
  }
}

test('a trader is warned of silence in the sessions of each exchange on an ordinary Monday, and not around them', () => {
  const monday = '2026-07-06';
  for (const exchange of ['NSE', 'BSE', 'NFO', 'BFO', 'NSE_INDEX', 'BSE_INDEX']) {
    assert.deepEqual(changesOf(exchange, monday), ['09:15', '15:30'], exchange);
  }
  for (const exchange of ['CDS', 'BCD']) assert.deepEqual(changesOf(exchange, monday), ['09:00', '17:00']);
  for (const exchange of ['NCO', 'NCDEX']) assert.deepEqual(changesOf(exchange, monday), ['10:00', '17:00']);
  assert.deepEqual(changesOf('MCX', monday), ['09:00', '23:30']);
  assert.equal(calendar.isOpen('NSE', at(`${monday} 09:14:59`)), false);
  assert.equal(calendar.isOpen('NSE', at(`${monday} 09:15`)), true);
  assert.equal(calendar.isOpen('NSE', at(`${monday} 15:29:59`)), true);
  assert.equal(calendar.isOpen('NSE', at(`${monday} 15:30`)), false);
});

test('ticks of the pre-open session may come but are not expected', () => {
  assert.equal(calendar.isPreOpen('NSE', at('2026-07-06 09:05')), true);
  assert.equal(calendar.isOpen('NSE', at('2026-07-06 09:05')), false);
  assert.equal(calendar.isPreOpen('NSE', at('2026-07-06 09:15')), false);
  assert.equal(calendar.isPreOpen('NSE', at('2026-07-05 09:05')), false, 'a Sunday');
  assert.equal(calendar.isPreOpen('NSE', at('2026-12-25 09:05')), false, 'a holiday');
  assert.equal(
    calendar.describeClosed('NSE', at('2026-07-06 09:05')),
    'NSE is in its pre-open session until 2026-07-06 09:15 IST',
  );
});

test('MCX closes at 23:55 while the USA have winter time, and changes with them', () => {
  assert.deepEqual(changesOf('MCX', '2026-03-06'), ['09:00', '23:55']);
  assert.deepEqual(changesOf('MCX', '2026-03-09'), ['09:00', '23:30']);
  assert.deepEqual(changesOf('MCX', '2026-10-30'), ['09:00', '23:30']);
  assert.deepEqual(changesOf('MCX', '2026-11-02'), ['09:00', '23:55']);
  assert.deepEqual(changesOf('MCX', '2027-03-12'), ['09:00', '23:55']);
  assert.deepEqual(changesOf('MCX', '2027-03-15'), ['09:00', '23:30']);
});

test('holidays close the exchanges that keep them; MCX trades in the evening of most', () => {
  assert.deepEqual(changesOf('NSE', '2026-11-24'), []);
  assert.deepEqual(changesOf('MCX', '2026-11-24'), ['17:00', '23:55']);
  assert.deepEqual(changesOf('MCX', '2026-05-01'), ['17:00', '23:30']);
  assert.deepEqual(changesOf('MCX', '2026-10-02'), []);
  assert.deepEqual(changesOf('MCX', '2026-01-01'), ['09:00', '17:00']);
  assert.deepEqual(changesOf('NSE', '2026-01-01'), ['09:15', '15:30']);
  assert.deepEqual(changesOf('CDS', '2026-04-01'), []);
  assert.deepEqual(changesOf('NSE', '2026-04-01'), ['09:15', '15:30']);
});

test('the Muhurat session opens a Sunday', () => {
  assert.deepEqual(changesOf('NSE', '2026-11-08'), ['18:15', '19:15']);
  assert.deepEqual(changesOf('NCDEX', '2026-11-08'), []);
});

test('a weekend is passed over in both directions, and said in words', () => {
  const sunday = at('2026-07-05 12:00');
  assert.equal(calendar.nextChange('NSE', sunday), at('2026-07-06 09:15'));
  assert.equal(calendar.lastChange('NSE', sunday), at('2026-07-03 15:30'));
  assert.equal(calendar.lastChange('NSE', at('2026-07-06 10:00')), at('2026-07-06 09:15'));
  assert.equal(calendar.describeClosed('NSE', sunday), 'NSE is closed until 2026-07-06 09:15 IST');
  assert.equal(
    calendar.describeClosed('NSE', at('2026-12-25 12:00')),
    'NSE is closed (Christmas) until 2026-12-28 09:15 IST',
  );
});

test('every date of the built-in calendar is real, and one on which the market would trade, or opens on purpose', () => {
  for (const { date, name, sessions } of BUILT_IN_CALENDAR.days) {
    assert.equal(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10), date, name);
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    if (sessions.length === 0) assert.ok(weekday > 0 && weekday < 6, `${name} is on a weekend`);
  }
});

test('an exchange that nobody described is not judged', () => {
  assert.equal(calendar.knows('GLOBAL_INDEX'), false);
  assert.equal(calendar.isOpen('GLOBAL_INDEX', at('2026-07-06 12:00')), false);
  assert.equal(calendar.nextChange('GLOBAL_INDEX', at('2026-07-06 12:00')), null);
  assert.equal(calendar.lastChange('GLOBAL_INDEX', at('2026-07-06 12:00')), null);
});

test('an exchange that is open day and night never changes; one night session is one session over midnight', () => {
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
  const data: MarketCalendarData = {
    exchanges: {
      ALWAYS: { sessions: [['00:00', '24:00']], weekdays: days },
      NIGHT: {
        sessions: [
          ['00:00', '02:00'],
          ['22:00:30', '24:00'],
        ],
        weekdays: days,
      },
    },
    days: [],
  };
  const own = new MarketCalendar(data);
  const noon = at('2026-07-05 12:00');
  assert.equal(own.isOpen('ALWAYS', noon), true);
  assert.equal(own.nextChange('ALWAYS', noon), null);
  assert.equal(own.lastChange('ALWAYS', noon), null);
  assert.equal(own.nextChange('NIGHT', noon), at('2026-07-05 22:00:30'));
  assert.equal(own.nextChange('NIGHT', at('2026-07-05 23:00')), at('2026-07-06 02:00'));
  assert.equal(own.lastChange('NIGHT', at('2026-07-06 01:00')), at('2026-07-05 22:00:30'));
});
