import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRestAnswer, readTokens } from '../../src/codec/angel/rest-answer.ts';

function failure(call: 'login' | 'renew' | 'profile', status: number, body: string) {
  const answer = readRestAnswer(call, status, body);
  assert.ok(!answer.ok, 'it should have failed');
  return answer;
}

const services = (errorcode: string, message = 'x') =>
  JSON.stringify({ status: false, message, errorcode, data: null });
const gateway = (errorCode: string, message = 'x') =>
  JSON.stringify({ success: false, message, errorCode, data: '' });

test('a failure is found in both forms of JSON, whatever the HTTP status says', () => {
  for (const status of [200, 400, 401, 403, 500]) {
    assert.deepEqual(failure('login', status, services('AB1050', 'Invalid totp')), {
      ok: false,
      kind: 'totp',
      code: 'AB1050',
      message: 'Invalid totp',
    });
    assert.equal(failure('profile', status, gateway('AG8001')).kind, 'session');
  }
});

test('a code means what it means for the call: a wrong PIN is never taken for a trouble that passes', () => {
  assert.equal(failure('login', 200, services('AB1007')).kind, 'credentials');
  assert.equal(failure('profile', 200, services('AB1007')).kind, 'transient');
  const kinds = {
    credentials: ['AB1000', 'AB1001', 'AB1002', 'AB1031', 'AB1032'],
    account: ['AB1006'],
    configuration: ['AG8004'],
    session: ['AG8001', 'AG8002', 'AB1010', 'AB1011', 'AB1019'],
    refresh: ['AB8050', 'AB8051'],
    transient: ['AB1003', 'AB1004', 'AB2000', 'AB2001'],
    defect: ['AG8003', 'AB1005'],
    unknown: ['AB9999', ''],
  };
  for (const [kind, codes] of Object.entries(kinds)) {
    for (const code of codes) assert.equal(failure('renew', 200, services(code)).kind, kind, code);
  }
});

test('a rate limit is a 403 with a plain text, and no reason to log in again', () => {
  const text = 'Access denied because of exceeding access rate';
  assert.deepEqual(failure('profile', 403, text), {
    ok: false,
    kind: 'rate',
    code: 'HTTP 403',
    message: text,
  });
  assert.equal(failure('login', 429, '').kind, 'rate');
});

test('pages of the firewall and of an outage are told apart, and shown without their markup', () => {
  const rejected = '<html><title>Request Rejected</title>Your support ID is: 1234567890<br></html>';
  assert.deepEqual(failure('login', 200, rejected), {
    ok: false,
    kind: 'firewall',
    code: 'HTTP 200',
    message: 'the request was rejected, support id 1234567890',
  });
  assert.equal(failure('login', 403, 'Forbidden').kind, 'firewall');
  assert.deepEqual(failure('login', 503, '<html><b>Down</b></html>').message, 'Down');
  for (const status of [500, 502, 503, 504])
    assert.equal(failure('login', status, '<html>').kind, 'transient');
  assert.equal(failure('login', 200, ' ').kind, 'transient');
  assert.equal(failure('login', 401, 'no').kind, 'session');
  assert.equal(failure('login', 415, '').kind, 'defect');
  assert.equal(failure('login', 200, '<html>Welcome</html>').kind, 'unknown');
  assert.ok(failure('login', 200, 'x'.repeat(10_000)).message.length <= 200);
});

test('only true itself is a success: no text, no missing data', () => {
  const good = { status: true, message: 'SUCCESS', errorcode: '', data: { jwtToken: 'J' } };
  assert.deepEqual(readRestAnswer('login', 200, JSON.stringify(good)), { ok: true, data: good.data });
  assert.equal(readRestAnswer('login', 500, JSON.stringify(good)).ok, false);
  for (const change of [
    { status: 'true' },
    { status: 'false' },
    { data: null },
    { data: 'null' },
    { data: '' },
    { data: [] },
  ]) {
    assert.equal(readRestAnswer('login', 200, JSON.stringify({ ...good, ...change })).ok, false);
  }
  for (const body of ['null', '[]', '"x"', '1']) assert.equal(readRestAnswer('login', 200, body).ok, false);
});

test('tokens are taken bare, and what is missing is empty', () => {
  assert.deepEqual(readTokens({ jwtToken: ' bearer  J.W.T ', refreshToken: 'R', feedToken: 7 }), {
    authToken: 'J.W.T',
    feedToken: '',
    refreshToken: 'R',
  });
});
