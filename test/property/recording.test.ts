import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RECORDED, type RecordedKind } from '../../src/codec/recording/recording-layout.ts';
import { buildRecording, readBack } from '../support/recording.ts';

const record = fc.record({
  kind: fc.constantFrom<RecordedKind>(...Object.values(RECORDED)),
  time: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  payload: fc.uint8Array({ maxLength: 600 }),
});
const block = fc
  .tuple(fc.nat({ max: 3 }), fc.array(record, { minLength: 1, maxLength: 8 }))
  .map(([feed, records]) => records.map((each) => ({ feed, ...each })));

test('whatever is recorded is read back: each feed in its order, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
      const { records, damages } = readBack(buildRecording(blocks));
      assert.deepEqual(damages, []);
      for (const feed of [0, 1, 2, 3]) {
        const wrote = blocks.flat().filter((each) => each.feed === feed);
        assert.deepEqual(
          records
            .filter((each) => each.feed === feed)
            .map(({ payload, ...rest }) => ({ ...rest, payload: [...payload] })),
          wrote.map(({ payload, ...rest }) => ({ ...rest, payload: [...payload] })),
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('feeds whose clocks only go forward are merged by time', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
      const clocks = [0n, 0n, 0n, 0n];
      const ordered = blocks.map((records) =>
        records.map((each) => {
          clocks[each.feed]! += each.time % 1000n;
          return { ...each, time: clocks[each.feed]! };
        }),
      );
      const times = readBack(buildRecording(ordered)).records.map(({ time }) => time);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
      );
    }),
    { numRuns: 100 },
  );
});
