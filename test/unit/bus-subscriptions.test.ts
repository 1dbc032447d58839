import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusSubscriptions } from '../../src/workers/bus/bus-subscriptions.ts';

const TOPIC = 'angel/NSE/RELIANCE/QUOTE/';

test('a topic is wanted while it, or a prefix of it, is subscribed', () => {
  const subscriptions = new BusSubscriptions();
  const isWanted = () => subscriptions.matches(TOPIC);
  for (const prefix of [TOPIC, 'angel/NSE/', 'angel', '', TOPIC.slice(0, -1)]) {
    assert.equal(isWanted(), false);
    subscriptions.add(prefix);
    subscriptions.add(prefix);
    assert.ok(isWanted(), prefix);
    subscriptions.delete(prefix);
    subscriptions.delete(prefix);
  }
  for (const other of ['angel/BSE/', 'b', `${TOPIC}x`, 'angel/NSE/RELIANCE/DEPTH/', '@status/']) {
    subscriptions.add(other);
    assert.equal(isWanted(), false, other);
  }
  subscriptions.add('angel/NSE/');
  subscriptions.add('angel/BFO/');
  subscriptions.delete('angel/BFO/');
  assert.ok(isWanted(), 'another prefix of the same length is gone');
});

test('thousands of subscribers who forgot the last separator do not slow the search for one topic', () => {
  const subscriptions = new BusSubscriptions();
  for (let i = 0; i < 100_000; i++) subscriptions.add(`angel/NSE/S${i}/QUOTE`);
  const start = performance.now();
  for (let i = 0; i < 10_000; i++) assert.equal(subscriptions.matches(TOPIC), false);
  const ms = performance.now() - start;
  assert.ok(ms < 1000, `${ms} ms; one comparison for each of them takes minutes`);
  assert.ok(subscriptions.matches('angel/NSE/S99999/QUOTE/'));
});
