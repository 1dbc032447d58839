/** Who may write an instrument's ticks, and where the next one goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotOwners } from '../../src/workers/ring/slot-owners.ts';

const STATE = {
  giver: 0,
  position: 2 ** 40 + 7,
  epoch: 1_800_000_000_123,
  seq: 2 ** 33,
  deepSeq: 12,
  gapBefore: true,
  deepGapBefore: false,
  lastTimeMs: 1_800_000_000_000,
  lastSeq: 2 ** 41,
  lastDeepTimeMs: 1_800_000_000_007,
};

test('a free instrument goes to the first connection that has a tick of it, and to no second one', () => {
  const memory = SlotOwners.create(3);
  const [one, other] = [new SlotOwners(memory), new SlotOwners(memory)];
  assert.equal(one.ownerOf(2), null);
  assert.equal(one.claim(2, 0), true);
  assert.equal(other.claim(2, 1), false);
  assert.equal(one.claim(2, 0), true, 'the owner may ask again');
  assert.deepEqual([other.ownerOf(2), other.ownerOf(1)], [0, null]);
  one.release(2);
  assert.equal(other.claim(2, 1), true);
});

test('the taker reads where the giver stopped, once: a worker that starts again does not go on from there', () => {
  const memory = SlotOwners.create(2);
  const [giver, taker] = [new SlotOwners(memory), new SlotOwners(memory)];
  giver.claim(1, 0);
  giver.give(1, 3, STATE);
  assert.equal(taker.ownerOf(1), 3);
  assert.deepEqual(taker.takeState(1), STATE);
  assert.equal(taker.takeState(1), null);
});

test('what an earlier giver left is not taken for the state of an instrument that was free in between', () => {
  const owners = new SlotOwners(SlotOwners.create(1));
  owners.claim(0, 0);
  owners.give(0, 1, STATE);
  owners.release(0);
  assert.equal(owners.claim(0, 2), true);
  assert.equal(owners.takeState(0), null);
});

test('every owner that begins anew has an epoch above all that were before, so that no reader drops its ticks', () => {
  const owners = new SlotOwners(SlotOwners.create(2));
  owners.claim(0, 0);
  assert.equal(owners.raiseEpoch(0, 1000), 1000);
  owners.release(0);
  owners.claim(0, 1);
  assert.equal(owners.raiseEpoch(0, 900), 1001);
  assert.equal(owners.raiseEpoch(1, 900), 900);
});

test('memory for no instrument is refused', () => {
  assert.throws(() => SlotOwners.create(0), /slots 0 must be a positive integer/);
});
