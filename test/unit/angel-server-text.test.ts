import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServerText } from '../../src/codec/angel/server-text.ts';

test('a heartbeat answer is recognised, with stray white space too', () => {
  assert.deepEqual(parseServerText('pong'), { kind: 'pong' });
  assert.deepEqual(parseServerText(' pong\r\n'), { kind: 'pong' });
});

test('an error of a request comes with the id of that request', () => {
  const text =
    '{"correlationID":"a1b2c3d4e5","errorCode":"E1002","errorMessage":"Invalid Request. Subscription Limit Exceeded."}';
  assert.deepEqual(parseServerText(text), {
    kind: 'error',
    correlationId: 'a1b2c3d4e5',
    code: 'E1002',
    message: 'Invalid Request. Subscription Limit Exceeded.',
  });
});

test('an error without an id, with an unknown code or with parts missing is still an error', () => {
  assert.deepEqual(parseServerText('{"errorCode":9999,"errorMessage":"?"}'), {
    kind: 'error',
    correlationId: '',
    code: '9999',
    message: '?',
  });
  assert.deepEqual(parseServerText('{"correlationID":null,"errorMessage":{"text":1}}'), {
    kind: 'error',
    correlationId: '',
    code: '',
    message: '',
  });
});

test('any other text is handed on, cut short, and never throws', () => {
  const others = [
    '',
    'ping',
    'null',
    '17',
    '"pong"',
    '[]',
    '{}',
    '{"status":"ok"}',
    // A published sample of the server lacks a comma.
    '{"correlationID":"a1b2c3d4e5" "errorCode":"E1001","errorMessage":"Invalid Request Payload."}',
    '['.repeat(100_000),
    '\ud800',
  ];
  for (const text of others) {
    assert.deepEqual(parseServerText(text), { kind: 'unknown', text: text.slice(0, 200) });
  }
});

test('an endless error message is cut short, so that it cannot flood a log', () => {
  const parsed = parseServerText(JSON.stringify({ errorCode: 'E1', errorMessage: 'x'.repeat(10_000) }));
  assert.ok(parsed.kind === 'error' && parsed.message.length === 200);
});
