/** An answer that is written piece by piece reads as one that is written at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpack } from 'msgpackr';
import {
  type Json,
  toJsonMessage,
  toMsgpack,
  toPythonJson,
  WrittenList,
} from '../../src/codec/server-message.ts';

const LONG = Array.from({ length: 70_000 }, (_, i) => i);
const LISTS: readonly (readonly Json[])[] = [
  [],
  [{ symbol: 'M&M', exchange: 'NSE', status: 'success' }],
  ['é', { message: '"\u{1f600}\u2028' }, null, [1.5, true]],
  LONG,
];

/** In pieces of so many members. */
function written(list: readonly Json[], framing: 'json' | 'msgpack', piece: number): WrittenList {
  const result = new WrittenList(framing);
  for (let from = 0; from < list.length; from += piece) result.add(list.slice(from, from + piece));
  result.add([]);
  return result;
}

for (const list of LISTS) {
  const message = (entries: Json) => ({ type: 'subscribe', entries, note: 'ü', absent: undefined });

  test(`a list of ${list.length} members is the same JSON text`, () => {
    for (const piece of [1, 2, 1000].filter((size) => list.length / size < 100)) {
      const answer = message(written(list, 'json', piece));
      assert.equal(answer.entries instanceof WrittenList && answer.entries.length, list.length);
      assert.equal(Buffer.from(toJsonMessage(answer)).toString(), toPythonJson(message(list)));
      assert.equal(toPythonJson(answer), toPythonJson(message(list)));
    }
  });

  test(`a list of ${list.length} members is the same value in msgpack`, () => {
    for (const piece of [1, 2, 1000].filter((size) => list.length / size < 100)) {
      const answer = message(written(list, 'msgpack', piece));
      assert.deepEqual(unpack(toMsgpack(answer)), unpack(toMsgpack(message(list))));
    }
  });
}
