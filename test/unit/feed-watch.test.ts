/** What a suspicion of the stall watchdog does to the gaps that clients are told of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FeedWatch } from '../../src/workers/feed/feed-watch.ts';
import { InstrumentFeed } from '../../src/workers/feed/instrument-feed.ts';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { RELIANCE } from '../support/sample-tick.ts';
import { until } from '../support/until.ts';

/** Looks with ticks after which a silence can be unusual, and some more. */
const LOOKS = 40;

test('an outage that an instrument has not told of yet is told, though its exchange was only quiet since', async (t) => {
  const [busy, waiting] = [0, 1].map((slot) => {
    const feed = new InstrumentFeed({ ...RELIANCE, slot, token: String(slot) }, 2, 1);
    feed.seq = 5;
    return feed;
  }) as [InstrumentFeed, InstrumentFeed];
  let wasSuspected = false;
  const watch = new FeedWatch(
    {
      feedOf: (slot) => [busy, waiting][slot],
      interrupt: () => {},
      reconnect: () => {},
      // The broker's image of the busy one repeats the frame before.
      resubscribe: () => {
        wasSuspected ||= busy.gapBefore;
        setImmediate(() => watch.onRepeat(busy, performance.now()));
      },
    },
    new LastValueTable(LastValueTable.create(2)),
    {
      options: {
        muteAfterMs: 200,
        staleAfterMs: 0,
        openGraceMs: 0,
        recoveryWaitMs: 100,
        recoveryMaxWaitMs: 60_000,
      },
      calendar: null,
    },
    () => {},
  );
  t.after(() => watch.stop());
  for (const feed of [busy, waiting]) watch.onAdded(feed);
  watch.onState('live');
  waiting.gapBefore = true;
  let lookedAt = performance.now();
  let looks = 0;
  await until('enough looks', () => {
    watch.onTick(busy, performance.now());
    if (performance.now() - lookedAt < 26) return false;
    lookedAt = performance.now();
    return ++looks >= LOOKS;
  });
  await until('a suspicion', () => wasSuspected);
  await until('its end', () => !busy.gapBefore);
  assert.ok(waiting.gapBefore);
});
