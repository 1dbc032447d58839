/** A feed worker that fails, as the control plane follows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { Piscina } from 'piscina';
import { MODE } from '../../src/codec/tick.ts';
import type { FeedEvents } from '../../src/main/brokers/feed-events.ts';
import { FeedRunner } from '../../src/main/brokers/feed-runner.ts';
import { workerScript } from '../../src/main/worker-script.ts';
import { createDoorbells } from '../../src/workers/ring/doorbell.ts';
import { KIND, LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing, MIN_RING_BYTES } from '../../src/workers/ring/ring-layout.ts';
import { SlotOwners } from '../../src/workers/ring/slot-owners.ts';
import { QUICK_FEED_OPTIONS } from '../support/quick-feed-options.ts';
import { RELIANCE, sampleTick } from '../support/sample-tick.ts';
import { until } from '../support/until.ts';
import { WATCHDOG_OPTIONS } from '../support/watchdog-scene.ts';

const NO_EVENTS: FeedEvents = {
  onState: () => {},
  onCarries: () => {},
  onHandedOver: () => {},
  onGone: () => {},
  onRefused: () => {},
  onMute: () => {},
};

test('no client is given the last price of a feed worker that has failed', async (t) => {
  const pool = new Piscina({ filename: workerScript('feed/feed-worker').href, minThreads: 0 });
  t.after(() => pool.destroy());
  const lastValues = LastValueTable.create(1);
  const table = new LastValueTable(lastValues);
  const { words } = sampleTick(MODE.DEPTH);
  table.write(RELIANCE.slot, KIND.BASE, words, words.length);
  const slotOwners = SlotOwners.create(1);
  new SlotOwners(slotOwners).claim(RELIANCE.slot, 0);
  let epoch = 0;
  const runner = new FeedRunner({
    pool,
    log: pino({ level: 'silent' }),
    nextEpoch: () => ++epoch,
    onState: () => {},
    onCarried: () => {},
    events: NO_EVENTS,
    onWatch: () => {},
    task: {
      feed: 0,
      // The worker fails at its start.
      broker: 'unknown',
      module: 'file:///nonexistent.ts',
      url: '',
      credentials: { authToken: '', feedToken: '', apiKey: '', clientCode: '' },
      ring: createRing(MIN_RING_BYTES),
      lastValues,
      doorbells: createDoorbells(1),
      slotOwners,
      recorder: null,
      options: QUICK_FEED_OPTIONS,
      watch: { options: WATCHDOG_OPTIONS, calendar: null },
    },
  });
  t.after(() => runner.stop());
  runner.apply([{ instrument: RELIANCE, mode: MODE.DEPTH, deep: false }], new Set());
  runner.start();
  await until('the failure', () => runner.restarts > 0);
  assert.equal(table.read(RELIANCE.slot, KIND.BASE, new Int32Array(512)), 0);
});
