import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../src/workers/feed/backoff.ts';

const OPTIONS = { initialMs: 100, factor: 3, maxMs: 5000, jitter: 0.4 };

test('waits grow by their factor up to the longest one, and never end', () => {
  const backoff = new Backoff(OPTIONS, () => 0);
  const delays = Array.from({ length: 2000 }, () => backoff.next());
  assert.deepEqual(delays.slice(0, 6), [100, 300, 900, 2700, 5000, 5000]);
  assert.ok(delays.slice(4).every((ms) => ms === 5000));
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('chance takes at most its share off a wait, so that many engines come back one by one', () => {
  const least = new Backoff(OPTIONS, () => 1);
  assert.deepEqual([least.next(), least.next()], [60, 180]);
  const random = new Backoff({ ...OPTIONS, factor: 1 });
  const delays = Array.from({ length: 200 }, () => random.next());
  assert.ok(delays.every((ms) => ms >= 60 && ms <= 100));
  assert.ok(new Set(delays).size > 10, 'they differ');
});
