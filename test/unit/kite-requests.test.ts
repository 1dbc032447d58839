import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kiteHandshake, readKiteSession } from '../../src/codec/zerodha/handshake.ts';
import { chunk, encodeRequest } from '../../src/codec/zerodha/request-encoder.ts';
import { parseRequest } from '../../src/codec/zerodha/request-parser.ts';
import { parseServerText } from '../../src/codec/zerodha/server-text.ts';
import {
  exchangeTokenOf,
  formatTableToken,
  parseToken,
  resolveTableToken,
  tokenOf,
} from '../../src/codec/zerodha/token.ts';

describe('requests', () => {
  test('have exactly the texts that the exchange documents, with tokens as numbers', () => {
    assert.equal(
      encodeRequest({ action: 'subscribe', tokens: [408065, 884737] }),
      '{"a":"subscribe","v":[408065,884737]}',
    );
    assert.equal(
      encodeRequest({ action: 'unsubscribe', tokens: [408065] }),
      '{"a":"unsubscribe","v":[408065]}',
    );
    assert.equal(
      encodeRequest({ action: 'mode', mode: 3, tokens: [408065] }),
      '{"a":"mode","v":["full",[408065]]}',
    );
    assert.equal(encodeRequest({ action: 'mode', mode: 1, tokens: [1] }), '{"a":"mode","v":["ltp",[1]]}');
  });

  test('are cut at the limit, and nothing makes no request', () => {
    assert.deepEqual(chunk([1, 2, 3], 2), [[1, 2], [3]]);
    assert.deepEqual(chunk([], 2), []);
    assert.throws(() => chunk([1], 0), /0 tokens: give a positive integer/);
  });

  test('of a client are what the simulated exchange reads', () => {
    const tokens = [408065, 4294967295];
    const addresses = [
      { exchangeType: 1, token: '408065' },
      { exchangeType: 255, token: '4294967295' },
    ];
    assert.deepEqual(parseRequest(encodeRequest({ action: 'mode', mode: 2, tokens }), 3000), {
      kind: 'mode',
      mode: 2,
      tokens: addresses,
    });
    assert.deepEqual(parseRequest(encodeRequest({ action: 'subscribe', tokens }), 3000), {
      kind: 'subscribe',
      mode: 2,
      tokens: addresses,
      limitAnswer: '{"type":"error","data":"Can\'t subscribe to more than 3000 instruments."}',
    });
  });

  test('that make no sense get no answer, and tokens in quotes are not served', () => {
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"a":"subscribe"}',
      '{"a":"mode","v":["deep",[1]]}',
      '{"a":"x","v":[]}',
    ]) {
      assert.deepEqual(parseRequest(text, 3000), { kind: 'fault', answer: null }, text);
    }
    const request = parseRequest('{"a":"subscribe","v":["408065",1.5,-1,408065]}', 3000);
    assert.ok(request.kind === 'subscribe');
    assert.deepEqual(request.tokens, [{ exchangeType: 1, token: '408065' }]);
  });
});

describe('texts of the server', () => {
  test('are told apart, and the quota error is recognised', () => {
    const limit = "Can't subscribe to more than 3000 instruments.";
    assert.deepEqual(parseServerText(JSON.stringify({ type: 'error', data: limit })), {
      kind: 'error',
      message: limit,
      isLimit: true,
    });
    const other = parseServerText('{"type":"error","data":{"code":7}}');
    assert.deepEqual(other, { kind: 'error', message: '{"code":7}', isLimit: false });
    assert.deepEqual(parseServerText('{"type":"message","data":"Maintenance at 4"}'), {
      kind: 'message',
      text: 'Maintenance at 4',
    });
  });

  test("of an order are nobody's business here: nothing of them is kept", () => {
    const text = JSON.stringify({ type: 'order', data: { user_id: 'AB1234', order_id: '1' } });
    assert.deepEqual(parseServerText(text), { kind: 'order' });
  });

  test('that nobody knows are cut, whatever they are', () => {
    for (const text of ['', 'null', '[1]', '"x"', '{"type":7}', 'not json', '{"type":"later","data":1}']) {
      assert.deepEqual(parseServerText(text), { kind: 'unknown', text }, text);
    }
    const unknown = parseServerText('x'.repeat(5000));
    assert.ok(unknown.kind === 'unknown' && unknown.text.length === 200);
    const message = parseServerText(JSON.stringify({ type: 'error', data: 'x'.repeat(5000) }));
    assert.ok(message.kind === 'error' && message.message.length === 200);
  });
});

describe('the handshake', () => {
  test('has the credentials percent-encoded in the query, and the version in a header', () => {
    const handshake = kiteHandshake('wss://ws.kite.trade', { apiKey: 'a b&c', authToken: 'x+y=z/1' });
    assert.deepEqual(handshake, {
      url: 'wss://ws.kite.trade/?api_key=a%20b%26c&access_token=x%2By%3Dz%2F1',
      headers: { 'X-Kite-Version': '3' },
    });
  });

  test('takes a stored session apart at its first colon', () => {
    assert.deepEqual(readKiteSession('key:to:ken', 'other'), { apiKey: 'key', authToken: 'to:ken' });
    assert.deepEqual(readKiteSession('token', 'other'), { apiKey: 'other', authToken: 'token' });
  });
});

describe('tokens', () => {
  test("are found in front of the exchange's in OpenAlgo's table", () => {
    assert.deepEqual(resolveTableToken('408065::::1594'), { segment: 1, token: '408065' });
    assert.deepEqual(resolveTableToken('256265::::1001'), { segment: 9, token: '256265' });
    assert.equal(formatTableToken(tokenOf(1594, 1)), '408065::::1594');
    assert.equal(exchangeTokenOf(4294967295), 16777215);
  });

  test('that are no numbers of 32 bits are none of Kite', () => {
    for (const text of ['', 'abc', '-1', '1.5', '007', '4294967296', ' 7', '1e3']) {
      assert.equal(resolveTableToken(`${text}::::5`), null, text);
      assert.equal(parseToken(text), null, text);
    }
  });

  test("of another broker's table are not taken for Kite's, where they would be some other instrument", () => {
    for (const text of ['2885', '408065', '99926000']) assert.equal(resolveTableToken(text), null, text);
  });

  test('reach from 0 to 2^32 - 1', () => {
    assert.equal(parseToken('4294967295'), 4294967295);
    assert.equal(parseToken('0'), 0);
  });
});
