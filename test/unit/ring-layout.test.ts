import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../src/workers/ring/ring-layout.ts';

test('threads of different builds that map one ring would agree on every number of its layout', () => {
  assert.equal(layout.LINE_WORDS, 32);
  assert.deepEqual(layout.RING_WORD, {
    INTENT: 0,
    TAIL: 32,
    LATEST: 64,
    RECORD_COUNT: 96,
    EPOCH: 128,
    DATA: 160,
  });
  assert.equal(layout.EPOCH_INT64, 64);
  assert.equal(layout.RING_HEADER_BYTES, 640);
  assert.deepEqual(layout.RECORD_WORD, { LENGTH: 0, KIND: 1, INDEX_LO: 2, INDEX_HI: 3, MESSAGE: 4 });
  assert.deepEqual(layout.RECORD_KIND, { TICK: 1, PADDING: 2, HANDOVER: 3 });
  assert.deepEqual(layout.HANDOVER_WORD, { FEED: 0, POSITION_LO: 1, POSITION_HI: 2, WORDS: 3 });
  assert.equal(layout.RECORD_HEADER_BYTES, 16);
  assert.equal(layout.RECORD_ALIGN_BYTES, 16);
  assert.equal(layout.RECORDS_PER_LAP_MIN, 8);
});

test('message words of every record are aligned for doubles', () => {
  assert.equal(layout.RING_HEADER_BYTES % 8, 0);
  assert.equal(layout.RECORD_HEADER_BYTES % 8, 0);
  assert.deepEqual([16, 17, 31, 32, 33].map(layout.alignedLength), [16, 32, 32, 32, 48]);
});

test('a ring is as large as asked for, and its capacity is found again from its memory', () => {
  for (const capacity of [1024, 65536, 1 << 20]) {
    const ring = layout.createRing(capacity);
    assert.equal(ring.byteLength, capacity + 640);
    assert.equal(layout.ringCapacity(ring), capacity);
    assert.equal(layout.maxMessageWords(capacity), capacity / 32 - 4);
  }
});

test('a capacity that positions could not be masked with is refused with the limits', () => {
  for (const capacity of [0, -1024, 512, 1000, 1025, 1536, 2 ** 31, Number.NaN]) {
    assert.throws(() => layout.createRing(capacity), {
      name: 'RangeError',
      message: /power of two from 1024/,
    });
  }
});

test('shared memory of another kind is not taken for a ring', () => {
  assert.throws(() => layout.ringCapacity(new SharedArrayBuffer(4096)), /not a ring: 4096 bytes/);
});
