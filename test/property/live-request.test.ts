/** Nothing that somebody sends to the dashboard's WebSocket fails there, with a key or without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf, KeyCheck } from '../../src/main/dashboard/key-check.ts';
import { LiveConnections, type LiveSocket } from '../../src/main/dashboard/live-connections.ts';
import type { FromOperator } from '../../src/main/dashboard/operator-messages.ts';

const KEY = 'the key of this test';
const ADDRESS = '192.0.2.7';
/** Of an answer to what is no request: whoever sends little is not sent much. */
const MAX_ANSWER = 400;

/** Names that mean something to whoever reads an object carelessly. */
const name = fc.oneof(
  fc.constantFrom('do', 'key', 'id', 'limit', 'last', 'toString', 'valueOf', 'toJSON', '__proto__', 'length'),
  fc.string(),
);
const object = fc.array(fc.tuple(name, fc.jsonValue())).map(Object.fromEntries);
const value = fc.oneof(
  object,
  fc.jsonValue(),
  fc.constantFrom('clients', 'disconnect', 'config', 'log', '1-1', 0, 1000, 1001, -1, 0.5),
);
const request = fc.record(
  { do: value, key: value, id: value, limit: value, last: value },
  { requiredKeys: [] },
);
const bytes = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(request, value).map((each) => Buffer.from(JSON.stringify(each))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)) },
  { weight: 1, arbitrary: fc.nat(4096).map((depth) => Buffer.from(`{"do":${'['.repeat(depth)}`)) },
  { weight: 1, arbitrary: fc.nat(2000).map((depth) => Buffer.from(`{"do":${nested(depth)}}`)) },
);

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

/** A connection whose other end sends the messages one after the other; it is over when this returns. */
function converse(messages: readonly Uint8Array[]) {
  const posted: FromOperator[] = [];
  const sent: string[] = [];
  const data: ReturnType<LiveSocket['getUserData']> = { address: ADDRESS, connection: undefined };
  const socket: LiveSocket = {
    getUserData: () => data,
    send: (message) => {
      sent.push(String(message));
      return 1;
    },
    end: () => {},
    close: () => {},
  };
  const keys = new KeyCheck({ admin: digestOf(KEY), viewer: null });
  const live = new LiveConnections(keys, { history: [], page: null }, (message) => void posted.push(message));
  live.open(socket);
  try {
    for (const message of messages) live.message(socket, Uint8Array.from(message).buffer);
  } finally {
    live.close(socket);
  }
  return { sent, requests: posted.filter(({ type }) => type === 'request'), posted };
}

test('before a key nothing but a wrong key comes of anything', () => {
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), (messages) => {
      const { sent, posted } = converse(messages);
      // And that nobody looks.
      const news = posted.filter(({ type }) => type !== 'watching');
      assert.deepEqual(news, [{ type: 'wrongKey', address: ADDRESS }]);
      assert.deepEqual(sent, []);
    }),
    { numRuns: 300 },
  );
});

test('behind a key each message is a request, or is refused in few words', () => {
  fc.assert(
    // More than may be asked in one go.
    fc.property(fc.array(bytes, { maxLength: 30 }), (messages) => {
      const { sent, requests, posted } = converse([Buffer.from(JSON.stringify({ key: KEY })), ...messages]);
      assert.doesNotThrow(() => structuredClone(posted));
      assert.ok(sent.length + requests.length <= messages.length);
      for (const text of sent) {
        assert.ok(text.length < MAX_ANSWER, text);
        assert.match(JSON.parse(text).code, /^(REQUEST_INVALID|TOO_MANY_REQUESTS)$/);
      }
    }),
    { numRuns: 300 },
  );
});
