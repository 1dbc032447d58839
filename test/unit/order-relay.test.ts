/** Order updates on their way to clients: what cannot be passed on harms nobody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import { OrderRelay } from '../../src/workers/proxy/order-relay.ts';
import type { Refuse } from '../../src/workers/proxy/subscriptions/subscription-handler.ts';
import { rightsOf } from '../support/entitlement-file.ts';

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

const refuse: Refuse = (_session, code) => assert.fail(code);

test('an order update that is nested too deeply for msgpack is counted, and the JSON client still reads it', () => {
  const orders = new OrderRelay();
  const json: (string | Uint8Array)[] = [];
  const msgpack: (string | Uint8Array)[] = [];
  orders.subscribe(sessionWith('msgpack', msgpack), {}, refuse);
  orders.subscribe(sessionWith('json', json), {}, refuse);
  const levels = 100_000;
  const text = `{"user_id": "anna", "nested": ${'['.repeat(levels)}${']'.repeat(levels)}}`;
  orders.relay('anna', text);
  assert.deepEqual(json, [text]);
  assert.deepEqual(msgpack, []);
  assert.equal(orders.unpackable, 1);
  orders.relay('anna', '{"user_id": "anna"}');
  assert.equal(msgpack.length, 1, 'the next one comes');
});

test('a key whose role does not allow order updates gets none, from the moment on that the role says so', () => {
  const orders = new OrderRelay();
  const received: (string | Uint8Array)[] = [];
  const session = sessionWith('json', received);
  orders.subscribe(session, {}, refuse);
  session.identity = { ...session.identity!, rights: rightsOf('viewer', { orders: false }) };
  orders.relay('anna', '{}');
  assert.deepEqual(received, []);
  const refusals: string[] = [];
  orders.subscribe(session, {}, (_session, code, message) => void refusals.push(`${code}: ${message}`));
  assert.deepEqual(refusals, ['NOT_ENTITLED: Missing right: order updates. Role viewer does not allow them']);
});
