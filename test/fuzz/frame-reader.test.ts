import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyCuts, anyStream, cut, seenByReader, seenByWs } from '../support/frame-scene.ts';
import { fuzz } from '../support/fuzz-budget.ts';

/** Bytes of a server, some of them overwritten: lengths that lie, heads in the middle of a message. */
const damaged = fc
  .tuple(anyStream, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }))
  .map(([stream, damages]) => {
    const bytes = Buffer.from(stream);
    for (const [at, value] of damages) if (bytes.length > 0) bytes[at % bytes.length] = value;
    return bytes;
  });
const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

test('bytes that are no WebSocket never break the feed, and make nothing a message that ws would not', async () => {
  let runs = 0;
  await fuzz(
    fc.asyncProperty(fc.oneof(anyBytes, damaged), anyCuts, async (bytes, shares) => {
      const chunks = cut(bytes, shares);
      assert.deepEqual(await seenByReader(chunks), await seenByWs(chunks));
      runs++;
    }),
  );
  assert.ok(runs > 0, `${runs} runs`);
});
