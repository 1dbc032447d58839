/** What brokers and libraries write comes into logs and to clients; credentials must not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServerText as parseAngelText } from '../../src/codec/angel/server-text.ts';
import { parseServerText as parseKiteText } from '../../src/codec/zerodha/server-text.ts';
import { redact } from '../../src/workers/feed/redact.ts';

const TOKEN = `eyJhbGciOi/${'S3cr3t'.repeat(60)}`;

test('credentials are hidden, also percent-encoded, and so is the query of an address', () => {
  assert.equal(
    redact(`bad ${TOKEN}, or ${encodeURIComponent(TOKEN)}!`, [TOKEN]),
    'bad (hidden), or (hidden)!',
  );
  assert.equal(
    redact('no route to wss://a.example/?k=v&t=1 today', []),
    'no route to wss://a.example/?(hidden) today',
  );
});

test('the beginning of a token that a cut text of a broker ends with is hidden', () => {
  for (const filler of ['', 'x'.repeat(150)]) {
    const words = `${filler} invalid token ${TOKEN} of this user`;
    const kite = parseKiteText(JSON.stringify({ type: 'error', data: words }));
    const angel = parseAngelText(JSON.stringify({ errorCode: 'E1', errorMessage: words }));
    assert.ok(kite.kind === 'error' && angel.kind === 'error');
    for (const { message } of [kite, angel]) {
      assert.equal(redact(message, ['AB12', TOKEN]), `${filler} invalid token (hidden)`);
    }
  }
});

test('a text without credentials stays as it is, up to a length that a log can bear', () => {
  assert.equal(redact('socket hang up', [TOKEN, 'up']), 'socket hang up');
  assert.equal(redact('x'.repeat(1000), [TOKEN]).length, 300);
});
