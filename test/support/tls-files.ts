import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TlsIdentity } from '../../src/main/simulator/simulator-options.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface TlsFixture {
  readonly certFile: string;
  readonly keyFile: string;
  readonly version: string;
  /** The options of a listener with them. */
  readonly flags: readonly string[];
}

/** Writes certificate and key where they are gone after the test. */
export function writeTlsFiles(t: Pick<TestContext, 'after'>, { cert, key }: TlsIdentity): TlsFixture {
  const directory = temporaryDirectory(t);
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  return {
    certFile,
    keyFile,
    version: 'of a test',
    flags: [`--tls-cert=${certFile}`, `--tls-key=${keyFile}`],
  };
}
