/** A mute feed on one of several connections of an account. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';

test('what is mute on one connection is carried by another in the end; who holds instruments of others is told nothing', async (t) => {
  const fixture = await startEngineFixture(t, {
    exchange: { ticksPerSecond: 500 },
    flags: [
      alwaysOpen(t),
      '--max-symbols-per-websocket=1',
      '--mute-after=0.5',
      '--stale-after=0',
      '--recovery-wait=0.4',
      '--reconnect-max-ms=100',
    ],
  });
  const { client, exchange, engine } = fixture;
  const mute = await client({ features: ['status', 'sequence'] });
  const other = await client({ features: ['status'] });
  await mute.subscribe('NSE', 'RELIANCE', 1);
  await other.subscribe('NSE', 'INFY', 1);
  await until('ticks', () => mute.ticks().length > 50 && other.ticks().length > 50);
  assert.equal(engine.feeds.length, 2);
  const told = (each: typeof mute) =>
    each.received
      .map(({ message }) => message)
      .filter(({ type }) => type === 'feed_status')
      .map(({ status }) => status);
  const before = told(other).length;
  exchange.stallInstrument(1, '2885', true);
  await until('another connection', () => engine.feeds.length === 3);
  assert.deepEqual(told(mute).slice(-2), ['mute', 'recovering']);
  const had = mute.ticks().length;
  exchange.stallInstrument(1, '2885', false);
  await until('its ticks', () => mute.ticks().length > had + 10);
  await until('live', () => told(mute).at(-1) === 'live');
  assert.equal(told(other).length, before);
  const sequence = mute.ticks().map(({ seq }) => Number(seq));
  assert.ok(
    sequence.every((seq, i) => i === 0 || seq === sequence[i - 1]! + 1),
    'one sequence over all connections',
  );
});
