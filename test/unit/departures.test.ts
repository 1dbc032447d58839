/** Clients that hold very much and go hold up nobody, and leave nothing behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { USAGE } from '../../src/workers/usage-table.ts';
import { JoiningScene } from '../support/joining-scene.ts';

const HELD = 2000;

test('what a client held that has gone is given back over several turns, in which ticks pass, and counts for nobody from the first', async () => {
  const scene = new JoiningScene(FEATURE.SEQUENCE);
  const { done } = await scene.subscribe(HELD, MODE.QUOTE);
  await done;
  assert.equal(scene.index.streams, HELD);
  assert.equal(scene.used.sum(USAGE.SUBSCRIPTIONS), HELD);
  scene.go();
  assert.equal(scene.index.streams, HELD, 'not in the turn in which it went');
  assert.equal(scene.used.sum(USAGE.SUBSCRIPTIONS), 0);
  const left: number[] = [];
  while (scene.index.streams > 0) {
    left.push(scene.index.streams);
    await nextTurn();
  }
  assert.ok(new Set(left).size > 2, `in ${left.length} turns`);
  assert.equal(scene.index.instruments, 0);
  assert.deepEqual(new Set(scene.needed.values()), new Set([0]), 'the control plane knows');
  assert.equal(scene.used.sum(USAGE.STREAMS), 0);
  assert.equal(scene.index.topics.has(scene.session), false);
});
