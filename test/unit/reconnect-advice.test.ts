/** When clients that were sent away together come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconnectAdvice, reconnectWindow } from '../../src/workers/proxy/connection/reconnect-advice.ts';

test('a thousand clients come back evenly over the window, each at a time of its own part of it', () => {
  const windowMs = reconnectWindow(1000, 10_000);
  assert.equal(windowMs, 5000);
  for (const chance of [0, 0.5, 0.999]) {
    const times = Array.from({ length: 1000 }, (_, i) => reconnectAdvice(i, 1000, windowMs, chance));
    for (const [i, ms] of times.entries())
      assert.ok(ms >= i * 5 - 1 && ms <= (i + 1) * 5, `client ${i}: ${ms} ms`);
  }
});

test('a lone client is not made to wait for a crowd that is not there, and nobody for longer than was configured', () => {
  assert.ok(reconnectAdvice(0, 1, reconnectWindow(1, 10_000), 0.999) < 5);
  assert.equal(reconnectWindow(1_000_000, 10_000), 10_000);
  assert.equal(reconnectAdvice(7, 10, reconnectWindow(10, 0), 0.9), 0);
});
