/** A feed worker that fails or is ended, as the control plane follows it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
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

/** A runner that is not started yet, over memory for one instrument. */
function runnerOf(t: TestContext, module: string) {
  const pool = new Piscina({ filename: workerScript('feed/feed-worker').href, minThreads: 0 });
  t.after(() => pool.destroy());
  const lastValues = LastValueTable.create(1);
  const slotOwners = SlotOwners.create(1);
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
      broker: 'angel',
      module,
      // Nobody listens there.
      url: 'ws://127.0.0.1:9',
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
  const table = new LastValueTable(lastValues);
  const price = () => table.read(RELIANCE.slot, KIND.BASE, new Int32Array(512));
  return { runner, table, owners: new SlotOwners(slotOwners), price };
}

const WISH = { instrument: RELIANCE, mode: MODE.DEPTH, deep: false } as const;

test('no client is given the last price of a feed worker that has failed', async (t) => {
  const { runner, table, owners, price } = runnerOf(t, 'file:///nonexistent.ts');
  const { words } = sampleTick(MODE.DEPTH);
  table.write(RELIANCE.slot, KIND.BASE, words, words.length);
  owners.claim(RELIANCE.slot, 0);
  runner.apply([WISH], new Set());
  runner.start();
  await until('the failure', () => runner.restarts > 0);
  assert.equal(price(), 0);
  assert.equal(owners.ownerOf(RELIANCE.slot), 0, 'it is kept for the next worker');
  runner.apply([{ ...WISH, mode: 0 }], new Set());
  await until('its freedom when nobody wishes for it', () => owners.ownerOf(RELIANCE.slot) === null);
});

test('a connection that is ended for good leaves its instruments to others: a user who changes the broker comes back', async (t) => {
  const { runner, table, owners, price } = runnerOf(t, workerScript('feed/angel-feed').href);
  runner.apply([WISH], new Set());
  runner.start();
  await until('the worker', () => owners.ownerOf(RELIANCE.slot) === 0);
  const { words } = sampleTick(MODE.DEPTH);
  table.write(RELIANCE.slot, KIND.BASE, words, words.length);
  await runner.stop();
  assert.equal(owners.ownerOf(RELIANCE.slot), null);
  assert.equal(price(), 0);
});
