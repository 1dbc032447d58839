/** A broker that sends what it should not: nothing of it reaches a client, and the connection stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REJECT_NAMES } from '../../../src/codec/angel/frame-decoder.ts';
import { FaultScene, INSTRUMENTS } from '../../support/fault-scene.ts';
import { until } from '../../support/until.ts';

function rejects(scene: FaultScene): number {
  return Object.values(REJECT_NAMES).reduce((sum, name) => sum + scene.feedCounter(`reject_${name}`), 0);
}

test('truncated frames and frames of unknown modes are counted and no ticks', async (t) => {
  const scene = await FaultScene.start(t, { exchange: { garbageEvery: 3 } });
  scene.exchange.step(200);
  await scene.assertRecovered();
  const { garbageSent, connectionsAccepted } = scene.exchange.counters;
  assert.ok(garbageSent > 10, `${garbageSent} bad frames`);
  assert.equal(connectionsAccepted, 1);
  await until('all bad frames in the count', () => rejects(scene) === scene.exchange.counters.garbageSent);
});

test('garbage of every length is counted and no ticks', async (t) => {
  const scene = await FaultScene.start(t);
  let state = 1;
  const byte = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  };
  const lengths = [0, 1, 2, 26, 51, 52, 123, 379, 443, 444, 70_000];
  for (const length of lengths) {
    const bytes = Uint8Array.from({ length }, byte);
    // No mode has this number; a frame of a known one and of its length would be a tick of whatever token it has.
    if (length > 0) bytes[0] = 77;
    scene.exchange.sendRaw(bytes);
  }
  await scene.assertRecovered();
  assert.equal(scene.exchange.counters.connectionsAccepted, 1);
  await until('all garbage in the count', () => rejects(scene) === lengths.length);
});

test('a frame that comes twice in a row is one tick', async (t) => {
  const scene = await FaultScene.start(t, { exchange: { duplicateEvery: 2 } });
  scene.exchange.step(200);
  await scene.assertRecovered();
  const { duplicatesSent } = scene.exchange.counters;
  assert.ok(duplicatesSent > 10, `${duplicatesSent} duplicates`);
  await until('all of them in the count', () => scene.feedCounter('repeated') === duplicatesSent);
});

test('frames in the wrong order come as the broker sent them, and are counted', async (t) => {
  const scene = await FaultScene.start(t, { exchange: { reorderEvery: 5 } });
  scene.exchange.step(200);
  await scene.assertRecovered();
  const backward = INSTRUMENTS.map(({ symbol }) => {
    const numbers = scene.watcher
      .ticks(symbol)
      .map(({ stamps }) => Number((stamps as Record<string, unknown>).exchange_seq));
    return numbers.filter((number, i) => i > 0 && number < numbers[i - 1]!).length;
  });
  const late = backward.reduce((sum, count) => sum + count, 0);
  assert.ok(late > 5, `${late} frames came late`);
  assert.equal(late, scene.exchange.counters.reordersSent);
  await until('all late frames in the count', () => scene.feedCounter('reordered') === late);
});
