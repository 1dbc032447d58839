/** Somebody else answers in the broker's place, or something that speaks no TLS. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runScene } from '../../support/scene-process.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { TEST_TLS } from '../../support/tls-identity.ts';

test('a server without a certificate to trust, or without TLS, gets no token; the true one is found again', async (t) => {
  const trusted = join(temporaryDirectory(t), 'ca.pem');
  writeFileSync(trusted, TEST_TLS.cert);
  // Node reads it at the start of a process, and whoever switches the check off for all must not do so for the broker.
  const env = { NODE_EXTRA_CA_CERTS: trusted, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const { reasons } = (await runScene(t, './tls-fault-process.ts', { env })) as { reasons: string[] };
  assert.match(
    reasons[0]!,
    /^self-signed certificate: nobody .* 127\.0\.0\.1:\d+ shows.*NODE_EXTRA_CA_CERTS/,
  );
  assert.match(reasons[1]!, /SSL|TLS/i);
});
