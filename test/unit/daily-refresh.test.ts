/** When the engine asks for the instrument lists, with a clock that the test turns. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { TickwireError } from '../../src/main/errors.ts';
import { DailyRefresh } from '../../src/main/instruments/daily-refresh.ts';
import { indianDay } from '../../src/main/instruments/indian-day.ts';
import type { RefreshOutcome } from '../../src/main/instruments/list-refresh.ts';
import { lastScheduled, retryAt } from '../../src/main/instruments/refresh-schedule.ts';

const india = (text: string) => Date.parse(`${text}:00+05:30`);
const MINUTE_MS = 60_000;

const STORED: RefreshOutcome = {
  status: 'stored',
  from: 'https://example.test/list.json',
  rows: 1000,
  read: 1000,
  bytes: 1,
  leftOut: { expired: 0, foreign: 0, bad: 0 },
  duplicates: 0,
  exchanges: {},
  isOfEarlierDay: false,
};

interface Scene {
  /** Times at which the list was asked for, as the clock in India shows them. */
  readonly asked: string[];
  readonly logged: string[];
  /** Goes on to a time, looking every minute. */
  until(text: string): Promise<void>;
}

/** @param answer what an attempt at a time ends with */
function startScene(
  t: TestContext,
  start: string,
  lastList: string | null,
  answer: (time: string) => RefreshOutcome | TickwireError,
): Scene {
  let now = india(start);
  let newest = lastList === null ? null : india(lastList);
  const asked: string[] = [];
  const logged: string[] = [];
  const shown = () => new Date(now + 5.5 * 3_600_000).toISOString().slice(5, 16);
  const refresh = new DailyRefresh({
    time: '08:30',
    brokers: () => ['angel'],
    newest: () =>
      newest === null
        ? null
        : {
            file: 'f',
            date: new Date(newest).toISOString(),
            sha256: '',
            rows: 1,
            from: '',
            etag: null,
            lastModified: null,
          },
    refresh: async () => {
      asked.push(shown());
      const outcome = answer(shown());
      if (outcome instanceof TickwireError) throw outcome;
      if (outcome.status === 'stored') newest = now;
      return outcome;
    },
    log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
    now: () => now,
  });
  refresh.start();
  t.after(() => refresh.stop());
  return {
    asked,
    logged,
    until: async (text) => {
      await refresh.idle();
      for (; now < india(text); now += MINUTE_MS) {
        refresh.look();
        await refresh.idle();
      }
    },
  };
}

test('the last due time is that of today or, before it, of yesterday, in India', () => {
  assert.equal(lastScheduled(india('2026-11-23T08:30'), '08:30'), india('2026-11-23T08:30'));
  assert.equal(lastScheduled(india('2026-11-23T08:29') + 59_999, '08:30'), india('2026-11-22T08:30'));
  assert.equal(lastScheduled(india('2026-11-23T23:59'), '08:30'), india('2026-11-23T08:30'));
  assert.equal(lastScheduled(india('2027-01-01T00:10'), '08:30'), india('2026-12-31T08:30'));
  assert.equal(indianDay(Date.parse('2026-12-31T18:29:59Z')), 20261231);
  assert.equal(indianDay(Date.parse('2026-12-31T18:30:00Z')), 20270101);
});

test('a list is fetched once a day at its time', async (t) => {
  const scene = startScene(t, '2026-11-23T07:00', '2026-11-22T08:31', () => STORED);
  await scene.until('2026-11-25T07:00');
  assert.deepEqual(scene.asked, ['11-23T08:30', '11-24T08:30']);
});

test('an engine that starts too late, or for the first time, fetches the list at once', async (t) => {
  const late = startScene(t, '2026-11-23T11:00', '2026-11-22T08:31', () => STORED);
  await late.until('2026-11-23T12:00');
  assert.deepEqual(late.asked, ['11-23T11:00']);
  const first = startScene(t, '2026-11-23T07:00', null, () => STORED);
  await first.until('2026-11-23T09:00');
  assert.deepEqual(first.asked, ['11-23T07:00', '11-23T08:30']);
});

test('a list that cannot be had keeps the one before, warns, and is asked for each quarter of an hour, later each hour', async (t) => {
  const broken = new TickwireError('INSTRUMENTS_UNAVAILABLE', 'no');
  const scene = startScene(t, '2026-11-23T08:00', '2026-11-22T08:31', () => broken);
  await scene.until('2026-11-23T11:30');
  assert.deepEqual(scene.asked, [
    '11-23T08:30',
    '11-23T08:45',
    '11-23T09:00',
    '11-23T09:15',
    '11-23T10:15',
    '11-23T11:15',
  ]);
  assert.equal(scene.logged.length, 6);
  assert.match(scene.logged[0]!, /"level":40.*INSTRUMENTS_UNAVAILABLE.*stays in force/);
});

test('with a list of more than three days a failure is an error', async (t) => {
  const broken = new TickwireError('INSTRUMENTS_SHRUNKEN', 'no');
  const scene = startScene(t, '2026-11-23T08:30', '2026-11-19T08:31', () => broken);
  await scene.until('2026-11-23T08:31');
  assert.match(scene.logged[0]!, /"level":50/);
});

test('a list that is still that of yesterday is asked for again until the market is open', async (t) => {
  const old: RefreshOutcome = { ...STORED, isOfEarlierDay: true };
  const scene = startScene(t, '2026-11-23T08:00', '2026-11-22T08:31', (time) =>
    time < '11-23T09' ? old : STORED,
  );
  await scene.until('2026-11-23T20:00');
  assert.deepEqual(scene.asked, ['11-23T08:30', '11-23T08:45', '11-23T09:00']);
  assert.match(scene.logged.join(), /still that of an earlier day/);
  const never = startScene(t, '2026-11-23T08:00', '2026-11-22T08:31', () => old);
  await never.until('2026-11-23T20:00');
  assert.deepEqual(never.asked, ['11-23T08:30', '11-23T08:45', '11-23T09:00', '11-23T09:15']);
});

test('a retry is a quarter of an hour away in the morning and an hour later on', () => {
  const due = india('2026-11-23T08:30');
  assert.equal(retryAt(due, due), due + 15 * MINUTE_MS);
  assert.equal(retryAt(due + 60 * MINUTE_MS, due), due + 120 * MINUTE_MS);
});
