import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameMemory } from '../../src/workers/feed/frame-memory.ts';

function isRepeat(memory: FrameMemory, bytes: Uint8Array): boolean {
  // As in the buffer of a socket: behind something else, at any alignment.
  const buffer = new Uint8Array(bytes.length + 7).fill(0xee);
  buffer.set(bytes, 3);
  return memory.isRepeat(new DataView(buffer.buffer), 3, bytes.length);
}

test('a frame is a repetition exactly when every byte is that of the frame before', () => {
  const frame = fc.uint8Array({ maxLength: 40 });
  const changed = fc
    .record({ frame: fc.uint8Array({ minLength: 1, maxLength: 40 }), at: fc.nat(), bit: fc.nat(7) })
    .map(({ frame: bytes, at, bit }) => {
      const other = bytes.slice();
      other[at % bytes.length]! ^= 1 << bit;
      return [bytes, other, bytes, bytes];
    });
  fc.assert(
    fc.property(fc.oneof(fc.array(frame, { maxLength: 6 }), changed), (frames) => {
      const memory = new FrameMemory();
      let before: Uint8Array | null = null;
      for (const bytes of frames) {
        const expected: boolean = before !== null && Buffer.compare(before, bytes) === 0;
        assert.equal(isRepeat(memory, bytes), expected);
        before = bytes;
      }
    }),
  );
});

test('after an outage the same frame is news', () => {
  const memory = new FrameMemory();
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);
  assert.equal(isRepeat(memory, bytes), false);
  assert.equal(isRepeat(memory, bytes), true);
  memory.forget();
  assert.equal(isRepeat(memory, bytes), false);
});

test('a frame is older by its exchange time, at equal times by its sequence number, and never by what it has not', () => {
  const memory = new FrameMemory();
  const cases: readonly (readonly [timeMs: number, seq: number, isOlder: boolean])[] = [
    [1000, 5, false],
    [1000, 5, false],
    [1000, 4, true],
    [999, 9, true],
    [1001, 1, false],
    [1001, 0, false],
    [0, 0, false],
    [0, 3, false],
    [0, 2, true],
  ];
  for (const [timeMs, seq, isOlder] of cases) {
    assert.equal(memory.isOlder(timeMs, seq), isOlder, `${timeMs}/${seq}`);
  }
  memory.forget();
  assert.equal(memory.isOlder(1, 1), false);
});
