import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EpochShift } from '../../src/workers/bus/epoch-shift.ts';

test('epochs of one source come out as they went in', () => {
  const shift = new EpochShift();
  assert.deepEqual(
    [100, 100, 107, 107].map((epoch) => shift.apply(epoch)),
    [100, 100, 107, 107],
  );
  assert.equal(shift.isNone, true);
});

test('another source whose epochs are higher anyway keeps them', () => {
  const shift = new EpochShift();
  shift.apply(100);
  shift.takeOver();
  assert.equal(shift.apply(101), 101);
  assert.equal(shift.isNone, true);
});

test('another source whose epochs are lower, or the same, goes on above those before, and so does the first when it returns', () => {
  const shift = new EpochShift();
  shift.apply(100);
  shift.takeOver();
  assert.deepEqual([shift.apply(40), shift.apply(40), shift.apply(45)], [101, 101, 106]);
  assert.equal(shift.isNone, false);
  shift.takeOver();
  assert.equal(shift.apply(100), 107);
  shift.takeOver();
  assert.equal(shift.apply(107), 108);
});

test('whatever sources follow one another, a takeover is a higher epoch, and epochs of one source keep their distances', () => {
  const source = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }).map((list) => list.toSorted());
  fc.assert(
    fc.property(fc.array(source, { size: '+1' }), (sources) => {
      const shift = new EpochShift();
      let last = -1;
      for (const epochs of sources) {
        shift.takeOver();
        const out = epochs.toSorted((a, b) => a - b).map((epoch) => shift.apply(epoch));
        assert.ok(out[0]! > last, `${out[0]} after ${last}`);
        const inOrder = epochs.toSorted((a, b) => a - b);
        out.forEach((epoch, i) => {
          assert.equal(epoch - out[0]!, inOrder[i]! - inOrder[0]!);
        });
        last = out.at(-1)!;
      }
    }),
  );
});
