import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { angelHandshakeHeaders } from '../../src/codec/angel/handshake-headers.ts';
import {
  type AngelToken,
  chunk,
  createCorrelationIds,
  encodeRequest,
  HEARTBEAT_TEXT,
} from '../../src/codec/angel/request-encoder.ts';

describe('requests', () => {
  test('a subscribe reads as the official documentation shows it', () => {
    const text = encodeRequest({
      action: 'subscribe',
      mode: 3,
      tokens: [
        { exchangeType: 2, token: '54786' },
        { exchangeType: 1, token: '2885' },
        { exchangeType: 2, token: '41735' },
      ],
      correlationId: 'a1b2c3d4e5',
    });
    assert.equal(
      text,
      '{"correlationID":"a1b2c3d4e5","action":1,"params":{"mode":3,"tokenList":' +
        '[{"exchangeType":2,"tokens":["54786","41735"]},{"exchangeType":1,"tokens":["2885"]}]}}',
    );
  });

  test('an unsubscribe has action 0, and a single token with leading zeros stays a list of one text', () => {
    const tokens = [{ exchangeType: 13, token: '007' }];
    const text = encodeRequest({ action: 'unsubscribe', mode: 1, tokens, correlationId: '0000000000' });
    assert.deepEqual(JSON.parse(text), {
      correlationID: '0000000000',
      action: 0,
      params: { mode: 1, tokenList: [{ exchangeType: 13, tokens: ['007'] }] },
    });
  });

  test('a long list is cut so that no request exceeds its size and no token is lost or sent twice', () => {
    const tokens: AngelToken[] = Array.from({ length: 1001 }, (_, i) => ({
      exchangeType: 1 + (i % 3),
      token: String(i),
    }));
    const requests = chunk({ action: 'subscribe', mode: 2, tokens }, 250, createCorrelationIds());
    assert.deepEqual(
      requests.map((request) => request.tokens.length),
      [250, 250, 250, 250, 1],
    );
    assert.deepEqual(
      requests.flatMap((request) => request.tokens),
      tokens,
    );
    assert.equal(new Set(requests.map((request) => request.correlationId)).size, 5);
    assert.ok(requests.every(({ action, mode }) => action === 'subscribe' && mode === 2));
  });

  test('no tokens make no request, and a size below one is refused', () => {
    const request = { action: 'subscribe', mode: 1, tokens: [] } as const;
    assert.deepEqual(chunk(request, 200, createCorrelationIds()), []);
    for (const size of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => chunk(request, size, createCorrelationIds()), RangeError);
    }
  });
});

test('correlation ids are ten letters or digits and do not repeat', () => {
  const next = createCorrelationIds();
  const ids = Array.from({ length: 10_000 }, next);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9]{10}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test('the heartbeat is the text that the server answers with pong', () =>
  assert.equal(HEARTBEAT_TEXT, 'ping'));

test('the handshake carries all four credentials, the token as it was given', () => {
  const credentials = { authToken: 'Bearer jwt', feedToken: 'feed', apiKey: 'key', clientCode: 'A123' };
  assert.deepEqual(angelHandshakeHeaders(credentials), {
    Authorization: 'Bearer jwt',
    'x-api-key': 'key',
    'x-client-code': 'A123',
    'x-feed-token': 'feed',
  });
  assert.equal(angelHandshakeHeaders({ ...credentials, authToken: 'jwt' }).Authorization, 'jwt');
});
