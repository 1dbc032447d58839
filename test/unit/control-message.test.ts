import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../src/codec/tick.ts';
import {
  type ControlAnswer,
  type ControlRequest,
  encodeAnswer,
  encodeRequest,
  MAX_REQUEST_BYTES,
  MAX_RESOLVE_WISHES,
  parseAnswer,
  parseRequest,
} from '../../src/workers/bus/control-message.ts';

const REQUESTS: readonly ControlRequest[] = [
  { id: 1, type: 'hello' },
  { id: 2, type: 'verifyKey', key: 'abc', checksRights: true, asker: '192.0.2.7' },
  { id: 4, type: 'standings', keyIds: ['own:1'] },
  {
    id: 3,
    type: 'resolve',
    account: 'admin',
    wishes: [{ exchange: 'NSE', symbol: 'RELIANCE', mode: MODE.QUOTE }],
  },
];
const STATUS = {
  type: 'status',
  revision: 5,
  status: 'live',
  since: 1,
  reason: '',
  broker: 'angel',
  instruments: [{ exchange: 'NSE', symbol: 'RELIANCE' }],
} as const;
const RIGHTS = {
  role: 'viewer',
  modes: [MODE.LTP],
  depthLevels: [5],
  exchanges: ['NSE'],
  symbols: ['NIFTY*'],
  orders: false,
  limits: { maxConnections: 2, maxSubscriptions: 100, requestsPerSecond: 5 },
};
const ACCOUNT = { revision: 4, name: 'admin', broker: 'angel', hasSession: true, isConnected: true };
const ANSWERS: readonly ControlAnswer[] = [
  {
    id: 1,
    type: 'hello',
    protocol: 1,
    host: 'h',
    version: '0.1.0',
    supportedBrokers: ['angel'],
    capabilities: [{ broker: 'angel', exchange: '*', depthLevels: [5, 20] }],
    heartbeatMs: 1000,
    page: { watch: [{ exchange: 'NSE', symbol: 'TCS' }], demoKey: null, simulated: true, replayed: false },
  },
  {
    id: 2,
    type: 'keyVerified',
    outcome: {
      status: 'ok',
      userId: 'admin',
      keyId: 'own:1',
      rights: RIGHTS,
      account: 'admin',
      broker: 'angel',
    },
    account: ACCOUNT,
  },
  {
    id: 3,
    type: 'keyVerified',
    outcome: { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' },
    account: null,
  },
  {
    id: 4,
    type: 'keyVerified',
    outcome: {
      status: 'brokerError',
      userId: 'admin',
      keyId: 'openalgo:admin',
      rights: null,
      code: 'BROKER_ERROR',
      message: '',
    },
    account: ACCOUNT,
  },
  {
    id: 5,
    type: 'resolved',
    askedAt: 1.79e18,
    outcomes: [
      {
        status: 'ok',
        instrument: { broker: 'angel', exchange: 'NSE', symbol: 'RELIANCE', segment: 1, token: '2885' },
        hasLast: true,
      },
      { status: 'error', code: 'SYMBOL_NOT_FOUND', message: 'no such symbol' },
    ],
    statuses: [STATUS],
  },
  {
    id: 6,
    type: 'standings',
    standings: [
      { keyId: 'own:1', status: 'good', rights: RIGHTS },
      { keyId: 'own:2', status: 'revoked' },
      { keyId: 'openalgo:admin', status: 'good', rights: null },
      { keyId: 'own:3', status: 'good', rights: RIGHTS },
    ],
  },
  { id: 0, type: 'error', code: 'CONTROL_INVALID', message: 'no' },
];

const bytes = (text: string) => Buffer.from(text);

/** Every way to replace one value in a JSON value, at any depth, by each of `wrongs`. */
function* spoilt(value: unknown, wrongs: readonly unknown[]): Generator<[string, unknown, unknown]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    for (const wrong of wrongs) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      Object.assign(copy, { [key]: wrong });
      yield [key, copy, wrong];
    }
    for (const [path, inner, wrong] of spoilt(member, wrongs)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      Object.assign(copy, { [key]: inner });
      yield [`${key}.${path}`, copy, wrong];
    }
  }
}

test('every request and every answer is read as it was sent', () => {
  for (const request of REQUESTS) assert.deepEqual(parseRequest(bytes(encodeRequest(request))), request);
  for (const answer of ANSWERS) assert.deepEqual(parseAnswer(bytes(encodeAnswer(answer))), answer);
});

