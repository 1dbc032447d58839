import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../src/main/ops/self-signed-certificate.ts';

const DAY_MS = 86_400_000;

/** The options of an engine whose clients come over TLS, with a certificate for 127.0.0.1 that is made in the directory. */
export async function makeTlsFlags(directory: string): Promise<string[]> {
  const { cert, key } = await makeCertificate(['127.0.0.1'], new Date(Date.now() + DAY_MS));
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return [`--tls-cert=${certFile}`, `--tls-key=${keyFile}`];
}
