import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPosition, repairPosition, storePosition } from '../../src/workers/ring/shared-position.ts';
import { betweenAtomics, killedAt } from '../support/between-atomics.ts';

const FOUR_GIB = 2 ** 32;
const positionWords = (): Int32Array => new Int32Array(new SharedArrayBuffer(16));

test('positions of a ring that runs for years are exact', () => {
  const words = positionWords();
  for (const position of [
    0,
    1,
    2 ** 31 - 16,
    2 ** 31,
    FOUR_GIB - 16,
    FOUR_GIB,
    7 * FOUR_GIB + 48,
    2 ** 53 - 1,
  ]) {
    storePosition(words, 1, position);
    assert.equal(loadPosition(words, 1), position);
  }
});

test('a reader that looks while the writer passes 4 GiB gets the position before or after, wherever it is interrupted', () => {
  const before = 3 * FOUR_GIB - 64;
  const after = 3 * FOUR_GIB + 32;
  for (let at = 0; at < 6; at++) {
    const words = positionWords();
    repairPosition(words, 0, before);
    let loaded = -1;
    betweenAtomics(
      (operation) => {
        if (operation === at) storePosition(words, 0, after);
      },
      () => {
        loaded = loadPosition(words, 0);
      },
    );
    assert.ok(loaded === before || loaded === after, `at ${at} loaded ${loaded}`);
  }
});

test('a writer killed while it passes 4 GiB leaves a position that readers can load, and that can be repaired', () => {
  const before = FOUR_GIB - 64;
  const after = FOUR_GIB + 32;
  for (let at = 0; at < 3; at++) {
    const words = positionWords();
    repairPosition(words, 0, before);
    assert.ok(killedAt(at, () => storePosition(words, 0, after)));
    const loaded = loadPosition(words, 0);
    assert.equal(loaded, at === 2 ? after : before);
    repairPosition(words, 0, loaded);
    assert.equal(loadPosition(words, 0), loaded);
    assert.equal(words[0], words[2]);
  }
});
