import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRestAnswer, readTokens } from '../../src/codec/angel/rest-answer.ts';
import { fuzz } from '../support/fuzz-budget.ts';

const keys = fc.constantFrom(
  'status',
  'success',
  'message',
  'errorcode',
  'errorCode',
  'data',
  'jwtToken',
  'x',
);
const values = fc.oneof(fc.constantFrom(true, false, 'true', 'AG8001', 'AB1050', null, ''), fc.jsonValue());
const bodies = fc.oneof(
  fc.string(),
  fc.json(),
  fc.dictionary(keys, values).map((each) => JSON.stringify(each)),
);

test('whatever a broker answers is a success with data, or a failure with a code and a short message', async () => {
  const calls = fc.constantFrom('login' as const, 'renew' as const, 'profile' as const);
  const statuses = fc.constantFrom(0, 200, 204, 307, 401, 403, 404, 415, 429, 500, 503);
  await fuzz(
    fc.property(calls, statuses, bodies, (call, status, body) => {
      const answer = readRestAnswer(call, status, body);
      if (answer.ok) {
        assert.equal(status, 200);
        const tokens = readTokens(answer.data);
        assert.ok(Object.values(tokens).every((token) => typeof token === 'string'));
        return;
      }
      assert.ok(answer.code.length > 0 && answer.kind.length > 0);
      assert.ok(answer.message.length <= 200);
    }),
  );
});
