/** The connection answers, and ticks do not come: by a fault, or because the market is closed. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { calendarFlag, timeInIndia } from '../../support/calendar-file.ts';
import { toldStatuses } from '../../support/fault-aftermath.ts';
import { FaultScene, INSTRUMENTS } from '../../support/fault-scene.ts';
import { until } from '../../support/until.ts';

const [RELIANCE] = INSTRUMENTS;

test('a feed that falls silent is mute, then made anew; its ticks are announced as behind a gap', async (t) => {
  const scene = await FaultScene.start(t, {
    flags: ['--mute-after=1', '--stale-after=0', '--open-grace=0', '--recovery-wait=2'],
  });
  const { exchange, watcher } = scene;
  scene.flow(200);
  await until('ticks', () => watcher.ticks().length > 100);
  scene.flow(0);
  exchange.stall(true);
  await scene.untilTold('recovering');
  await until('a new connection', () => exchange.counters.connectionsAccepted === 2);
  exchange.stall(false);
  // A pair of requests asked for both exchanges again, or one for each; then came all on the new connection.
  await scene.assertRecovered({
    outages: 1,
    statuses: ['live', 'mute', 'recovering', 'live'],
    requests: [3, 5],
  });
});

test('one instrument that falls silent is stale, alone; the others keep their ticks and their connection', async (t) => {
  const scene = await FaultScene.start(t, {
    flags: ['--mute-after=0', '--stale-after=0.5', '--recovery-wait=0.5'],
  });
  const { exchange, watcher } = scene;
  scene.flow(400);
  await until('enough ticks to know how often they come', () => watcher.ticks(RELIANCE.symbol).length > 60);
  exchange.stallInstrument(RELIANCE.segment, RELIANCE.token, true);
  const latest = () => toldStatuses(watcher, RELIANCE.symbol).at(-1)?.status;
  await until('the stale status', () => latest() === 'stale');
  exchange.stallInstrument(RELIANCE.segment, RELIANCE.token, false);
  await until('the live status', () => latest() === 'live');
  await scene.assertRecovered({
    outages: 1,
    only: RELIANCE.symbol,
    statuses: ['live', 'stale', 'live'],
    // A pair of requests for each time that it was asked for again.
    requests: [2, 4, 6],
  });
  assert.equal(exchange.counters.connectionsAccepted, 1);
});

/** A scene whose market closes soon, and opens again three seconds later. Times are ms since 1970, whole seconds. */
async function startBeforeClose(
  t: TestContext,
): Promise<{ readonly scene: FaultScene; readonly closes: number; readonly opens: number }> {
  for (let leadMs = 5000; ; leadMs *= 2) {
    const closes = Math.floor((Date.now() + leadMs) / 1000) * 1000;
    const opens = closes + 3000;
    const sessions = [
      ['00:00', timeInIndia(closes)],
      [timeInIndia(opens), '24:00'],
    ] as const;
    const scene = await FaultScene.start(t, {
      flags: [calendarFlag(t, sessions), '--mute-after=0.5', '--open-grace=5', '--recovery-wait=0.3'],
    });
    if (Date.now() < closes) return { scene, closes, opens };
    // The machine is too busy: once more, with more time.
  }
}

test('a market that closes and opens again is no fault: its times are told, and nothing is made anew', async (t) => {
  // India's day must not end within the test.
  if (timeInIndia(Date.now()) > '23:59:00') return t.skip('midnight is too near');
  const { scene, closes, opens } = await startBeforeClose(t);
  const { exchange, watcher } = scene;
  scene.flow(200);
  await until('the end of the session', () => Date.now() >= closes);
  scene.flow(0);
  await scene.untilTold('market_closed');
  await until('the next session', () => Date.now() >= opens);
  scene.flow(200);
  await scene.untilTold('live');
  await scene.assertRecovered({ statuses: ['live', 'market_closed', 'live'] });
  assert.equal(exchange.counters.connectionsAccepted, 1);
  for (const { symbol } of INSTRUMENTS) {
    const [closed, open] = toldStatuses(watcher, symbol).slice(-2);
    // Ticks that came behind the end of the session meant that it went on.
    assert.ok(Number(closed!.since) >= closes && Number(closed!.since) < closes + 1500, `${closed!.since}`);
    assert.equal(open!.since, opens);
  }
});
