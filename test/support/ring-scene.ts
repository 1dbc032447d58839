/** Messages whose every word can be checked, and rings in states that take long to get into. */
import assert from 'node:assert/strict';
import { createRing, RING_WORD, ringCapacity } from '../../src/workers/ring/ring-layout.ts';
import type { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { loadPosition, repairPosition } from '../../src/workers/ring/shared-position.ts';

/** Message number `n`: its number, then words that depend on the number and their place. */
export function messageOf(n: number, wordCount: number): Int32Array {
  return Int32Array.from({ length: wordCount }, (_, i) => (i === 0 ? n : Math.imul(n + 1, 0x9e3779b1) ^ i));
}

/** Checks that the first words of `words` are one message as `messageOf` made it, and returns its number. */
export function numberOf(words: Int32Array, wordCount: number): number {
  const n = words[0]!;
  assert.deepEqual(words.subarray(0, wordCount), messageOf(n, wordCount), 'a torn record was delivered');
  return n;
}

/** Drains a reader and returns the numbers of the messages that it delivered. */
export function drainNumbers(reader: RingReader, limit = 1000): number[] {
  const numbers: number[] = [];
  reader.drain((wordCount) => numbers.push(numberOf(reader.words, wordCount)), limit);
  return numbers;
}

/** A ring that holds message number 0, four words long, and whose positions begin at a multiple of its capacity. */
export function createAgedRing(capacity: number, position: number): SharedArrayBuffer {
  const ring = createRing(capacity);
  new RingWriter(ring, 1).write(messageOf(0, 4), 4);
  const words = new Int32Array(ring);
  for (const at of [RING_WORD.INTENT, RING_WORD.TAIL, RING_WORD.LATEST]) {
    repairPosition(words, at, loadPosition(words, at) + position);
  }
  return ring;
}

/** Fills what is claimed and not committed, as a writer may have left it that was killed in the midst of it. */
export function scribbleClaim(ring: SharedArrayBuffer, garbage: (word: number) => number): void {
  const words = new Int32Array(ring);
  const capacity = ringCapacity(ring);
  const intent = loadPosition(words, RING_WORD.INTENT);
  for (let position = loadPosition(words, RING_WORD.TAIL); position < intent; position += 4) {
    const index = position & (capacity - 1);
    words[RING_WORD.DATA + index / 4] = garbage(index / 4);
  }
}
