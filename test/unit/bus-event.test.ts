import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../src/codec/tick.ts';
import { type BusEvent, encodeEvent, parseEvent } from '../../src/workers/bus/bus-event.ts';

const INSTRUMENTS = [
  { exchange: 'NSE', symbol: 'RELIANCE' },
  { exchange: 'BSE', symbol: 'A/B%C' },
];
const EVENTS: readonly BusEvent[] = [
  { type: 'heartbeat', host: 'a1b2', at: 1_790_000_000_000 },
  {
    type: 'status',
    revision: 7,
    status: 'mute',
    since: 1_790_000_000_000,
    reason: 'no ticks',
    broker: 'angel',
    instruments: INSTRUMENTS,
  },
  { type: 'account', revision: 8, name: 'a/b', broker: 'angel', hasSession: true, isConnected: false },
  { type: 'orders', userId: '50%', text: '{"order_id": "1",  "price": 10.0}' },
  {
    type: 'refused',
    broker: 'angel',
    mode: MODE.DEEP_DEPTH,
    code: '',
    message: 'no depth',
    isLimit: true,
    instruments: INSTRUMENTS,
  },
];

function encoded(event: BusEvent): [string, Uint8Array] {
  const [topic, payload] = encodeEvent(event);
  return [topic, Buffer.from(payload)];
}

test('every event is read as it was sent, names with separators too, and an order update verbatim', () => {
  for (const event of EVENTS) assert.deepEqual(parseEvent(...encoded(event)), event);
});

test('events have the topics that programs on the bus subscribe to', () => {
  assert.deepEqual(
    EVENTS.map((event) => encodeEvent(event)[0]),
    ['@heartbeat/', '@status/angel/', '@account/a%2Fb/', '@orders/50%25/', '@refused/angel/'],
  );
  const [, status] = encodeEvent(EVENTS[1]!);
  assert.deepEqual(JSON.parse(status), {
    revision: 7,
    status: 'mute',
    since: 1_790_000_000_000,
    reason: 'no ticks',
    broker: 'angel',
    instruments: [
      ['NSE', 'RELIANCE'],
      ['BSE', 'A/B%C'],
    ],
  });
});

const WRONG = [undefined, null, -1, 1.5, 2 ** 53, {}, [], ['NSE'], [['NSE', '']], [[1, 2]], 'x'.repeat(300)];

test('an event that lacks a field, or has one of another kind, is none', () => {
  const isFree = (type: string, field: string) => type === 'status' && field === 'reason';
  for (const event of EVENTS) {
    if (event.type === 'orders') continue;
    const [topic, payload] = encodeEvent(event);
    const fields: Record<string, unknown> = JSON.parse(payload);
    for (const [field, right] of Object.entries(fields)) {
      for (const wrong of WRONG) {
        if (typeof wrong === 'string' && (isFree(event.type, field) || ['code', 'message'].includes(field)))
          continue;
        if (Array.isArray(wrong) && wrong.length === 0 && field === 'instruments') continue;
        // The broker of an account may be any text.
        if (typeof wrong === 'string' && event.type === 'account' && field === 'broker') continue;
        const text = JSON.stringify({ ...fields, [field]: wrong });
        assert.equal(parseEvent(topic, Buffer.from(text)), null, `${topic} ${text.slice(0, 200)}`);
      }
      assert.notEqual(right, undefined);
    }
  }
});

test('an event under the topic of another broker or user is none', () => {
  for (const topic of ['@status/zerodha/', '@status/', '@status/angel', '@status/angel/x/', 'angel/NSE/']) {
    assert.equal(parseEvent(topic, encoded(EVENTS[1]!)[1]), null, topic);
  }
  assert.equal(parseEvent('@account/b/', encoded(EVENTS[2]!)[1]), null);
  assert.equal(parseEvent('@refused/zerodha/', encoded(EVENTS[4]!)[1]), null);
  assert.equal(parseEvent('@heartbeat/x/', encoded(EVENTS[0]!)[1]), null);
  assert.equal(parseEvent('@toString/x/', Buffer.from('{}')), null);
});

test('no bytes and no JSON under any topic make the reader fail', () => {
  const topics = fc.oneof(fc.string(), fc.constantFrom(...EVENTS.map((event) => encodeEvent(event)[0])));
  const payloads = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(fc.property(topics, payloads, (topic, payload) => void parseEvent(topic, payload)));
});

test('only a feed host that says so in the one way that there is takes its leave', () => {
  const leaving = { type: 'heartbeat', host: 'a1b2', at: 7, leaving: true } as const;
  const [topic, payload] = encodeEvent(leaving);
  assert.deepEqual(parseEvent(topic, Buffer.from(payload)), leaving);
  for (const word of ['false', '1', '"true"', 'null']) {
    const event = parseEvent(topic, Buffer.from(payload.replace('true', word)));
    assert.deepEqual(event, { type: 'heartbeat', host: 'a1b2', at: 7 });
  }
});
