/** What people read whose request meets a limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanRoom } from '../../src/main/brokers/pool-plan.ts';
import { refusalOfDeep, refusalOfPairs } from '../../src/main/brokers/quota-refusal.ts';

const QUOTA = { maxConnections: 3, maxPairs: 1000, maxDeepPairs: 50 };
const NAMES = {
  maxConnections: "Angel One's limit",
  maxPairs: "Angel One's limit",
  maxDeepPairs: "Angel One's limit",
};
const roomOf = (feed: number, pairs: number, maxPairs: number): PlanRoom => ({
  feed,
  state: 'live',
  isAvoided: false,
  maxPairs,
  pairs,
  deep: 0,
});

test('who asks for too many pairs reads how many there are, how many there may be, and whose limit it is', () => {
  const rooms = [roomOf(0, 1000, 1000), roomOf(1, 1000, 1000), roomOf(2, 1000, 1000)];
  assert.equal(
    refusalOfPairs(QUOTA, NAMES, rooms).message,
    "Maximum capacity reached: 3000 pairs are subscribed, the limit is 3 (Angel One's limit) connections of 1000 " +
      "(Angel One's limit) pairs of token and mode. Unsubscribe some first",
  );
});

test('who meets a limit that the broker has shown reads what each connection really holds', () => {
  const rooms = [roomOf(0, 600, 600), roomOf(1, 1000, 1000)];
  assert.equal(
    refusalOfPairs(QUOTA, NAMES, rooms).message,
    'Maximum capacity reached: 1600 pairs are subscribed, the broker refuses more than 600 + 1000 pairs of token and ' +
      'mode on its connections: another program may use the same account. Unsubscribe some first',
  );
});

test('who asks for the 51st book of 20 levels reads that it is these that are too many', () => {
  assert.equal(
    refusalOfDeep(QUOTA, NAMES, true).message,
    "Maximum capacity reached: each of 3 (Angel One's limit) connections carries 50 (Angel One's limit) instruments " +
      'with more than 5 depth levels at most. Subscribe 5 levels, or unsubscribe others first',
  );
});
