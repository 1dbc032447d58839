/** When a connection counts as lost, and when it is used again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionHealth } from '../../src/main/brokers/connection-health.ts';

/** Two connections, both live for long. */
function twoLive() {
  const clock = { now: 0 };
  const health = new ConnectionHealth(5000, () => clock.now);
  health.add(0);
  health.add(1);
  health.set(0, true);
  health.set(1, true);
  clock.now = 60_000;
  return { clock, health };
}

test('a connection that is down is waited for, and lost after the time that is set', () => {
  const { clock, health } = twoLive();
  health.set(1, false);
  assert.equal(health.stateOf(1), 'waiting');
  assert.equal(health.nextChangeMs(), 5000);
  clock.now += 4999;
  assert.equal(health.stateOf(1), 'waiting');
  clock.now += 1;
  assert.equal(health.stateOf(1), 'lost');
  assert.equal(health.stateOf(0), 'live');
});

test('a connection that was lost has to be up for as long before it is used evenly again', () => {
  const { clock, health } = twoLive();
  health.set(1, false);
  clock.now += 6000;
  assert.equal(health.set(1, true), true);
  assert.deepEqual([health.stateOf(1), health.isAvoided(1)], ['live', true]);
  clock.now += 3000;
  // Up and down within the time: it has still proved nothing.
  health.set(1, false);
  clock.now += 1000;
  health.set(1, true);
  assert.equal(health.isAvoided(1), true);
  assert.equal(health.nextChangeMs(), 5000);
  clock.now += 5000;
  assert.equal(health.isAvoided(1), false);
});

test('a short break changes nothing', () => {
  const { clock, health } = twoLive();
  health.set(1, false);
  clock.now += 2000;
  health.set(1, true);
  assert.equal(health.isAvoided(1), false);
});

test('after an outage of all connections the first one back does not take over what the others carry', () => {
  const { clock, health } = twoLive();
  health.set(0, false);
  health.set(1, false);
  clock.now += 600_000;
  assert.deepEqual([health.stateOf(0), health.stateOf(1)], ['waiting', 'waiting']);
  health.set(0, true);
  clock.now += 1000;
  assert.equal(health.stateOf(1), 'waiting');
  health.set(1, true);
  assert.deepEqual([health.isAvoided(0), health.isAvoided(1)], [false, false]);
});

test('a connection whose ticks did not come gets nothing for a minute', () => {
  const { clock, health } = twoLive();
  health.avoid(0);
  assert.equal(health.isAvoided(0), true);
  clock.now += 60_000;
  assert.equal(health.isAvoided(0), false);
  assert.equal(health.nextChangeMs(), null);
});
