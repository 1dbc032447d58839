import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCredentialFault, formatRefusal, LIMIT_MESSAGE } from '../../src/codec/angel/handshake-check.ts';
import { DEMO_CREDENTIALS, resolveSimulatorOptions } from '../../src/main/simulator/simulator-options.ts';

test('each wrong credential is refused with the text that the exchange documents for it', () => {
  const texts = {
    authToken: 'Invalid Header - Invalid Auth token',
    clientCode: 'Invalid Header - Invalid Client Code',
    apiKey: 'Invalid Header - Invalid API Key',
    feedToken: 'Invalid Header - Invalid Feed Token',
  };
  for (const [name, text] of Object.entries(texts)) {
    assert.equal(findCredentialFault({ ...DEMO_CREDENTIALS, [name]: 'wrong' }, DEMO_CREDENTIALS), text);
  }
  assert.equal(findCredentialFault(DEMO_CREDENTIALS, DEMO_CREDENTIALS), null);
  // The query form carries no JWT.
  assert.equal(findCredentialFault({ ...DEMO_CREDENTIALS, authToken: null }, DEMO_CREDENTIALS), null);
});

test('a refused connection gets a well-formed HTTP answer, with a page when the limit is exceeded', () => {
  const [head, body] = formatRefusal({ status: 429, message: LIMIT_MESSAGE }).split('\r\n\r\n');
  assert.ok(head?.startsWith('HTTP/1.1 429 Too Many Requests\r\n'));
  assert.ok(head?.includes(`x-error-message: ${LIMIT_MESSAGE}`));
  assert.ok(head?.includes(`Content-Length: ${body?.length}`));
  assert.match(body ?? '', /^<html>[\s\S]*Jetty/);
  assert.ok(!formatRefusal({ status: 401 }).includes('x-error-message'));
});

test('an option that makes no sense is refused with its value', () => {
  assert.throws(() => resolveSimulatorOptions({ ticksPerSecond: -5 }), /ticksPerSecond is -5/);
  assert.throws(() => resolveSimulatorOptions({ heartbeatTimeoutMs: Number.NaN }), {
    code: 'CONFIG_INVALID',
  });
  const profile: unknown = 'hurricane';
  assert.throws(
    () => resolveSimulatorOptions(JSON.parse(JSON.stringify({ profile }))),
    /profile is 'hurricane'; give one of calm, open, storm/,
  );
});

test('only a storm sends duplicates and garbage by itself', () => {
  const { duplicateEvery, garbageEvery } = resolveSimulatorOptions({ profile: 'storm' });
  assert.deepEqual([duplicateEvery, garbageEvery], [1000, 100_000]);
  const open = resolveSimulatorOptions({ profile: 'open' });
  assert.deepEqual([open.duplicateEvery, open.garbageEvery], [0, 0]);
  assert.equal(resolveSimulatorOptions({ profile: 'storm', duplicateEvery: 0 }).duplicateEvery, 0);
});
