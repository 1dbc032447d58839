import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { chooseTlsFiles } from '../../src/main/config/tls-files.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { STRANGER_TLS, TEST_TLS } from '../support/tls-identity.ts';

const NOWHERE = '/nonexistent';

function refusal(tlsCert: string | null, tlsKey: string | null): string {
  let refused: unknown;
  try {
    chooseTlsFiles({ tlsCert, tlsKey }, NOWHERE);
  } catch (error) {
    refused = error;
  }
  assert.ok(refused instanceof TickwireError, 'it should have been refused');
  assert.equal(refused.code, 'CONFIG_INVALID');
  return refused.message;
}

test('without certificate and key the listener has no TLS', () => {
  assert.equal(chooseTlsFiles({ tlsCert: null, tlsKey: null }, NOWHERE), null);
});

test('certificate and key are found from the working directory', (t) => {
  const { certFile, keyFile } = writeTlsFiles(t, TEST_TLS);
  const relative = { tlsCert: basename(certFile), tlsKey: basename(keyFile) };
  const { version, ...found } = chooseTlsFiles(relative, dirname(certFile))!;
  assert.deepEqual(found, { certFile, keyFile });
  assert.match(version, /^valid until .* GMT, [0-9a-f]{12}$/);
});

test('half a configuration of TLS is refused, and the message names the half that is missing', (t) => {
  const { certFile, keyFile } = writeTlsFiles(t, TEST_TLS);
  assert.match(refusal(certFile, null), /^TICKWIRE_TLS_CERT is set, but TICKWIRE_TLS_KEY is not/);
  assert.match(refusal(null, keyFile), /^TICKWIRE_TLS_KEY is set, but TICKWIRE_TLS_CERT is not/);
});

test('a file that is not there is named with its option', (t) => {
  const { certFile, keyFile } = writeTlsFiles(t, TEST_TLS);
  assert.match(
    refusal('away.pem', keyFile),
    /^TICKWIRE_TLS_CERT is "\/nonexistent\/away\.pem", which cannot be read: ENOENT/,
  );
  assert.match(
    refusal(certFile, 'away.key'),
    /^TICKWIRE_TLS_KEY is "\/nonexistent\/away\.key", which cannot be read: ENOENT/,
  );
});

test('a file that holds something else is refused, and nothing of it is repeated', (t) => {
  const { certFile, keyFile } = writeTlsFiles(t, TEST_TLS);
  const other = writeTlsFiles(t, { cert: 'hush hush', key: 'hush hush' });
  const messages = [
    refusal(other.certFile, keyFile),
    refusal(certFile, other.keyFile),
    // Taken for one another.
    refusal(keyFile, certFile),
    refusal(certFile, certFile),
  ];
  assert.match(messages[0]!, /^TICKWIRE_TLS_CERT is ".*"; it must be a certificate, as PEM text: /);
  assert.match(
    messages[1]!,
    /^TICKWIRE_TLS_KEY is ".*"; it must be a private key without a passphrase, as PEM/,
  );
  assert.match(messages[2]!, /^TICKWIRE_TLS_CERT /);
  assert.match(messages[3]!, /^TICKWIRE_TLS_KEY /);
  for (const message of messages) assert.doesNotMatch(message, /hush|BEGIN/);
});

test('a key with a passphrase is refused, since nobody is there to type it', (t) => {
  const { certFile, keyFile } = writeTlsFiles(t, TEST_TLS);
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' },
  });
  writeFileSync(keyFile, privateKey);
  assert.match(
    refusal(certFile, keyFile),
    /^TICKWIRE_TLS_KEY is ".*"; it must be a private key without a passphrase/,
  );
});

test('the key of another certificate is refused, and the message names both files', (t) => {
  const { certFile } = writeTlsFiles(t, TEST_TLS);
  const { keyFile } = writeTlsFiles(t, STRANGER_TLS);
  const message = refusal(certFile, keyFile);
  assert.match(
    message,
    /^TICKWIRE_TLS_KEY is ".*", which is not the key of the certificate in TICKWIRE_TLS_CERT/,
  );
  assert.ok(message.includes(certFile) && message.includes(keyFile), message);
});

test('a chain with a spoiled certificate behind a good one is refused', (t) => {
  const { certFile, keyFile } = writeTlsFiles(t, TEST_TLS);
  const spoiled = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  writeFileSync(join(certFile), `${TEST_TLS.cert}${spoiled}`);
  assert.match(
    refusal(certFile, keyFile),
    /^TICKWIRE_TLS_CERT is ".*"; it must be a certificate to serve with/,
  );
});
