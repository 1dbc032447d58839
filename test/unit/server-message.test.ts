/** How answers are spelled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unpack } from 'msgpackr';
import { pythonString, toMsgpack, toPythonJson, WrittenList } from '../../src/codec/server-message.ts';

test('a list that a client sent as msgpack is echoed as JSON also with members that JSON has nothing like', () => {
  const message = { echo: [undefined, 1, null, { left: undefined }], left: undefined };
  assert.equal(toPythonJson(message), '{"echo": [null, 1, null, {}]}');
  assert.ok(toMsgpack(message).length > 0);
});

test('a string is written as Python writes it: ASCII alone, everything else escaped, and read back as it was', () => {
  assert.equal(
    pythonString('a"\\\n\u007f\u00e9\u20ac\u{1f600}\ud800'),
    '"a\\"\\\\\\n\\u007f\\u00e9\\u20ac\\ud83d\\ude00\\ud800"',
  );
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
      const written = pythonString(text);
      assert.match(written, /^"[ -~]*"$/);
      assert.equal(JSON.parse(written), text);
    }),
    { numRuns: 500 },
  );
});

test('a client of any msgpack library reads the keys that JSON has, and no others, in entries of a list too', () => {
  const entry = { symbol: 'TCS', status: 'success', slow: undefined, max_rate: undefined };
  const message = { type: 'subscribe', request_id: undefined, subscriptions: [entry], nested: { entry } };
  const written = new WrittenList('msgpack');
  written.add([entry]);
  for (const subscriptions of [[entry], written]) {
    const read: unknown = unpack(toMsgpack({ ...message, subscriptions }));
    assert.deepEqual(read, JSON.parse(toPythonJson(message)));
  }
});
