/** How many requests a client may send, by a clock that the test turns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../../src/workers/proxy/admission/token-bucket.ts';

test('a client may send a burst at once, and then as many as come back with time', () => {
  const bucket = new TokenBucket(10, 3, 0);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take(1, 0)),
    [true, true, true, false],
  );
  assert.equal(bucket.waitMs(1, 0), 100);
  assert.equal(bucket.take(1, 99), false);
  assert.equal(bucket.take(1, 100), true);
  assert.equal(bucket.waitMs(1, 1_000_000), 0);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take(1, 1_000_000)),
    [true, true, true, false],
  );
});

test('a request that costs more than a whole burst is taken when the bucket is full, and not never', () => {
  const bucket = new TokenBucket(10, 5, 0);
  assert.equal(bucket.take(1, 0), true);
  assert.equal(bucket.take(50, 0), false);
  assert.equal(bucket.waitMs(50, 0), 100);
  assert.equal(bucket.take(50, 100), true);
  assert.equal(bucket.take(1, 100), false);
});

test('a clock that goes back gives nothing away and takes nothing', () => {
  const bucket = new TokenBucket(1000, 2, 500);
  assert.equal(bucket.take(2, 500), true);
  assert.equal(bucket.take(1, 100), false);
  assert.equal(bucket.take(1, 501), true);
});

test('whatever a client does, it gets no more than burst and rate allow', () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 500 }),
    count: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(step),
      (rate, burst, steps) => {
        const bucket = new TokenBucket(rate, burst, 0);
        let now = 0;
        let taken = 0;
        for (const { afterMs, count } of steps) {
          now += afterMs;
          if (bucket.take(count, now)) taken += Math.min(count, burst);
          assert.ok(taken <= burst + (rate * now) / 1000 + 1e-6);
        }
      },
    ),
    { numRuns: 200 },
  );
});
