import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRing, RECORD_WORD, RING_WORD } from '../../src/workers/ring/ring-layout.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { loadPosition } from '../../src/workers/ring/shared-position.ts';
import { betweenAtomics, killedAt } from '../support/between-atomics.ts';
import { createAgedRing, drainNumbers, messageOf, scribbleClaim } from '../support/ring-scene.ts';

test('a record is claimed before its words are written, and committed after', () => {
  const ring = createRing(1024);
  const words = new Int32Array(ring);
  const writer = new RingWriter(ring, 1);
  const states: string[] = [];
  betweenAtomics(
    () => {
      const [intent, tail, latest] = [RING_WORD.INTENT, RING_WORD.TAIL, RING_WORD.LATEST].map((at) =>
        loadPosition(words, at),
      );
      states.push(`${intent} ${tail} ${latest} ${words[RING_WORD.DATA + 4]}`);
    },
    () => {
      writer.write(Int32Array.of(77, 78), 2);
      writer.write(Int32Array.of(79, 80), 2);
    },
  );
  assert.deepEqual(states, [
    '0 0 0 0', // store INTENT
    '32 0 0 0', // fence
    '32 0 0 77', // store TAIL
    '32 32 0 77', // store LATEST, which is 0 again
    '32 32 0 77', // store RECORD_COUNT
    '32 32 0 77', // the second record: INTENT
    '64 32 0 77',
    '64 32 0 77',
    '64 64 0 77',
    '64 64 32 77',
  ]);
});

test('a message that would take more than an eighth of the ring is refused with both sizes', () => {
  const writer = new RingWriter(createRing(1024), 1);
  writer.write(new Int32Array(28), 28);
  assert.throws(() => writer.write(new Int32Array(29), 29), /29 words is larger than 28.*1024 bytes/);
});

test('a writer that does not begin a new epoch is refused, since two writers would destroy the ring', () => {
  const ring = createRing(1024);
  new RingWriter(ring, 1_790_000_000_000);
  const reader = new RingReader(ring);
  assert.equal(reader.epoch(), 1_790_000_000_000);
  for (const epoch of [1_790_000_000_000, 5, 0, -1, 1.5, Number.NaN]) {
    assert.throws(() => new RingWriter(ring, epoch), { name: 'RangeError' });
  }
  new RingWriter(ring, 1_790_000_000_001);
  assert.equal(reader.epoch(), 1_790_000_000_001);
});

/** Checks that no position is left as it is while it passes 4 GiB. */
function assertNoCarry(ring: SharedArrayBuffer): void {
  const words = new Int32Array(ring);
  const { INTENT, TAIL, LATEST, RECORD_COUNT } = RING_WORD;
  for (const at of [INTENT, TAIL, LATEST, RECORD_COUNT]) assert.equal(words[at], words[at + 2]);
}

for (const [age, position] of [
  ['a young ring', 0],
  ['a ring about to pass 4 GiB', 2 ** 32 - 1024],
] as const) {
  test(`a writer killed at any point of a write in ${age} costs at most the record that it wrote`, () => {
    for (let write = 0; write < 20; write++) {
      for (let operation = 0; ; operation++) {
        const ring = createAgedRing(1024, position);
        const first = new RingWriter(ring, 2);
        const reader = new RingReader(ring, { from: 'oldest' });
        assert.deepEqual(drainNumbers(reader), [0]);
        for (let n = 1; n <= write; n++) {
          first.write(messageOf(n, 20), 20);
          drainNumbers(reader);
        }
        const n = write + 1;
        if (!killedAt(operation, () => first.write(messageOf(n, 20), 20))) break;
        scribbleClaim(ring, () => 0x7ffffff1);
        const intent = loadPosition(new Int32Array(ring), RING_WORD.INTENT);

        const lateBefore = new RingReader(ring, { from: 'newest' });
        const oldest = new RingReader(ring, { from: 'oldest' });
        const seen = drainNumbers(reader);
        assert.ok(seen.length === 0 || (seen.length === 1 && seen[0] === n), `saw ${seen}`);
        const second = new RingWriter(ring, 3);
        assert.ok(loadPosition(new Int32Array(ring), RING_WORD.INTENT) >= intent, 'INTENT went back');
        assertNoCarry(ring);
        assert.equal(reader.written(), write + 1 + seen.length, 'the restarted writer knows the count');
        second.write(messageOf(100, 3), 3);
        second.write(messageOf(101, 28), 28);
        assert.deepEqual(drainNumbers(reader), [100, 101]);
        assert.deepEqual(drainNumbers(lateBefore).slice(-2), [100, 101]);
        assert.deepEqual(drainNumbers(oldest).slice(-1), [101]);
        assert.deepEqual([reader.lost, reader.laps, lateBefore.lost], [0, 0, 0]);
        assert.equal(reader.epoch(), 3);
      }
    }
  });
}

test('a writer killed while it takes the ring over leaves it to the next one as it was', () => {
  for (let operation = 0; ; operation++) {
    const ring = createAgedRing(1024, 2 ** 32 - 1024);
    killedAt(1, () => new RingWriter(ring, 2).write(messageOf(1, 20), 20));
    if (!killedAt(operation, () => new RingWriter(ring, 3))) break;
    const reader = new RingReader(ring, { from: 'oldest' });
    new RingWriter(ring, 4).write(messageOf(1, 20), 20);
    assert.deepEqual(drainNumbers(reader), [0, 1]);
    assert.deepEqual([reader.lost, reader.written(), reader.epoch()], [0, 2, 4]);
  }
});

test('what a killed writer has overwritten is not delivered, although it was never committed', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  for (let n = 0; n < 16; n++) writer.write(messageOf(n, 12), 12);
  assert.ok(killedAt(2, () => writer.write(messageOf(16, 12), 12)));
  scribbleClaim(ring, () => -1);
  assert.deepEqual(drainNumbers(reader), [15]);
  assert.equal(reader.lost, 15);
});

test('records are numbered beyond 2^32', () => {
  const ring = createRing(1024);
  new RingWriter(ring, 1).write(messageOf(0, 4), 4);
  new Int32Array(ring)[RING_WORD.DATA + RECORD_WORD.INDEX_LO] = -3;
  const writer = new RingWriter(ring, 2);
  const [reader, slow] = [new RingReader(ring), new RingReader(ring)];
  for (let n = 1; n < 50; n++) {
    writer.write(messageOf(n, 4), 4);
    assert.deepEqual(drainNumbers(reader), [n]);
  }
  assert.deepEqual(drainNumbers(slow), [49]);
  assert.deepEqual([reader.lost, slow.lost, slow.written()], [0, 48, 2 ** 32 + 47]);
});
