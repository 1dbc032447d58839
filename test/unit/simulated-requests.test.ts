import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRequestError, parseSubscriptionRequest } from '../../src/codec/angel/request-parser.ts';

const GOOD = {
  correlationID: 'a1b2c3d4e5',
  action: 1,
  params: {
    mode: 3,
    tokenList: [
      { exchangeType: 2, tokens: ['54786', '41735'] },
      { exchangeType: 1, tokens: ['2885'] },
    ],
  },
};

test('a request over several exchanges is read whole', () => {
  assert.deepEqual(parseSubscriptionRequest(JSON.stringify(GOOD)).request, {
    correlationId: 'a1b2c3d4e5',
    action: 'subscribe',
    mode: 3,
    tokens: [
      { exchangeType: 2, token: '54786' },
      { exchangeType: 2, token: '41735' },
      { exchangeType: 1, token: '2885' },
    ],
  });
  const { correlationID: _, ...anonymous } = { ...GOOD, action: 0 };
  const { request } = parseSubscriptionRequest(JSON.stringify(anonymous));
  assert.deepEqual([request?.action, request?.correlationId], ['unsubscribe', '']);
});

test('a request that breaks a rule is refused under its own correlation id', () => {
  const withTokens = (tokenList: unknown) => ({ ...GOOD, params: { mode: 3, tokenList } });
  const faults: unknown[] = [
    { ...GOOD, action: 2 },
    { ...GOOD, action: '1' },
    { ...GOOD, params: undefined },
    { ...GOOD, params: { ...GOOD.params, mode: 5 } },
    { ...GOOD, params: { ...GOOD.params, mode: '3' } },
    withTokens(undefined),
    withTokens({ exchangeType: 1, tokens: ['1'] }),
    withTokens([null]),
    withTokens([{ exchangeType: 6, tokens: ['1'] }]),
    withTokens([{ exchangeType: '1', tokens: ['1'] }]),
    withTokens([{ exchangeType: 1, tokens: '1' }]),
    withTokens([{ exchangeType: 1, tokens: [1] }]),
    withTokens([{ exchangeType: 1, tokens: [''] }]),
    withTokens([{ exchangeType: 1, tokens: ['1'.repeat(26)] }]),
  ];
  for (const fault of faults) {
    assert.deepEqual(
      parseSubscriptionRequest(JSON.stringify(fault)),
      { request: null, correlationId: 'a1b2c3d4e5' },
      JSON.stringify(fault),
    );
  }
  for (const text of ['', '{', 'null', '[]', '"ping"', '{"correlationID":7,"action":1}']) {
    assert.deepEqual(parseSubscriptionRequest(text), { request: null, correlationId: '' }, text);
  }
});

test('an error frame has exactly the three keys of the exchange', () => {
  assert.equal(
    formatRequestError('a1b2c3d4e5', 'E1002'),
    '{"correlationID":"a1b2c3d4e5","errorCode":"E1002","errorMessage":"Invalid Request. Subscription Limit Exceeded."}',
  );
});
