import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateSearch } from '../../../bench/end-to-end/rate-search.ts';

const RUNGS = [1000, 2000, 4000, 8000];

/** @param sustains what becomes of each attempt */
function climb(search: RateSearch, sustains: (rate: number, attempt: number) => boolean): number[] {
  const tried: number[] = [];
  for (let rate = search.next; rate !== null; rate = search.next) {
    search.report(sustains(rate, tried.length));
    tried.push(rate);
  }
  return tried;
}

test('the highest sustained rate is found as closely as was asked for', () => {
  for (const limit of [1000, 1700, 2300, 3999, 7900]) {
    const search = new RateSearch({ rungs: RUNGS, precision: 1.1 });
    climb(search, (rate) => rate <= limit);
    assert.ok(
      search.sustained <= limit && limit < search.sustained * 1.1 + 100,
      `${search.sustained}/${limit}`,
    );
  }
});

test('a rate that fails once and then does not is no limit', () => {
  const search = new RateSearch({ rungs: RUNGS, precision: 1.1 });
  const tried = climb(search, (_, attempt) => attempt % 2 === 1);
  assert.equal(search.sustained, 8000);
  assert.deepEqual(tried, [1000, 1000, 2000, 2000, 4000, 4000, 8000, 8000]);
});

test('a server that sustains no rung is tried at lower rates, and the search ends when it sustains none', () => {
  const slow = new RateSearch({ rungs: [4000, 8000], precision: 1.1 });
  climb(slow, (rate) => rate <= 2500);
  assert.ok(slow.sustained > 2200 && slow.sustained <= 2500);
  const dead = new RateSearch({ rungs: [4000, 8000], precision: 1.1 });
  climb(dead, () => false);
  assert.equal(dead.sustained, 0);
});
