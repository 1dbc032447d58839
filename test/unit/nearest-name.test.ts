/** A name that was mistyped is answered with the one that was meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '../../src/main/config/nearest-name.ts';

test('letters that are missing, wrong, too many or swapped still tell what was meant', () => {
  const names = ['tail', 'start', 'drain', 'doctor', 'count', 'json'];
  for (const [typed, meant] of [
    ['tial', 'tail'],
    ['cuont', 'count'],
    ['josn', 'json'],
    ['strat', 'start'],
    ['drai', 'drain'],
    ['doctorr', 'doctor'],
    ['dacter', 'doctor'],
  ] as const) {
    assert.equal(nearestName(typed, names), meant, typed);
  }
});

test('what resembles nothing is not taken for something else', () => {
  for (const typed of ['', 'x', 'prices', 'liat'])
    assert.equal(nearestName(typed, ['tail', 'start']), undefined, typed);
});
