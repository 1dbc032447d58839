import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRing, RING_WORD } from '../../src/workers/ring/ring-layout.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { loadPosition, repairPosition } from '../../src/workers/ring/shared-position.ts';
import { betweenAtomics } from '../support/between-atomics.ts';
import { createAgedRing, drainNumbers, messageOf } from '../support/ring-scene.ts';

function writeNumbers(writer: RingWriter, from: number, to: number, wordCount = 12): void {
  for (let n = from; n <= to; n++) writer.write(messageOf(n, wordCount), wordCount);
}

test('every reader gets every record, each at its own pace', () => {
  const ring = createRing(4096);
  const writer = new RingWriter(ring, 1);
  const [fast, slow] = [new RingReader(ring), new RingReader(ring)];
  for (let n = 0; n < 500; n += 5) {
    writeNumbers(writer, n, n + 4);
    assert.deepEqual(drainNumbers(fast), [n, n + 1, n + 2, n + 3, n + 4]);
    if (n % 20 === 15) assert.equal(drainNumbers(slow).length, 20);
  }
  assert.deepEqual([fast.lost, slow.lost, fast.laps, slow.laps], [0, 0, 0, 0]);
  assert.equal(fast.written(), 500);
});

test('a new reader starts behind the newest record, so that it does not replay old prices', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  writeNumbers(writer, 0, 30);
  const reader = new RingReader(ring);
  assert.deepEqual(drainNumbers(reader), []);
  writeNumbers(writer, 31, 31);
  assert.deepEqual(drainNumbers(reader), [31]);
  assert.equal(reader.lost, 0);
});

test('a reader that wanted nothing for a while skips to the present, and nothing counts as lost', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  reader.skipToNewest();
  writeNumbers(writer, 0, 2);
  assert.deepEqual(drainNumbers(reader), [0, 1, 2]);
  writeNumbers(writer, 3, 5);
  reader.skipToNewest();
  assert.deepEqual([reader.hasRecords(), drainNumbers(reader)], [false, []]);
  writeNumbers(writer, 6, 500);
  reader.skipToNewest();
  writeNumbers(writer, 501, 502);
  assert.deepEqual(drainNumbers(reader), [501, 502]);
  assert.deepEqual([reader.lost, reader.laps], [0, 0]);
});

test('skipping delivers no record a second time when the writer was stopped before it announced the newest', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  const words = new Int32Array(ring);
  writeNumbers(writer, 0, 1);
  const latest = loadPosition(words, RING_WORD.LATEST);
  writeNumbers(writer, 2, 2);
  assert.deepEqual(drainNumbers(reader), [0, 1, 2]);
  repairPosition(words, RING_WORD.LATEST, latest);
  reader.skipToNewest();
  assert.deepEqual(drainNumbers(reader), []);
  writeNumbers(writer, 3, 3);
  assert.deepEqual(drainNumbers(reader), [3]);
  assert.equal(reader.lost, 0);
});

test('a reader that asks for the oldest records gets all of a young ring, and the current lap of an old one', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  assert.deepEqual(drainNumbers(new RingReader(ring, { from: 'oldest' })), []);
  writeNumbers(writer, 0, 9);
  assert.deepEqual(drainNumbers(new RingReader(ring, { from: 'oldest' })), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  writeNumbers(writer, 10, 40);
  const reader = new RingReader(ring, { from: 'oldest' });
  assert.deepEqual(drainNumbers(reader), [32, 33, 34, 35, 36, 37, 38, 39, 40]);
  assert.equal(reader.lost, 0);
});

test('prices and doubles of a message reach the handler bit by bit', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  const message = new Int32Array(4);
  new Float64Array(message.buffer).set([0.1, -1e300]);
  writer.write(message, 4);
  reader.drain((wordCount) => {
    assert.equal(wordCount, 4);
    assert.deepEqual([...reader.doubles.subarray(0, 2)], [0.1, -1e300]);
  }, 1);
});

