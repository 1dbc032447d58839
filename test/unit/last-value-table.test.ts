import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_DEEP_TICK_BYTES, MAX_TICK_BYTES } from '../../src/codec/tick-message.ts';
import {
  BASE_CELL_BYTES,
  CELL_WORD,
  DEEP_CELL_BYTES,
  KIND,
  LastValueTable,
  MAX_READS,
} from '../../src/workers/ring/last-value-table.ts';
import { betweenAtomics, killedAt } from '../support/between-atomics.ts';
import { messageOf, numberOf } from '../support/ring-scene.ts';

const BASE_WORDS = MAX_TICK_BYTES / 4;
const DEEP_WORDS = MAX_DEEP_TICK_BYTES / 4;
const into = new Int32Array(DEEP_WORDS);

function tableOf(slots: number): LastValueTable {
  return new LastValueTable(LastValueTable.create(slots));
}

test('threads of different builds that map one table would agree on every number of its layout', () => {
  assert.deepEqual(CELL_WORD, { SEQUENCE: 0, WORD_COUNT: 1, MESSAGE: 2 });
  assert.deepEqual([BASE_CELL_BYTES, DEEP_CELL_BYTES], [776, 1416]);
  assert.equal(LastValueTable.create(10).byteLength, 21920);
});

test('each instrument and kind has its own latest value, up to the largest message', () => {
  const table = tableOf(3);
  assert.equal(table.slots, 3);
  for (let round = 0; round < 3; round++) {
    for (let slot = 0; slot < 3; slot++) {
      table.write(slot, KIND.BASE, messageOf(round * 10 + slot, BASE_WORDS), BASE_WORDS);
      table.write(slot, KIND.DEEP, messageOf(round * 10 + slot + 5, DEEP_WORDS), DEEP_WORDS);
    }
  }
  for (let slot = 0; slot < 3; slot++) {
    assert.equal(table.read(slot, KIND.BASE, into), BASE_WORDS);
    assert.equal(numberOf(into, BASE_WORDS), 20 + slot);
    assert.equal(table.read(slot, KIND.DEEP, into), DEEP_WORDS);
    assert.equal(numberOf(into, DEEP_WORDS), 25 + slot);
  }
});

test('an instrument without a tick, or one that was cleared, has no value', () => {
  const table = tableOf(2);
  assert.equal(table.read(1, KIND.BASE, into), 0);
  table.write(1, KIND.BASE, messageOf(1, 8), 8);
  table.write(1, KIND.DEEP, messageOf(1, 8), 8);
  table.write(0, KIND.BASE, messageOf(2, 8), 8);
  table.clear(1);
  assert.equal(table.read(1, KIND.BASE, into), 0);
  assert.equal(table.read(1, KIND.DEEP, into), 0);
  assert.equal(table.read(0, KIND.BASE, into), 8);
});

test('a reader interrupted anywhere by a write gets the old value or the new one', () => {
  for (let at = 0; at < 6; at++) {
    const table = tableOf(1);
    table.write(0, KIND.BASE, messageOf(1, 150), 150);
    let wordCount = 0;
    betweenAtomics(
      (operation) => {
        if (operation === at) table.write(0, KIND.BASE, messageOf(2, 40), 40);
      },
      () => {
        wordCount = table.read(0, KIND.BASE, into);
      },
    );
    const n = numberOf(into, wordCount);
    assert.deepEqual([n, wordCount], n === 1 ? [1, 150] : [2, 40]);
  }
});

test('a reader that looks at any moment of a write gets the old value, nothing, or the new one', () => {
  const table = tableOf(1);
  table.write(0, KIND.BASE, messageOf(1, 150), 150);
  const seen: number[] = [];
  const look = (): void => {
    const wordCount = table.read(0, KIND.BASE, into);
    seen.push(wordCount === 0 ? 0 : numberOf(into, wordCount));
  };
  betweenAtomics(look, () => table.write(0, KIND.BASE, messageOf(2, 40), 40));
  look();
  assert.deepEqual(seen, [1, 1, 0, 0, 2]);
});

test('a writer killed within a write leaves no value rather than a mixed one, and the next write repairs it', () => {
  for (let operation = 0; ; operation++) {
    const sab = LastValueTable.create(1);
    const table = new LastValueTable(sab);
    table.write(0, KIND.BASE, messageOf(1, 20), 20);
    const words = new Int32Array(sab);
    if (!killedAt(operation, () => table.write(0, KIND.BASE, messageOf(2, 10), 10))) break;
    if ((words[CELL_WORD.SEQUENCE]! & 1) === 1) {
      words.fill(-1, CELL_WORD.WORD_COUNT, BASE_CELL_BYTES / 4);
      let looks = 0;
      betweenAtomics(
        () => looks++,
        () => assert.equal(table.read(0, KIND.BASE, into), 0),
      );
      assert.ok(looks <= 3 * MAX_READS, `${looks} looks at a closed cell`);
    } else {
      assert.equal(numberOf(into, table.read(0, KIND.BASE, into)), 1);
    }
    new LastValueTable(sab).write(0, KIND.BASE, messageOf(3, 30), 30);
    assert.equal(table.read(0, KIND.BASE, into), 30);
    assert.equal(numberOf(into, 30), 3);
  }
});

test('a cell keeps working when its sequence number wraps', () => {
  const sab = LastValueTable.create(1);
  const table = new LastValueTable(sab);
  new Int32Array(sab)[CELL_WORD.SEQUENCE] = 2 ** 31 - 2;
  for (let n = 0; n < 3; n++) {
    table.write(0, KIND.BASE, messageOf(n, 5), 5);
    assert.equal(table.read(0, KIND.BASE, into), 5);
    assert.equal(numberOf(into, 5), n);
  }
});

test('a wrong slot, size or place is refused before it harms another instrument', () => {
  const table = tableOf(2);
  const words = new Int32Array(DEEP_WORDS + 1);
  assert.throws(() => table.write(2, KIND.BASE, words, 1), /slot 2 of a table of 2 slots/);
  assert.throws(() => table.read(-1, KIND.BASE, words), /slot -1/);
  assert.throws(() => table.clear(Number.NaN), /slot NaN/);
  assert.throws(
    () => table.write(0, KIND.BASE, words, BASE_WORDS + 1),
    /193 words for slot 0, a cell takes 192/,
  );
  assert.throws(() => table.write(0, KIND.DEEP, words, DEEP_WORDS + 1), /353 words/);
  assert.throws(() => table.read(0, KIND.DEEP, new Int32Array(BASE_WORDS)), /place for 192 words/);
  assert.throws(() => LastValueTable.create(0), /slots 0/);
  assert.throws(() => new LastValueTable(new SharedArrayBuffer(100)), /not a last-value table: 100 bytes/);
});
