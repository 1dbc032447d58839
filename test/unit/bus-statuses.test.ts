import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../src/codec/tick.ts';
import type { StatusEvent } from '../../src/workers/bus/bus-event.ts';
import { BusStatuses } from '../../src/workers/bus/bus-statuses.ts';
import type { FeedStatusName, FeedStatusNews } from '../../src/workers/worker-messages.ts';

function instrument(slot: number, symbol = `S${slot}`): Instrument {
  return { slot, broker: 'angel', exchange: 'NSE', symbol, segment: 1, token: String(slot) };
}

function news(status: FeedStatusName, ...slots: readonly number[]): FeedStatusNews {
  return { type: 'feedStatus', status, since: 1, reason: status, broker: 'angel', slots };
}

function createStatuses(): BusStatuses {
  let revision = 0;
  return new BusStatuses(() => ++revision);
}

/** As `revision status: symbols`. */
function brief(events: readonly StatusEvent[]): string[] {
  return events.map(
    ({ revision, status, instruments }) =>
      `${revision} ${status}: ${instruments.map(({ symbol }) => symbol).join(',')}`,
  );
}

test('one event tells of all instruments of which the same is said, once', () => {
  const statuses = createStatuses();
  statuses.onNews(news('live', 1, 2, 3));
  for (const slot of [1, 2]) statuses.hold(instrument(slot));
  assert.deepEqual(brief(statuses.takeChanges()), ['1 live: S1,S2']);
  assert.deepEqual(statuses.takeChanges(), []);
  statuses.onNews(news('live', 1, 2));
  assert.deepEqual(statuses.takeChanges(), [], 'which is no news');
  statuses.onNews(news('stale', 2, 3));
  assert.deepEqual(brief(statuses.takeChanges()), ['2 stale: S2']);
  assert.deepEqual(brief(statuses.present()), ['1 live: S1', '2 stale: S2']);
});

test('what is subscribed later is told from what main said before', () => {
  const statuses = createStatuses();
  statuses.onNews(news('mute', 7));
  statuses.hold(instrument(7));
  assert.deepEqual(brief(statuses.takeChanges()), ['1 mute: S7']);
  assert.deepEqual(brief(statuses.present([instrument(7), instrument(8)])), ['1 mute: S7']);
});

test('another slot that serves a name is told under that name, by a higher revision', () => {
  const statuses = createStatuses();
  statuses.onNews(news('live', 9));
  statuses.onNews(news('session_expired', 5));
  statuses.hold(instrument(5, 'A'));
  assert.deepEqual(brief(statuses.takeChanges()), ['1 session_expired: A']);
  assert.equal(statuses.isEnded(5), true);
  statuses.hold(instrument(9, 'A'));
  assert.deepEqual(brief(statuses.takeChanges()), ['2 live: A']);
  statuses.onNews(news('connecting', 5));
  assert.deepEqual(statuses.takeChanges(), [], 'the slot that it had before');
  assert.equal(statuses.instrumentOf(5), undefined);
  assert.equal(statuses.instrumentOf(9)?.symbol, 'A');
});

test('nothing is told of what is subscribed no more', () => {
  const statuses = createStatuses();
  statuses.onNews(news('live', 1));
  statuses.hold(instrument(1));
  statuses.takeChanges();
  statuses.release(instrument(1));
  statuses.onNews(news('stale', 1));
  assert.deepEqual(statuses.takeChanges(), []);
  assert.deepEqual(statuses.present(), []);
});

test('a statement about thousands of instruments comes in parts that do not hold up the ticks', () => {
  const statuses = createStatuses();
  const slots = Array.from({ length: 2500 }, (_, i) => i);
  statuses.onNews(news('live', ...slots));
  for (const slot of slots) statuses.hold(instrument(slot));
  const events = statuses.takeChanges();
  assert.deepEqual(
    events.map(({ instruments, revision }) => [instruments.length, revision]),
    [
      [1000, 1],
      [1000, 1],
      [500, 1],
    ],
  );
});

test('of what is subscribed no more though it is wanted the end is told, unless another user has it by then', () => {
  const statuses = createStatuses();
  statuses.onNews(news('live', 1, 2, 3, 9));
  for (const slot of [1, 2, 3]) statuses.hold(instrument(slot));
  statuses.takeChanges();
  for (const slot of [1, 2, 3]) statuses.leave(instrument(slot));
  statuses.hold(instrument(9, 'S2'));
  assert.deepEqual(brief(statuses.takeChanges()), ['2 session_expired: S1,S3', '3 live: S2']);
  assert.deepEqual(brief(statuses.present()), ['3 live: S2']);
});
