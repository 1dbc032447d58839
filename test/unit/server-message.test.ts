import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toMsgpack, toPythonJson } from '../../src/codec/server-message.ts';

test('a list that a client sent as msgpack is echoed as JSON also with members that JSON has nothing like', () => {
  const message = { echo: [undefined, 1, null, { left: undefined }], left: undefined };
  assert.equal(toPythonJson(message), '{"echo": [null, 1, null, {}]}');
  assert.ok(toMsgpack(message).length > 0);
});
