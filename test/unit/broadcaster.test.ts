/** How a tick goes to the clients of a stream: one publish for all on its topic, one send for each that is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { readInt64, WORD } from '../../src/codec/tick-message.ts';
import type { HistogramIncrement } from '../../src/workers/measures/hop-histogram.ts';
import { Broadcaster } from '../../src/workers/proxy/broadcaster.ts';
import { SnapshotJoin } from '../../src/workers/proxy/subscriptions/snapshot-join.ts';
import { SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import type { TickSource } from '../../src/workers/tick-source.ts';
import { QUOTE_FORM } from '../support/quote-form.ts';
import { RELIANCE, sampleTick } from '../support/sample-tick.ts';
import { SILENT_SOURCE } from '../support/silent-source.ts';

test('a client that decodes one frame of each read is sent every tick by itself, with the bytes that all others get', () => {
  const published: string[] = [];
  const sent: string[] = [];
  const app = {
    publish(_topic: unknown, bytes: unknown) {
      published.push(Buffer.from(bytes as Uint8Array).toString());
      return true;
    },
  };
  const index = new SubscriptionIndex();
  const broadcaster = new Broadcaster(app, index, SILENT_SOURCE);
  const stream = index.add(RELIANCE, QUOTE_FORM);
  const receiver = { sendBytes: (bytes: Uint8Array) => sent.push(Buffer.from(bytes).toString()) };
  const { words, doubles } = sampleTick(MODE.QUOTE);
  broadcaster.onTick(words, doubles);
  assert.deepEqual([published.length, sent.length], [1, 0]);
  stream.directReceivers.push(receiver, receiver);
  for (let i = 0; i < 3; i++) {
    words[WORD.SEQ]!++;
    broadcaster.onTick(words, doubles);
  }
  assert.equal(published.length, 4);
  assert.deepEqual(
    sent,
    published.slice(1).flatMap((text) => [text, text]),
  );
  assert.match(sent[0]!, /^\{"type": "market_data", "symbol": "RELIANCE"/);
});

test('a wall clock that is set, say after a sleep of the machine, is followed where tick ages are judged', (t) => {
  const index = new SubscriptionIndex();
  const snapshots = new SnapshotJoin(
    SILENT_SOURCE,
    new Broadcaster({ publish: () => true }, index, SILENT_SOURCE),
  );
  const before = readInt64(snapshots.now(), 0);
  const hourMs = 3_600_000;
  const present = Date.now();
  t.mock.method(Date, 'now', () => present + hourMs);
  snapshots.adjustClock();
  const elapsedMs = (readInt64(snapshots.now(), 0) - before) / 1e6;
  assert.ok(Math.abs(elapsedMs - hourMs) < 10_000, `${elapsedMs} ms`);
});

test('a tick that comes in a higher mode too reaches those who could not have it before, and nobody twice', () => {
  const published: string[] = [];
  const app = { publish: (topic: string) => published.push(topic.split('/')[1]!) > 0 };
  const index = new SubscriptionIndex();
  const broadcaster = new Broadcaster(app, index, SILENT_SOURCE);
  for (const view of [MODE.LTP, MODE.QUOTE, MODE.DEPTH]) index.add(RELIANCE, { ...QUOTE_FORM, view });
  const send = (mode: Mode, seq: number) => {
    const { words, doubles } = sampleTick(mode);
    words[WORD.SEQ] = seq;
    broadcaster.onTick(words, doubles);
    return published.splice(0).join(' ');
  };
  assert.equal(send(MODE.LTP, 1), '1');
  assert.equal(send(MODE.DEPTH, 1), '2 3');
  assert.equal(send(MODE.DEPTH, 1), '');
  assert.equal(send(MODE.QUOTE, 1), '');
  assert.equal(send(MODE.QUOTE, 2), '1 2');
  assert.equal(send(MODE.DEPTH, 1), '', 'older than what everybody had');
  assert.equal(send(MODE.DEPTH, 2), '3');
});

test('deliveries are counted for each client, and only ticks that have just come are timed', () => {
  const index = new SubscriptionIndex();
  const { words, doubles } = sampleTick(MODE.QUOTE);
  let left = 0;
  const source: TickSource = {
    ...SILENT_SOURCE,
    isLastValue: false,
    drain: (handler) => {
      for (; left > 0; left--) {
        words[WORD.SEQ]!++;
        handler(words, doubles, words.length);
      }
      return 1;
    },
  };
  const broadcaster = new Broadcaster({ publish: () => true }, index, source);
  const stream = index.add(RELIANCE, QUOTE_FORM);
  stream.onTopic = 3;
  stream.directReceivers.push({ sendBytes: () => {} });
  const timed = () => broadcaster.hops.take().map(({ hop, increment }) => [hop, countOf(increment)]);
  left = 5;
  broadcaster.drain(512);
  assert.equal(broadcaster.deliveries, 20);
  assert.deepEqual(timed(), [
    ['publish_to_send', 5],
    ['receive_to_send', 5],
  ]);
  words[WORD.SEQ]!++;
  broadcaster.onTick(words, doubles);
  assert.equal(broadcaster.deliveries, 24, 'a last value is delivered');
  assert.deepEqual(timed(), [], 'and says nothing about the way of a tick');
  Object.assign(source, { isLastValue: true });
  left = 1;
  broadcaster.drain(512);
  assert.deepEqual(timed(), [], 'nor does one that another host repeats');
  words[WORD.SEQ]!--;
  Object.assign(source, { isLastValue: false });
  broadcaster.onTick(words, doubles);
  assert.equal(broadcaster.deliveries, 28, 'what everybody had is delivered to nobody');
});

function countOf({ counts }: HistogramIncrement): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
