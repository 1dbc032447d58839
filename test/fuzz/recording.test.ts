import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recordingFileHeader } from '../../src/codec/recording/block-writer.ts';
import { RECORDED } from '../../src/codec/recording/recording-layout.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { buildRecording, readBack } from '../support/recording.ts';

const SAMPLE = Array.from({ length: 6 }, (_, b) =>
  Array.from({ length: 3 }, (_, i) => ({
    feed: b % 2,
    kind: RECORDED.BINARY,
    time: BigInt(b * 100 + i),
    payload: Buffer.from(`block ${b} record ${i}`),
  })),
);
const WHOLE = buildRecording(SAMPLE);
const WRITTEN = new Set(SAMPLE.flat().map(({ payload }) => payload.toString()));

/** A hostile or broken change of the file behind its header. */
const change = fc.record({
  at: fc.integer({ min: recordingFileHeader().length, max: WHOLE.length - 1 }),
  cut: fc.nat({ max: 120 }),
  insert: fc.uint8Array({ maxLength: 60 }),
});

test('a file that was changed anywhere gives only records that were written, and accounts for every other byte', async () => {
  await fuzz(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      let bytes: Buffer = WHOLE;
      for (const { at, cut, insert } of changes) {
        bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + cut)]);
      }
      const { blocks, damages, records } = readBack(bytes);
      for (const { payload } of records) assert.ok(WRITTEN.has(payload.toString()), payload.toString());
      const damaged = damages.reduce((sum, damage) => sum + damage.bytes, 0);
      const whole = blocks.reduce((sum, block) => sum + block.bytes + 40, 0);
      assert.equal(damaged + whole, bytes.length - recordingFileHeader().length);
    }),
    0.6,
  );
});

test('random bytes behind a header never break the reader', async () => {
  await fuzz(
    fc.property(fc.uint8Array({ maxLength: 5000, size: 'max' }), (tail) => {
      const { records } = readBack(Buffer.concat([recordingFileHeader(), tail]));
      assert.deepEqual(records, []);
    }),
    0.4,
  );
});
