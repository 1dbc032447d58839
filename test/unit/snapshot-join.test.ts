/** What a client without a snapshot is given of the moment between its confirmation and its place in the stream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { readInt64, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { Broadcaster } from '../../src/workers/proxy/broadcaster.ts';
import { SnapshotJoin } from '../../src/workers/proxy/subscriptions/snapshot-join.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import type { TickSource } from '../../src/workers/tick-source.ts';
import { QUOTE_FORM } from '../support/quote-form.ts';
import { RELIANCE, sampleTick } from '../support/sample-tick.ts';

/** A stream whose ring holds the ticks with these sequence numbers; the last value is the newest there ever was. */
function scene(ring: number[], lastSeq: number) {
  const { words, doubles } = sampleTick(MODE.QUOTE);
  const receivedAt = readInt64(words, WORD.RECEIVE_TIME_NS);
  const setSeq = (seq: number) => writeInt64(words, WORD.SEQ, seq);
  const source: TickSource = {
    hasTicks: () => ring.length > 0,
    isLastValue: false,
    drain(handler) {
      const ticks = ring.splice(0);
      for (const seq of ticks) {
        setSeq(seq);
        handler(words, doubles, words.length);
      }
      return ticks.length;
    },
    readLast(_slot, _deep, into) {
      setSeq(lastSeq);
      into.set(words);
      return words.length;
    },
    lost: 0,
    takeLoss: () => false,
  };
  const index = new SubscriptionIndex();
  let published = 0;
  const app = { publish: () => ++published > 0 };
  const broadcaster = new Broadcaster(app, index, source);
  index.add(RELIANCE, QUOTE_FORM);
  const streams = index.get(RELIANCE.slot)!;
  const join = new SnapshotJoin(source, broadcaster);
  const passedBy = (since: number) => join.passedBy(streams, false, since);
  const meet = () => join.meet(streams, false);
  return { passedBy, meet, receivedAt, published: () => published, broadcaster, streams };
}

test('ticks that lie in the ring when the first client joins all come to it, through the stream', () => {
  const { passedBy, receivedAt, published } = scene([2, 3, 4, 5, 6], 6);
  assert.equal(passedBy(receivedAt), false, 'none is sent beside the stream');
  assert.equal(published(), 5);
});

test('a tick that was drained while nobody wanted it comes to the first client, once, unless it is older than its wish', () => {
  const late = scene([], 1);
  assert.equal(late.passedBy(late.receivedAt), false);
  assert.equal(late.published(), 1);
  const old = scene([], 1);
  assert.equal(old.passedBy(old.receivedAt + 1_000_000), false);
  assert.equal(old.published(), 0);
});

test('of a stream that flows, a later client is given what the others had meanwhile, and waits for what is on its way', () => {
  const had = scene([], 7);
  Object.assign(had.streams.base, { epoch: 1787367600000, seq: 7 });
  assert.equal(had.passedBy(had.receivedAt), true);
  const coming = scene([8], 8);
  Object.assign(coming.streams.base, { epoch: 1787367600000, seq: 7 });
  assert.equal(coming.passedBy(coming.receivedAt), false);
  assert.equal(coming.published(), 0, 'the ring is left to the drain loop');
});

test('who waits for the first tick of an instrument loses none to a client that joins behind the last value', () => {
  const { meet, published } = scene([1, 2], 2);
  assert.ok(meet());
  assert.equal(published(), 2);
});
