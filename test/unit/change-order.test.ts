/** In which steps a full connection changes modes: nothing that is asked for may exceed the broker's limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../src/codec/tick.ts';
import { countModes, orderChanges } from '../../src/workers/feed/change-order.ts';
import type { TokenChange, TokenEntry } from '../../src/workers/feed/feed-subscriptions.ts';

const LTP = 1 << MODE.LTP;
const QUOTE = 1 << MODE.QUOTE;
const DEPTH = 1 << MODE.DEPTH;
const DEEP = 1 << MODE.DEEP_DEPTH;

function changesOf(count: number, from: number, to: number, first = 0): TokenChange[] {
  return Array.from({ length: count }, (_, i) => {
    const entry: TokenEntry = { segment: 1, token: String(first + i), feeds: [], carried: to, memories: [] };
    return { entry, from, to };
  });
}

/** Pairs at the worst moment, when each step begins its modes before it ends the others; and what is carried in the end. */
function follow(steps: readonly (readonly TokenChange[])[], pairs: number) {
  const carried = new Map<string, number>();
  let now = pairs;
  let most = pairs;
  for (const step of steps) {
    const begun = step.reduce((total, { from, to }) => total + countModes(to & ~from), 0);
    most = Math.max(most, now + begun);
    for (const { entry, from, to } of step) {
      assert.equal(carried.get(entry.token) ?? from, from, 'a step begins where the one before ended');
      carried.set(entry.token, to);
      now += countModes(to) - countModes(from);
    }
  }
  return { most, now, carried };
}

test('a change of mode of all instruments of a connection stays within its limit, and keeps ticks coming while there is room', () => {
  const changes = changesOf(900, LTP, DEPTH);
  const steps = orderChanges(changes, 900, 1000);
  const { most, now } = follow(steps, 900);
  assert.ok(most <= 1000, `${most} pairs at once`);
  assert.equal(now, 900);
  for (const step of steps) assert.ok(step.every(({ from, to }) => from === LTP && to === DEPTH));
  assert.equal(steps.length, 9);
});

test('on a connection that is full to its last pair old modes end right before the new ones begin, a few at a time', () => {
  const steps = orderChanges(changesOf(1000, LTP, QUOTE), 1000, 1000);
  assert.ok(follow(steps, 1000).most <= 1000);
  assert.ok(steps.every(({ length }) => length <= 50));
  for (let i = 0; i < steps.length; i += 2) {
    assert.deepEqual(
      steps[i]!.map(({ entry }) => entry.token),
      steps[i + 1]!.map(({ entry }) => entry.token),
    );
  }
});

test('a broker that replaces modes is asked for all of them at once', () => {
  const changes = changesOf(3000, LTP, DEPTH);
  assert.deepEqual(orderChanges(changes, 3000, Number.POSITIVE_INFINITY), [changes]);
});

test('what ends makes room for what changes and what begins', () => {
  const ending = changesOf(20, LTP, 0);
  const replacing = changesOf(20, LTP, QUOTE, 100);
  const beginning = changesOf(20, 0, QUOTE, 200);
  assert.deepEqual(orderChanges([...beginning, ...replacing, ...ending], 40, 40), [
    ending,
    replacing,
    beginning,
  ]);
});

const MODES = fc.constantFrom(0, LTP, QUOTE, DEPTH, DEPTH | DEEP);

test('whatever changes, in the end every token has what it shall have, and no step exceeds a limit that the whole keeps', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(MODES, MODES), { maxLength: 120 }), fc.nat(200), (pairs, spare) => {
      const changes = pairs.flatMap(([from, to], i) => (from === to ? [] : changesOf(1, from, to, i)));
      const before = changes.reduce((total, { from }) => total + countModes(from), 0);
      const after = changes.reduce((total, { to }) => total + countModes(to), 0);
      const isPlain = changes.every(({ from, to }) => countModes(from) <= 1 && countModes(to) <= 1);
      const limit = Math.max(before, after) + spare;
      const { most, carried } = follow(orderChanges(changes, before, limit), before);
      for (const { entry, to } of changes) assert.equal(carried.get(entry.token), to);
      if (isPlain) assert.ok(most <= limit, `${most} of ${limit}`);
    }),
  );
});
