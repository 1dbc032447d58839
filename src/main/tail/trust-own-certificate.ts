import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import tls from 'node:tls';
import type { Config } from '../config-options.ts';

/**
 * Lets this process trust the certificate of its own configuration, which nobody may have signed: whoever writes that file may
 * choose whom to trust. Does nothing where there is none, where it cannot be read, and before Node.js 22.19.
 *
 * @param cwd where a relative path starts
 */
export function trustOwnCertificate({ tlsCert }: Pick<Config, 'tlsCert'>, cwd: string): void {
  if (tlsCert === null || !('setDefaultCACertificates' in tls)) return;
  let own: string;
  try {
    own = readFileSync(resolve(cwd, tlsCert), 'utf8');
  } catch {
    // It may be the engine's user's alone; then the connection is refused with what to do.
    return;
  }
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), own]);
}
