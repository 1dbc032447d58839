import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyCuts, anyStream, cut, frame, seenByReader, seenByWs } from '../support/frame-scene.ts';

const bytes = (length: number, seed: number) => Buffer.alloc(length, seed);

/** Each kind of frame, with what may stand between. */
const EACH_KIND = [
  frame(0x82, bytes(123, 1)),
  frame(0x81, Buffer.from('pong')),
  frame(0x82, bytes(0, 0)),
  frame(0x89, Buffer.from('ping')),
  frame(0x82, bytes(379, 2)),
  frame(0x02, bytes(130, 3)),
  frame(0x8a, bytes(0, 0)),
  frame(0x00, bytes(7, 4)),
  frame(0x80, bytes(126, 5)),
  frame(0x82, bytes(51, 6)),
  frame(0x82, bytes(700, 7)),
  frame(0x82, bytes(1, 8)),
];

test('whatever a broker sends, and however the network cuts it, a feed gets the messages that ws would give it', async () => {
  await fc.assert(
    fc.asyncProperty(anyStream, anyCuts, async (stream, shares) => {
      const chunks = cut(stream, shares);
      assert.deepEqual(await seenByReader(chunks), await seenByWs(chunks));
    }),
    { numRuns: 1000 },
  );
});

test('a connection that is cut between any two bytes loses and doubles no message', async () => {
  const stream = Buffer.concat(EACH_KIND);
  const expected = await seenByWs([stream]);
  assert.equal(expected.length, 10);
  for (let at = 0; at <= stream.length; at++) {
    assert.deepEqual(
      await seenByReader([stream.subarray(0, at), stream.subarray(at)]),
      expected,
      `cut at ${at}`,
    );
  }
  assert.deepEqual(await seenByReader(Array.from(stream, (_, i) => stream.subarray(i, i + 1))), expected);
});

test('messages are left to ws only where they must be: what follows a ping, parts or a long one is read here again', async () => {
  const handedOn: Buffer[] = [];
  await seenByReader([Buffer.concat(EACH_KIND)], handedOn);
  const left = EACH_KIND.filter((_, i) => ![0, 1, 2, 4, 9, 11].includes(i));
  assert.deepEqual(Buffer.concat(handedOn), Buffer.concat(left));
});

test('nothing is taken for a message behind a close or a fault, whatever follows it', async () => {
  const message = frame(0x82, bytes(20, 1));
  // Wherever a reader that goes on believes the next frame to be, it is one.
  const pongs = Array.from({ length: 200 }, () => frame(0x8a, bytes(0, 0)));
  const ends = {
    close: frame(0x88, Buffer.from([0x03, 0xe8])),
    'close without a code': frame(0x88, bytes(0, 0)),
    'close with half a code': frame(0x88, bytes(1, 3)),
    'close with a code that means nothing': frame(0x88, Buffer.from([0x03, 0xed])),
    'reserved bit 1': frame(0xc2, bytes(9, 1)),
    'reserved bit 2': frame(0xa2, bytes(9, 1)),
    'reserved bit 3': frame(0x92, bytes(9, 1)),
    'reserved opcode': frame(0x83, bytes(9, 1)),
    'reserved control opcode': frame(0x8b, bytes(9, 1)),
    'continuation of nothing': frame(0x80, bytes(9, 1)),
    'message within a message': Buffer.concat([frame(0x02, bytes(9, 1)), frame(0x82, bytes(9, 1))]),
    masked: frame(0x82, bytes(9, 1), 0x80),
    'ping in parts': frame(0x09, bytes(9, 1)),
    'ping of 126 bytes': frame(0x89, bytes(126, 1)),
    'message of 2001 bytes': frame(0x82, bytes(2001, 1)),
    'message of 2001 bytes in parts': Buffer.concat([
      frame(0x02, bytes(1500, 1)),
      frame(0x80, bytes(501, 1)),
    ]),
    'message of 2^63 bytes': Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
  };
  for (const [name, end] of Object.entries(ends)) {
    const chunks = [Buffer.concat([message, end, ...pongs, message, message]), message];
    const seen = await seenByReader(chunks);
    assert.equal(seen.filter((line) => line.startsWith('binary')).length, 1, name);
    assert.deepEqual(seen, await seenByWs(chunks), name);
  }
});
