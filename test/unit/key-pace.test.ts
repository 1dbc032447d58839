/** Keys that come by themselves are looked at at once; hundreds in one instant wait for one another, in their order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyPace } from '../../src/workers/proxy/admission/key-pace.ts';

test('a few keys at once do not wait, and hundreds are let through in their order, a few at a time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const pace = new KeyPace();
  const done: number[] = [];
  const all = Array.from({ length: 25 }, async (_, i) => {
    await pace.turn();
    done.push(i);
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  assert.equal(done.length, 10);
  t.mock.timers.tick(5);
  await settle();
  assert.equal(done.length, 20);
  t.mock.timers.tick(5);
  await Promise.all(all);
  assert.deepEqual(done, [...done.keys()]);
  t.mock.timers.tick(5);
  let isThrough = false;
  void pace.turn().then(() => {
    isThrough = true;
  });
  await settle();
  assert.equal(isThrough, true, 'behind a rush nobody waits');
  pace.stop();
});

test('whoever waits when the worker stops is let go', async () => {
  const pace = new KeyPace();
  const all = Array.from({ length: 300 }, () => pace.turn());
  pace.stop();
  await Promise.all(all);
});
