import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DOWNLOAD_LIMITS, downloadList } from '../../src/main/instruments/list-download.ts';
import { insistOnCertificates } from '../../src/main/ops/insist-on-certificates.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TEST_TLS } from '../support/tls-identity.ts';

/** What people copy from a forum when a certificate is in their way. */
const SWITCH = 'NODE_TLS_REJECT_UNAUTHORIZED';

async function secureServer(t: TestContext): Promise<string> {
  const server = createServer({ ...TEST_TLS }, (_, response) => response.end('[]')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an environment that switches the check of certificates off has no effect, and the operator reads what has', async (t) => {
  const host = await secureServer(t);
  process.env[SWITCH] = '0';
  t.after(() => delete process.env[SWITCH]);
  const lines: string[] = [];
  insistOnCertificates(process.env, (line) => lines.push(line));
  assert.match(lines.join(), /NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect.*NODE_EXTRA_CA_CERTS/);
  const download = downloadList({
    from: `https://${host}/list.json?token=hunter2`,
    headers: {},
    known: null,
    to: join(temporaryDirectory(t), 'list.json'),
    limits: DOWNLOAD_LIMITS,
    onProgress: () => {},
  });
  await assert.rejects(download, (error: Error) => {
    assert.match(error.message, new RegExp(`self-signed certificate: .*${host}.*NODE_EXTRA_CA_CERTS`));
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});

test('an environment that leaves the check on is left alone', () => {
  const env = { [SWITCH]: '1', PATH: '/bin' };
  insistOnCertificates(env, (line) => assert.fail(line));
  assert.deepEqual(env, { [SWITCH]: '1', PATH: '/bin' });
});
