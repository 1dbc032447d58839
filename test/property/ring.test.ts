/**
 * Model check of the ring in one thread. The model is an array of all messages ever committed; a reader is a place in
 * it. Other threads act where they can make a difference: before each atomic operation of the one that runs.
 *
 * For every reader, after every step: what it delivers are messages of the array, whole and in order, and the number of
 * those it did not deliver is `lost`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxMessageWords, RING_WORD } from '../../src/workers/ring/ring-layout.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { loadPosition } from '../../src/workers/ring/shared-position.ts';
import { betweenAtomics, killedAt } from '../support/between-atomics.ts';
import { createAgedRing, drainNumbers, messageOf, numberOf, scribbleClaim } from '../support/ring-scene.ts';

const CAPACITY = 1024;

class Model {
  readonly ring: SharedArrayBuffer;
  writer: RingWriter;
  epoch = 2;
  /** Number of words of each message committed. */
  readonly written: number[] = [4];
  readonly readers: { reader: RingReader; next: number; delivered: number; readonly from: number }[] = [];

  constructor(position: number) {
    this.ring = createAgedRing(CAPACITY, position);
    this.writer = new RingWriter(this.ring, this.epoch);
  }

  write(wordCount: number): void {
    this.writer.write(messageOf(this.written.length, wordCount), wordCount);
    this.written.push(wordCount);
  }

  attach(from: 'newest' | 'oldest'): void {
    const reader = new RingReader(this.ring, { from });
    const oldest = from === 'oldest' ? drainNumbers(new RingReader(this.ring, { from }))[0] : undefined;
    const next = oldest ?? this.written.length;
    this.readers.push({ reader, next, delivered: 0, from: next });
  }

  drain(which: number, limit: number): void {
    const state = this.readers[which % this.readers.length];
    if (state === undefined) return;
    state.reader.drain((wordCount) => {
      const n = numberOf(state.reader.words, wordCount);
      assert.equal(wordCount, this.written[n]);
      assert.ok(n >= state.next, `message ${n} after ${state.next - 1}`);
      state.next = n + 1;
      state.delivered++;
      assert.equal(state.delivered + state.reader.lost, state.next - state.from);
    }, limit);
  }

  /** Kills the writer before one of its atomic operations, with anything in the place that it has claimed. */
  kill(operation: number, wordCount: number, garbage: number): void {
    const tail = loadPosition(new Int32Array(this.ring), RING_WORD.TAIL);
    killedAt(operation, () => this.writer.write(messageOf(this.written.length, wordCount), wordCount));
    if (loadPosition(new Int32Array(this.ring), RING_WORD.TAIL) > tail) this.written.push(wordCount);
    scribbleClaim(this.ring, (word) => Math.imul(garbage, word + 1));
  }

  restart(): void {
    this.writer = new RingWriter(this.ring, ++this.epoch);
  }

  finish(): void {
    this.write(5);
    for (const [i, state] of this.readers.entries()) {
      this.drain(i, 10_000);
      assert.equal(state.next, this.written.length);
      assert.equal(state.reader.hasRecords(), false);
      assert.equal(state.reader.backlogBytes(), 0);
      assert.equal(state.reader.written(), this.written.length);
      assert.equal(state.reader.epoch(), this.epoch);
    }
  }
}

const wordCounts = fc.integer({ min: 1, max: maxMessageWords(CAPACITY) });
const bursts = fc.array(wordCounts, { maxLength: 30 });
const readerNumbers = fc.nat({ max: 5 });
const limits = fc.integer({ min: 1, max: 20 });

const steps = fc.oneof(
  bursts.map((burst) => (model: Model) => {
    for (const wordCount of burst) model.write(wordCount);
  }),
  fc.tuple(readerNumbers, limits).map(
    ([which, limit]) =>
      (model: Model) =>
        model.drain(which, limit),
  ),
  fc
    .tuple(readerNumbers, limits, fc.dictionary(fc.nat({ max: 60 }).map(String), bursts, { maxKeys: 4 }))
    .map(([which, limit, writes]) => (model: Model) => {
      betweenAtomics(
        (operation) => {
          for (const wordCount of writes[operation] ?? []) model.write(wordCount);
        },
        () => model.drain(which, limit),
      );
    }),
  fc
    .tuple(
      fc.nat({ max: 9 }),
      wordCounts,
      fc.integer(),
      fc.array(fc.tuple(readerNumbers, limits), { maxLength: 3 }),
    )
    .map(([operation, wordCount, garbage, drains]) => (model: Model) => {
      model.kill(operation, wordCount, garbage);
      for (const [which, limit] of drains) model.drain(which, limit);
      model.restart();
    }),
  fc
    .tuple(fc.nat({ max: 12 }), wordCounts, readerNumbers, limits)
    .map(([at, wordCount, which, limit]) => (model: Model) => {
      // The reader acts in the midst of a write.
      const commits = model.written.length;
      model.written.push(wordCount);
      betweenAtomics(
        (operation) => {
          if (operation === at) model.drain(which, limit);
        },
        () => model.writer.write(messageOf(commits, wordCount), wordCount),
      );
    }),
  fc.constantFrom<'newest' | 'oldest'>('newest', 'oldest').map((from) => (model: Model) => {
    if (model.readers.length < 5) model.attach(from);
  }),
);

const positions = fc.constantFrom(0, 2 ** 31 - 2 * CAPACITY, 2 ** 32 - 2 * CAPACITY, 2 ** 40 - CAPACITY);

test('whatever readers and writers do to each other, every reader gets whole records in order and knows what it lost', () => {
  fc.assert(
    fc.property(positions, fc.array(steps, { maxLength: 40 }), (position, run) => {
      const model = new Model(position);
      model.attach('newest');
      for (const step of run) step(model);
      model.finish();
    }),
    { numRuns: 300 },
  );
});
