/** Order updates on their way to clients: what cannot be passed on harms nobody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSession } from '../../src/workers/proxy/client-session.ts';
import { OrderRelay } from '../../src/workers/proxy/order-relay.ts';

function sessionWith(framing: 'json' | 'msgpack', received: (string | Uint8Array)[]): ClientSession {
  const session: Partial<ClientSession> = {
    identity: {
      owner: 'anna',
      userId: 'anna',
      account: 'anna',
      broker: 'angel',
      keyId: 'openalgo:anna',
      rights: null,
    },
    options: { framing, dialect: 'openalgo', features: 0, slow: null, chosen: {} },
    send: () => {},
    sendBytes: (bytes: string | Uint8Array) => void received.push(bytes),
  };
  return session as ClientSession;
}

test('an order update that is nested too deeply for msgpack is counted, and the JSON client still reads it', () => {
  const orders = new OrderRelay();
  const json: (string | Uint8Array)[] = [];
  const msgpack: (string | Uint8Array)[] = [];
  orders.subscribe(sessionWith('msgpack', msgpack), {});
  orders.subscribe(sessionWith('json', json), {});
  const levels = 100_000;
  const text = `{"user_id": "anna", "nested": ${'['.repeat(levels)}${']'.repeat(levels)}}`;
  orders.relay('anna', text);
  assert.deepEqual(json, [text]);
  assert.deepEqual(msgpack, []);
  assert.equal(orders.unpackable, 1);
  orders.relay('anna', '{"user_id": "anna"}');
  assert.equal(msgpack.length, 1, 'the next one comes');
});
