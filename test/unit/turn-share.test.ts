/** How long slow clients hold up the others in one turn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnShare } from '../../src/workers/proxy/slow/turn-share.ts';

test('work for slow clients takes a short time of each turn, and a part of the time where turns are long', () => {
  const share = new TurnShare();
  const times: number[] = [];
  for (const [at, hasMore] of [
    [1000, true],
    [1001, true],
    [1010, true],
    [2000, false],
    [5000, true],
  ] as const) {
    times.push(share.begin(at) - at);
    share.end(at, hasMore);
  }
  assert.deepEqual(
    times.map((ms) => Math.round(ms * 100) / 100),
    [0.25, 0.25, 0.9, 2, 0.25],
  );
});