test('a request with any field missing or of another kind is answered with what is wrong, under its id', () => {
  for (const request of REQUESTS) {
    const fields: unknown = JSON.parse(encodeRequest(request));
    for (const [path, copy, wrong] of spoilt(fields, [undefined, null, true, -1, 0.5, {}])) {
      // A version that knows no roles does not say whether it checks them, and one that knows no turns not for whom it asks.
      if (path === 'checksRights' && (wrong === true || wrong === undefined)) continue;
      if (path === 'asker' && wrong === undefined) continue;
      const answer = parseRequest(bytes(JSON.stringify(copy)));
      assert.equal(answer.type, 'error', `${path} in ${JSON.stringify(copy)}`);
      if (answer.type !== 'error') continue;
      assert.equal(answer.code, path === 'protocol' ? 'CONTROL_PROTOCOL' : 'CONTROL_INVALID', path);
      assert.equal(answer.id, path === 'id' ? 0 : request.id);
      assert.match(answer.message, new RegExp(path.split('.')[0]!));
    }
  }
});

test('a request of another protocol is told both numbers, whatever else it says', () => {
  const answer = parseRequest(bytes('{"protocol": 2, "id": 9, "type": "dance"}'));
  assert.ok(answer.type === 'error');
  assert.deepEqual([answer.id, answer.code], [9, 'CONTROL_PROTOCOL']);
  assert.match(answer.message, /control protocol 2, this feed host speaks 1/);
});

test('a request that is too large is refused unread, and one with too many wishes too', () => {
  const large = parseRequest(Buffer.alloc(MAX_REQUEST_BYTES + 1, 0x20));
  assert.ok(large.type === 'error');
  assert.deepEqual([large.id, large.code], [0, 'CONTROL_INVALID']);
  const wish = { exchange: 'N', symbol: 'S', mode: MODE.LTP };
  const wishes = Array.from({ length: MAX_RESOLVE_WISHES + 1 }, () => wish);
  const request = { id: 4, type: 'resolve', account: 'a', wishes } as const;
  const many = parseRequest(bytes(encodeRequest(request)));
  assert.ok(many.type === 'error');
  assert.equal(many.id, 4);
  assert.match(many.message, /501 wishes, the limit is 500/);
  const asMany = { ...request, wishes: wishes.slice(1) };
  assert.equal(parseRequest(bytes(encodeRequest(asMany))).type, 'resolve');
});

test('an answer with any field missing or of another kind is none', () => {
  const lists = ['modes', 'depthLevels', 'exchanges', 'symbols'];
  const limits = Object.keys(RIGHTS.limits).map((name) => `limits.${name}`);
  const ofRights = ['outcome.rights', 'roles.0'].flatMap((at) =>
    [...lists, ...limits].map((name) => `${at}.${name}`),
  );
  const nulls = ['page.demoKey', 'account', 'outcome.rights', ...ofRights];
  const isPlaceOfRole = (path: string) => /^standings\.\d+\.1$/.test(path);
  const optional = ['outcome.keyId', 'outcome.rights'];
  for (const answer of ANSWERS) {
    const fields: unknown = JSON.parse(encodeAnswer(answer));
    for (const [path, copy, wrong] of spoilt(fields, [undefined, null, -1, 0.5, {}])) {
      if (wrong === null && nulls.includes(path)) continue;
      if (wrong === undefined && optional.includes(path)) continue;
      if (isPlaceOfRole(path) && (wrong === null || wrong === undefined || wrong === -1)) continue;
      // Nanoseconds may have a fraction.
      if (wrong === 0.5 && path === 'askedAt') continue;
      assert.equal(parseAnswer(bytes(JSON.stringify(copy))), null, `${path}: ${JSON.stringify(copy)}`);
    }
  }
});

test('no bytes and no JSON make the readers fail', () => {
  const anything = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => bytes(text)),
    fc.jsonValue().map((value) => bytes(JSON.stringify({ ...ANSWERS[4], outcomes: value, statuses: value }))),
    fc.jsonValue().map((value) => bytes(JSON.stringify({ protocol: 1, ...REQUESTS[2], wishes: value }))),
  );
  fc.assert(
    fc.property(anything, (frame) => {
      parseAnswer(frame);
      parseRequest(frame);
    }),
  );
});
