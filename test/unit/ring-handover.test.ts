/** Ticks of an instrument that moves from one ring to another, as their readers see them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing, RING_WORD } from '../../src/workers/ring/ring-layout.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingTickSource } from '../../src/workers/ring/ring-tick-source.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { repairPosition } from '../../src/workers/ring/shared-position.ts';
import { drainNumbers, messageOf, numberOf } from '../support/ring-scene.ts';

const WORDS = 12;

function twoRings(capacity = 4096) {
  const rings = [0, 1].map((feed) => ({ feed, ring: createRing(capacity) }));
  const writers = rings.map(({ ring }) => new RingWriter(ring, 1));
  const source = new RingTickSource(rings, LastValueTable.create(1));
  const numbers: number[] = [];
  const write = (feed: number, n: number) => writers[feed]!.write(messageOf(n, WORDS), WORDS);
  const handOver = (from: number, to: number) => writers[to]!.writeHandover(from, writers[from]!.position);
  const handler = (words: Int32Array, _: Float64Array, count: number) => {
    numbers.push(numberOf(words, count));
  };
  return { rings, writers, source, numbers, write, handOver, handler };
}

test('what an instrument had in the ring that it leaves comes before what it has in the next one', () => {
  const { source, numbers, write, handOver, handler } = twoRings();
  write(1, 1);
  write(1, 2);
  handOver(1, 0);
  write(0, 3);
  write(1, 100);
  // Ring 0 is drained first.
  assert.equal(source.drain(handler, 1000), 4);
  assert.deepEqual(numbers, [1, 2, 3, 100]);
});

test('ticks stay in order over moves there and back within one drain', () => {
  const { source, numbers, write, handOver, handler } = twoRings();
  for (let n = 0, feed = 1; n < 20; n += 2, feed = 1 - feed) {
    write(feed, n);
    write(feed, n + 1);
    handOver(feed, 1 - feed);
  }
  source.drain(handler, 1000);
  assert.deepEqual(
    numbers,
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test('order holds however far each drain may go', () => {
  const { source, numbers, write, handOver, handler } = twoRings();
  for (let n = 0, feed = 1; n < 40; n += 4, feed = 1 - feed) {
    for (let i = 0; i < 4; i++) write(feed, n + i);
    handOver(feed, 1 - feed);
    if (n % 8 === 0) source.drain(handler, 1);
  }
  while (source.hasTicks()) source.drain(handler, 3);
  assert.deepEqual(
    numbers,
    Array.from({ length: 40 }, (_, i) => i),
  );
  assert.equal(source.lost, 0);
});

test('a ring that is made while readers run is read from its first tick on', () => {
  const { source, numbers, handler } = twoRings();
  const ring = createRing(4096);
  new RingWriter(ring, 1).write(messageOf(7, WORDS), WORDS);
  source.addRing({ feed: 2, ring });
  source.drain(handler, 10);
  assert.deepEqual(numbers, [7]);
});

test('a handover is no tick: it is not counted, not lost and not delivered', () => {
  const ring = createRing(1024);
  const writer = new RingWriter(ring, 1);
  const seen: number[] = [];
  const reader = new RingReader(ring, { onHandover: (feed, position) => seen.push(feed, position) });
  writer.write(messageOf(0, WORDS), WORDS);
  writer.writeHandover(5, 2 ** 41 + 3);
  writer.write(messageOf(1, WORDS), WORDS);
  assert.deepEqual(drainNumbers(reader), [0, 1]);
  assert.deepEqual(seen, [5, 2 ** 41 + 3]);
  assert.deepEqual([reader.lost, reader.written()], [0, 2]);
});

test('a worker killed behind a handover and before its tick leaves a ring that the next one goes on with', () => {
  const ring = createRing(1024);
  new RingWriter(ring, 1).writeHandover(1, 64);
  const [newest, oldest] = [new RingReader(ring), new RingReader(ring, { from: 'oldest' })];
  const writer = new RingWriter(ring, 2);
  writer.write(messageOf(0, WORDS), WORDS);
  writer.writeHandover(1, 128);
  assert.deepEqual([drainNumbers(newest), drainNumbers(oldest)], [[0], [0]]);
  // As left by a writer that was killed before it moved LATEST.
  repairPosition(new Int32Array(ring), RING_WORD.LATEST, 0);
  const next = new RingWriter(ring, 3);
  next.write(messageOf(1, WORDS), WORDS);
  assert.deepEqual([drainNumbers(newest), newest.lost, newest.written()], [[1], 0, 2]);
});

test('a reader that was lapped over a handover goes on with the newest tick', () => {
  const { source, numbers, write, handOver, handler } = twoRings(1024);
  for (let n = 0; n < 100; n++) {
    if (n % 5 === 0) handOver(1, 0);
    write(0, n);
  }
  source.drain(handler, 1000);
  assert.equal(numbers.at(-1), 99);
  assert.equal(source.lost, 100 - numbers.length);
});
