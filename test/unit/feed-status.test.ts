/** How the control plane puts together what clients are told of their feed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { Instrument } from '../../src/codec/tick.ts';
import { FeedStatus } from '../../src/main/brokers/feed-status.ts';
import type { StatusReport } from '../../src/workers/feed/feed-verdict.ts';
import { BUILT_IN_CALENDAR } from '../../src/workers/feed/market-sessions.ts';
import type { FeedStatusNews } from '../../src/workers/worker-messages.ts';

const MONDAY_NOON = Date.parse('2026-07-06T12:00:00+05:30');
const SUNDAY_NOON = Date.parse('2026-07-05T12:00:00+05:30');

function instrument(slot: number, exchange = 'NSE'): Instrument {
  return { slot, broker: 'angel', exchange, symbol: `S${slot}`, segment: 1, token: String(slot) };
}

function scene(start = MONDAY_NOON) {
  const clock = { now: start };
  const posted: FeedStatusNews[] = [];
  const statuses = new FeedStatus({
    calendar: BUILT_IN_CALENDAR,
    post: (news) => void posted.push(news),
    log: pino({ level: 'silent' }),
    now: () => clock.now,
  });
  const report = (status: StatusReport['status'], slots: number[] | null, exchange = 'NSE') =>
    statuses.onReports(0, 'angel', [{ exchange, slots, status, since: clock.now, reason: status }]);
  /** What was posted since the last call, as `status slots`. */
  const news = () => posted.splice(0).map(({ status, slots }) => `${status} ${slots}`);
  return { clock, statuses, report, news };
}

test('the connection is told first: connecting, live, recovering since the loss, expired', () => {
  const { clock, statuses, news } = scene();
  statuses.onCarried(0, 'angel', [instrument(1), instrument(2)]);
  assert.deepEqual(
    statuses.of([1, 2]).map(({ status, slots }) => [status, slots]),
    [['connecting', [1, 2]]],
  );
  clock.now += 1000;
  statuses.onState(0, 'angel', 'live', 'connected');
  assert.deepEqual(news(), ['live 1,2']);
  clock.now += 1000;
  const lostAt = clock.now;
  for (const delay of [50, 100]) {
    statuses.onState(0, 'angel', 'reconnecting', `reset; next attempt in ${delay} ms`);
    clock.now += 1000;
  }
  assert.deepEqual(news(), ['recovering 1,2'], 'another attempt is no news');
  const [recovering] = statuses.of([1]);
  assert.deepEqual([recovering!.since, recovering!.reason], [lostAt, 'reset']);
  statuses.onState(0, 'angel', 'refused', 'HTTP 401');
  assert.deepEqual(news(), ['session_expired 1,2']);
  statuses.onState(0, 'angel', 'live', 'connected');
  assert.equal(statuses.of([1])[0]!.since, clock.now, 'live since it came back');
});

test('of a live connection each instrument has its own status, else that of its segment', () => {
  const { statuses, report, news } = scene();
  statuses.onState(0, 'angel', 'live', 'connected');
  statuses.onCarried(0, 'angel', [instrument(1), instrument(2), instrument(3, 'NFO')]);
  statuses.of([1, 2, 3]);
  report('stale', [1]);
  assert.deepEqual(news(), ['stale 1']);
  report('mute', null);
  assert.deepEqual(news(), ['mute 1,2']);
  report('recovering', null);
  report('live', null);
  assert.deepEqual(news(), ['recovering 1,2', 'live 1,2'], 'what was said of the single one is over');
  statuses.onState(0, 'angel', 'reconnecting', 'reset');
  report('mute', null);
  assert.deepEqual(news(), ['recovering 1,2,3'], 'while the connection is down nothing else is told');
  statuses.onState(0, 'angel', 'live', 'connected');
  assert.deepEqual(news().sort(), ['live 3', 'mute 1,2']);
});

test('before the watchdog has looked the calendar says whether the market is closed, and its word is not told twice', () => {
  const { statuses, clock, news } = scene(SUNDAY_NOON);
  statuses.onState(0, 'angel', 'live', 'connected');
  statuses.onCarried(0, 'angel', [instrument(1), instrument(2, 'GLOBAL_INDEX')]);
  const [closed, live] = statuses.of([1, 2]);
  assert.deepEqual([closed!.status, closed!.slots], ['market_closed', [1]]);
  assert.equal(closed!.since, Date.parse('2026-07-03T15:30:00+05:30'));
  assert.deepEqual([live!.status, live!.slots], ['live', [2]]);
  const { since, reason } = closed!;
  clock.now += 1000;
  statuses.onReports(0, 'angel', [
    { exchange: 'NSE', slots: null, status: 'market_closed', since, reason },
    { exchange: 'GLOBAL_INDEX', slots: null, status: 'live', since: clock.now, reason: 'connected' },
  ]);
  assert.deepEqual(news(), []);
});

test('an instrument that moves to another connection has the status of that one from then on', () => {
  const { statuses, news } = scene();
  statuses.onState(0, 'angel', 'live', 'connected');
  statuses.onState(1, 'angel', 'live', 'connected');
  statuses.onCarried(0, 'angel', [instrument(1), instrument(2)]);
  statuses.of([1, 2]);
  statuses.onState(0, 'angel', 'reconnecting', 'reset');
  statuses.onCarried(1, 'angel', [instrument(1)]);
  assert.deepEqual(news(), ['recovering 1,2', 'live 1']);
  statuses.onState(0, 'angel', 'live', 'connected');
  statuses.onState(1, 'angel', 'connecting', 'new tokens');
  assert.deepEqual(news(), ['live 2'], 'while both carry it, the one that is up counts');
  statuses.onEnded(0, [instrument(1)]);
  assert.deepEqual(news(), ['connecting 1']);
  statuses.onState(1, 'angel', 'refused', 'HTTP 401');
  assert.deepEqual(news(), ['session_expired 1']);
});

test('an instrument that moves away from a mute connection is told to be live when it was handed over, not before', () => {
  const { statuses, report, news } = scene();
  statuses.onState(0, 'angel', 'live', 'connected');
  statuses.onState(1, 'angel', 'live', 'connected');
  statuses.onCarried(0, 'angel', [instrument(1)]);
  statuses.of([1]);
  report('mute', null);
  assert.deepEqual(news(), ['mute 1']);
  statuses.onCarried(1, 'angel', [instrument(1)]);
  report('recovering', null);
  assert.deepEqual(news(), ['recovering 1']);
  statuses.onEnded(0, [instrument(1)]);
  assert.deepEqual(news(), ['live 1']);
});

test('of what nobody asked for, or nobody holds any more, nothing is told', () => {
  const { statuses, news } = scene();
  statuses.onCarried(0, 'angel', [instrument(1), instrument(2)]);
  assert.deepEqual(statuses.of([7]), []);
  statuses.of([1]);
  statuses.onEnded(0, [instrument(1)]);
  statuses.onState(0, 'angel', 'live', 'connected');
  assert.deepEqual(news(), []);
  assert.deepEqual(statuses.of([1]), []);
});
