import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstrumentIndex } from '../../src/codec/angel/instrument-index.ts';
import { frameOf } from '../support/angel-record.ts';

test('tokens that differ in leading zeros, and equal tokens of two exchanges, are different instruments', () => {
  const index = new InstrumentIndex<string>();
  index.set(1, '7', 'nse 7');
  index.set(1, '007', 'nse 007');
  index.set(3, '7', 'bse 7');
  assert.equal(index.find(frameOf(1, '7')), 'nse 7');
  assert.equal(index.find(frameOf(1, '007')), 'nse 007');
  assert.equal(index.find(frameOf(3, '7')), 'bse 7');
  assert.equal(index.find(frameOf(3, '007')), undefined);
  assert.equal(index.find(frameOf(1, '70')), undefined);
  assert.equal(index.size, 3);
});

test('a frame finds its instrument although a longer token was decoded into the same record before', () => {
  const index = new InstrumentIndex<string>();
  index.set(1, '2885', 'RELIANCE');
  const frame = frameOf(1, '9999999999999999999999999');
  assert.equal(index.find(frame), undefined);
  assert.equal(index.find(frameOf(1, '2885', frame)), 'RELIANCE');
});

test('a second value replaces the first, and a removed instrument is not found', () => {
  const index = new InstrumentIndex<number>();
  index.set(2, '54786', 1);
  index.set(2, '54786', 2);
  assert.equal(index.size, 1);
  assert.equal(index.find(frameOf(2, '54786')), 2);
  index.delete(2, '5478');
  index.delete(1, '54786');
  assert.equal(index.size, 1);
  index.delete(2, '54786');
  assert.equal(index.size, 0);
  assert.equal(index.find(frameOf(2, '54786')), undefined);
});

test('all of 5000 instruments are found while the table grows and shrinks', () => {
  const index = new InstrumentIndex<number>();
  for (let i = 0; i < 5000; i++) index.set(1 + (i % 5), String(i), i);
  assert.equal(index.size, 5000);
  for (let i = 0; i < 5000; i += 2) index.delete(1 + (i % 5), String(i));
  assert.equal(index.size, 2500);
  for (let i = 0; i < 5000; i++) {
    assert.equal(index.find(frameOf(1 + (i % 5), String(i))), i % 2 === 0 ? undefined : i);
  }
});

test('a token that no frame can carry is refused with its text', () => {
  const index = new InstrumentIndex<number>();
  index.set(1, 'é'.repeat(12), 1);
  assert.equal(index.find(frameOf(1, 'é'.repeat(12))), 1);
  for (const token of ['1'.repeat(26), 'é'.repeat(13), '1\u00002']) {
    assert.throws(() => index.set(1, token, 1), RangeError);
    index.delete(1, token);
  }
  assert.equal(index.size, 1);
});

test('tokens whose hashes are equal are told apart by their bytes', () => {
  // All four pairs collide under 32-bit FNV-1a behind exchange type 1.
  for (const [first, second] of [
    ['98189', '533224'],
    ['98188', '533225'],
    ['98199', '533252'],
    ['98219', '533794'],
  ] as const) {
    const index = new InstrumentIndex<string>();
    index.set(1, first, first);
    assert.equal(index.find(frameOf(1, second)), undefined);
    index.set(1, second, second);
    index.delete(1, first);
    assert.equal(index.find(frameOf(1, first)), undefined);
    assert.equal(index.find(frameOf(1, second)), second);
  }
});
