import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readMarketCalendar } from '../../src/main/config/market-calendar-file.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { MarketCalendar } from '../../src/workers/feed/market-calendar.ts';
import { BUILT_IN_CALENDAR } from '../../src/workers/feed/market-sessions.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function fileWith(t: TestContext, content: unknown): string {
  const path = join(temporaryDirectory(t), 'calendar.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function refusal(path: string): string {
  try {
    readMarketCalendar(path);
  } catch (error) {
    assert.ok(error instanceof TickwireError);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.equal(error.exitCode, 78);
    return error.message;
  }
  assert.fail('it should have been refused');
}

const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}+05:30`);

test('a file with a holiday of next year extends the built-in calendar and leaves the rest as it is', (t) => {
  const holiday = { date: '2027-01-26', name: 'Republic Day', exchanges: ['NSE'], sessions: [] };
  const calendar = new MarketCalendar(readMarketCalendar(fileWith(t, { days: [holiday] })));
  assert.equal(calendar.isOpen('NSE', at('2027-01-26 12:00')), false);
  assert.equal(calendar.isOpen('BSE', at('2027-01-26 12:00')), true);
  assert.equal(calendar.isOpen('NSE', at('2026-12-25 12:00')), false);
  assert.equal(calendar.isOpen('MCX', at('2027-01-26 23:54')), true);
});

test('a file replaces the hours of an exchange and a date that the built-in calendar has too', (t) => {
  const calendar = new MarketCalendar(
    readMarketCalendar(
      fileWith(t, {
        exchanges: { NSE: { sessions: [['10:00:30', '11:00']], weekdays: ['Sat', 'Sun'] } },
        days: [{ date: '2026-12-25', name: 'open', exchanges: ['BSE'], sessions: [['09:15', '15:30']] }],
      }),
    ),
  );
  assert.equal(calendar.isOpen('NSE', at('2026-07-04 10:00:29')), false);
  assert.equal(calendar.isOpen('NSE', at('2026-07-04 10:00:30')), true);
  assert.equal(calendar.isOpen('NSE', at('2026-07-06 10:30')), false);
  assert.equal(calendar.isOpen('BSE', at('2026-12-25 12:00')), true);
});

test('a file that stands alone knows nothing but what it says', (t) => {
  const data = readMarketCalendar(
    fileWith(t, { base: 'none', exchanges: { NSE: { sessions: [['00:00', '24:00']] } } }),
  );
  assert.deepEqual(Object.keys(data.exchanges), ['NSE']);
  assert.deepEqual(data.days, []);
});

test('the file that the operations manual shows can be used as it is', (t) => {
  const manual = readFileSync(new URL('../../OPERATIONS.md', import.meta.url), 'utf8');
  const shown = [...manual.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
  const calendars = shown.filter((text) => text.includes('"exchanges"'));
  assert.equal(calendars.length, 1);
  const calendar = new MarketCalendar(readMarketCalendar(fileWith(t, calendars[0]!)));
  assert.equal(calendar.isOpen('NSE', at('2027-01-26 12:00')), false);
  assert.equal(calendar.isOpen('MCX', at('2027-03-22 18:00')), true);
});

test('the built-in calendar has the form that files must have', (t) => {
  assert.deepEqual(
    readMarketCalendar(fileWith(t, { base: 'none', ...BUILT_IN_CALENDAR })),
    BUILT_IN_CALENDAR,
  );
});

test('an operator who wrote something else reads which file, which key, which value, and what is allowed', (t) => {
  const day = { date: '2027-01-26', name: 'x', exchanges: ['NSE'], sessions: [] };
  const wrong: [content: unknown, message: RegExp][] = [
    ['{', /is no JSON: /],
    [[], /the file is \[\]; it must be an object with base, exchanges, days\.$/],
    [
      { holidays: [] },
      /: holidays is \[\]; it must be absent, since the keys here are base, exchanges, days\.$/,
    ],
    [{ base: 'builtin' }, /base is "builtin"; it must be "built-in" or "none"\.$/],
    [{ exchanges: { NSE: {} } }, /exchanges\.NSE\.sessions is null; it must be a list\.$/],
    [
      { exchanges: { NSE: { sessions: [['9:15', '15:30']] } } },
      /exchanges\.NSE\.sessions\[0\]\[0\] is "9:15"; it must be a time HH:MM or HH:MM:SS from 00:00 to 24:00\.$/,
    ],
    [
      { exchanges: { NSE: { sessions: [['15:30', '09:15']] } } },
      /exchanges\.NSE\.sessions\[0\] is \["15:30","09:15"\]; it must be in order, the end behind the start\.$/,
    ],
    [
      {
        exchanges: {
          NSE: {
            sessions: [
              ['09:00', '12:00'],
              ['11:59:59', '13:00'],
            ],
          },
        },
      },
      /exchanges\.NSE\.sessions\[1\] is .*; it must be behind the session before it\.$/,
    ],
    [
      { exchanges: { NSE: { sessions: [['09:00']] } } },
      /exchanges\.NSE\.sessions\[0\] is \["09:00"\]; it must be a pair of times, \["09:15", "15:30"\]\.$/,
    ],
    [
      { exchanges: { NSE: { sessions: [], weekdays: ['Monday'] } } },
      /exchanges\.NSE\.weekdays\[0\] is "Monday"; it must be one of Sun, Mon, /,
    ],
    [
      { days: [{ ...day, date: '2027-02-30' }] },
      /days\[0\]\.date is "2027-02-30"; it must be a date YYYY-MM-DD\.$/,
    ],
    [{ days: [{ ...day, name: '' }] }, /days\[0\]\.name is ""; it must be a text\.$/],
    [{ days: [{ ...day, exchanges: 'NSE' }] }, /days\[0\]\.exchanges is "NSE"; it must be a list\.$/],
    [
      { days: [{ ...day, closed: true }] },
      /days\[0\]\.closed is true; it must be absent, since the keys here are date, /,
    ],
  ];
  for (const [content, message] of wrong) {
    const path = fileWith(t, content);
    const text = refusal(path);
    assert.match(text, message);
    assert.ok(text.startsWith(`TICKWIRE_MARKET_CALENDAR: ${path}`), text);
  }
  assert.match(
    refusal('/nonexistent/x.json'),
    /^TICKWIRE_MARKET_CALENDAR is "\/nonexistent\/x\.json", which cannot be read: ENOENT/,
  );
});
