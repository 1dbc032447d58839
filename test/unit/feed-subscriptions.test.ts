/** What becomes of an instrument's last values when a part of its subscription ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { readInt64, WORD } from '../../src/codec/tick-message.ts';
import { FeedSubscriptions } from '../../src/workers/feed/feed-subscriptions.ts';
import { InstrumentFeed } from '../../src/workers/feed/instrument-feed.ts';
import { RELIANCE } from '../support/sample-tick.ts';

const NO_INDEX = { set: () => {}, delete: () => {} };

test('an order book of 20 levels that nobody follows any more is forgotten, while the other ticks go on', () => {
  const ended: boolean[] = [];
  const subscriptions = new FeedSubscriptions({
    index: () => NO_INDEX,
    createFeed: (instrument) => new InstrumentFeed(instrument, 2, 1),
    onEnded: (_feed, isWhole) => ended.push(isWhole),
  });
  const base = { instrument: RELIANCE, mode: MODE.DEPTH };
  const deep = { instrument: RELIANCE, mode: MODE.DEEP_DEPTH };
  subscriptions.subscribe([base, deep], 1);
  subscriptions.unsubscribe([deep]);
  assert.deepEqual(ended, [false]);
  subscriptions.unsubscribe([base]);
  assert.deepEqual(ended, [false, true]);
});

test('an instrument that comes back after its end begins a new epoch, and the one that ended is touched no more', () => {
  const made: InstrumentFeed[] = [];
  const subscriptions = new FeedSubscriptions({
    index: () => NO_INDEX,
    createFeed: (instrument, epoch) => {
      const feed = new InstrumentFeed(instrument, 2, epoch);
      made.push(feed);
      return feed;
    },
    onEnded: () => {},
  });
  const quote = { instrument: RELIANCE, mode: MODE.QUOTE };
  subscriptions.subscribe([quote], 7);
  subscriptions.subscribe([{ ...quote, mode: MODE.DEPTH }], 8);
  assert.equal(made.length, 1, 'a change of mode is no new epoch');
  subscriptions.unsubscribe([quote]);
  assert.deepEqual([...subscriptions.entries()], [], 'another worker may carry it now');
  subscriptions.subscribe([quote], 9);
  const epochs = made.map((feed) => readInt64(feed.template(MODE.QUOTE).words, WORD.EPOCH));
  assert.deepEqual(epochs, [7, 9]);
});
