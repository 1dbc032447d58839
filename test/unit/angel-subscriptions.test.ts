/** What becomes of an instrument's last values when a part of its subscription ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { AngelSubscriptions } from '../../src/workers/feed/angel-subscriptions.ts';
import { InstrumentFeed } from '../../src/workers/feed/tick-writer.ts';
import { RELIANCE } from '../support/sample-tick.ts';

test('an order book of 20 levels that nobody follows any more is forgotten, while the other ticks go on', () => {
  const ended: boolean[] = [];
  const subscriptions = new AngelSubscriptions(
    50,
    (instrument) => new InstrumentFeed(instrument, 2, 1),
    (_feed, isWhole) => ended.push(isWhole),
  );
  const base = { instrument: RELIANCE, mode: MODE.DEPTH };
  const deep = { instrument: RELIANCE, mode: MODE.DEEP_DEPTH };
  subscriptions.subscribe([base, deep]);
  subscriptions.unsubscribe([deep]);
  assert.deepEqual(ended, [false]);
  subscriptions.unsubscribe([base]);
  assert.deepEqual(ended, [false, true]);
});