test('a reader is told how much it lags, and drains no more than it is asked to', () => {
  const ring = createRing(4096);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  assert.deepEqual([reader.hasRecords(), reader.backlogBytes()], [false, 0]);
  writeNumbers(writer, 0, 9);
  assert.deepEqual([reader.hasRecords(), reader.backlogBytes()], [true, 640]);
  assert.deepEqual(drainNumbers(reader, 4), [0, 1, 2, 3]);
  assert.equal(reader.backlogBytes(), 384);
  assert.deepEqual(drainNumbers(reader), [4, 5, 6, 7, 8, 9]);
  assert.deepEqual([reader.hasRecords(), reader.backlogBytes()], [false, 0]);
});

test('records of sizes that do not divide the ring are never split at its end', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  for (let n = 0; n < 300; n++) {
    const wordCount = 1 + (n % 28);
    writer.write(messageOf(n, wordCount), wordCount);
    assert.deepEqual(drainNumbers(reader), [n]);
  }
  assert.equal(reader.lost, 0);
});

test('a lapped reader counts exactly what it lost and goes on with the newest record', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  writeNumbers(writer, 0, 4);
  assert.deepEqual(drainNumbers(reader, 2), [0, 1]);
  writeNumbers(writer, 5, 99);
  assert.ok(reader.backlogBytes() > 1024);
  assert.deepEqual(drainNumbers(reader), [99]);
  assert.deepEqual([reader.lost, reader.laps], [97, 1]);
  writeNumbers(writer, 100, 101);
  assert.deepEqual(drainNumbers(reader), [100, 101]);
  assert.deepEqual([reader.lost, reader.laps], [97, 1]);
});

test('a reader that is lapped while its handler works notices it before the next record', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  writeNumbers(writer, 0, 2);
  const seen: number[] = [];
  reader.drain(() => {
    seen.push(reader.words[0]!);
    if (seen.length === 1) writeNumbers(writer, 3, 50, 20);
  }, 100);
  assert.deepEqual(seen, [0, 50]);
  assert.equal(reader.lost, 49);
});

test('a record overwritten after it was copied and before it was checked is not delivered', () => {
  for (const position of [0, 2 ** 32 - 1024]) {
    for (let at = 0; at < 30; at++) {
      const ring = createAgedRing(1024, position);
      const writer = new RingWriter(ring, 2);
      const reader = new RingReader(ring);
      writeNumbers(writer, 1, 5);
      let seen: number[] = [];
      betweenAtomics(
        (operation) => {
          if (operation === at) writeNumbers(writer, 6, 40, 27);
        },
        () => {
          seen = drainNumbers(reader);
        },
      );
      seen.push(...drainNumbers(reader));
      assert.equal(seen.length + reader.lost, reader.written() - 1, `interrupted at ${at}: saw ${seen}`);
      assert.deepEqual(
        seen,
        [...new Set(seen)].sort((a, b) => a - b),
      );
    }
  }
});

test('a handler that throws does not get the same record again', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const reader = new RingReader(ring);
  writeNumbers(writer, 0, 1);
  assert.throws(() => {
    reader.drain(() => {
      throw new Error('handler');
    }, 10);
  }, /handler/);
  assert.deepEqual(drainNumbers(reader), [1]);
  assert.equal(reader.lost, 0);
});

test('any garbage at the place of a lapped reader costs it no more than the look at one record', () => {
  for (const length of [0x7fffffff, -0x80000000, -1, 0, 3, 16, 2000]) {
    for (const kind of [1, 2, 0, -1]) {
      const ring = createRing(1024);
      const writer = new RingWriter(ring, 1);
      const reader = new RingReader(ring);
      writeNumbers(writer, 0, 40);
      new Int32Array(ring).set([length, kind], RING_WORD.DATA);
      const before = performance.now();
      assert.deepEqual(drainNumbers(reader), [40]);
      assert.ok(performance.now() - before < 500, `length ${length}, kind ${kind}`);
      assert.deepEqual([reader.lost, reader.laps], [40, 1]);
    }
  }
});
