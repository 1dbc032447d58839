import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSubscriptionRequest } from '../../src/codec/angel/request-parser.ts';
import { parseServerText as parseAngelText } from '../../src/codec/angel/server-text.ts';
import { parseRequest as parseKiteRequest } from '../../src/codec/zerodha/request-parser.ts';
import { parseServerText as parseKiteText } from '../../src/codec/zerodha/server-text.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { decodeMessage, decodeWireMessage } from '../support/kite-wire.ts';

const LONGEST_TEXT = 200;
const LENGTHS = [0, 7, 8, 9, 28, 31, 32, 44, 183, 184, 185, 65_535];
const packet = fc
  .tuple(fc.constantFrom(...LENGTHS), fc.uint8Array({ maxLength: 190, size: 'max' }))
  .map(([length, bytes]) => Buffer.from([length >> 8, length & 0xff, ...bytes.subarray(0, length)]));
const kiteMessage = fc
  .tuple(fc.nat({ max: 70_000 }), fc.array(packet, { maxLength: 8 }))
  .map(([count, packets]) => Uint8Array.from([count >> 8, count & 0xff, ...Buffer.concat(packets)]));
const anyBytes = fc.uint8Array({ maxLength: 400 });

test("whatever Zerodha sends as a message, the decoder finds in it what the broker's own SDK would", async () => {
  await fuzz(
    fc.property(fc.oneof(kiteMessage, anyBytes), (bytes) => {
      // The view ends with the message: reading behind it would throw.
      assert.deepEqual(decodeMessage(Uint8Array.from(bytes)), decodeWireMessage(bytes));
    }),
    0.5,
  );
});

const KEYS = [
  'type',
  'data',
  'errorCode',
  'errorMessage',
  'correlationID',
  'action',
  'params',
  'mode',
  'a',
  'v',
];
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('order', 'error', 'message', 'subscribe', 'mode', 1, 0, [256265], 'x'.repeat(999)),
  fc.constantFrom<unknown>(
    { mode: 1, tokenList: [{ exchangeType: 1, tokens: ['1'] }] },
    ['full', [1, -1]],
    [[]],
  ),
);
const text = fc.oneof(
  fc.dictionary(fc.constantFrom(...KEYS, '__proto__'), value).map((fields) => JSON.stringify(fields)),
  fc.json(),
  fc.string(),
  fc.integer({ min: 1, max: 30_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
);

test('whatever a broker, or a program at a simulated one, says in text, it is read without a throw and shown cut', async () => {
  await fuzz(
    fc.property(text, (each) => {
      const angel = parseAngelText(each);
      const kite = parseKiteText(each);
      for (const said of [...Object.values(angel), ...Object.values(kite)]) {
        if (typeof said === 'string') assert.ok(said.length <= LONGEST_TEXT);
      }
      parseSubscriptionRequest(each);
      parseKiteRequest(each, 50);
    }),
    0.5,
  );
});
