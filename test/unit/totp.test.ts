import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTotpSecret, totpCode, totpStep } from '../../src/main/login/totp.ts';
import { readTotpSource } from '../../src/main/login/totp-source.ts';

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** RFC 6238, SHA-1, cut to six digits. */
const VECTORS = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

for (const [seconds, code] of VECTORS) {
  test(`the code of RFC 6238 at ${seconds} s is ${code}, with its leading zeros`, () => {
    assert.equal(totpCode(decodeTotpSecret(SECRET)!, totpStep(seconds * 1000)), code);
  });
}

test('a secret is read as people copy it: in groups, in small letters, with padding', () => {
  const bytes = Buffer.from('12345678901234567890');
  for (const text of [SECRET, 'gezd gnbv gy3t qojq-gezd gnbv gy3t qojq', `${SECRET}====`]) {
    assert.deepEqual(decodeTotpSecret(text), bytes);
  }
  assert.deepEqual(decodeTotpSecret('MZXW6YQ='), Buffer.from('foob'));
});

test('what is no secret is refused, and not repeated in the message', () => {
  for (const text of ['', '====', 'ABC1', 'a key with ünicode', '0821'])
    assert.equal(decodeTotpSecret(text), null, text);
  assert.throws(
    () => readTotpSource('hunter2-hunter8'),
    (error: Error) => !error.message.includes('hunter'),
  );
});

test('six digits are a code, anything else a secret', () => {
  assert.deepEqual(readTotpSource(' 081804 '), { kind: 'code', code: '081804' });
  assert.equal(readTotpSource(SECRET).kind, 'secret');
  assert.throws(() => readTotpSource('0818044'), /neither a code of six digits nor the secret/);
});
