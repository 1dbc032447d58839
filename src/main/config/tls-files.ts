/** The certificate of the clients' listener, checked before any worker starts: the socket library says nothing of what is wrong. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from '../../workers/reload-messages.ts';
import type { Config, ConfigKey } from '../config-options.ts';
import { CONFIG_OPTIONS } from '../config-options.ts';
import { TickwireError } from '../errors.ts';

/** Enough to tell two files apart, and too few to say anything of the key. */
const HASH_DIGITS = 12;

type TlsKey = Extract<ConfigKey, 'tlsCert' | 'tlsKey'>;

/**
 * Where certificate and key are, with absolute paths; null for a listener without TLS.
 *
 * @param cwd where a relative path starts
 * @throws TickwireError CONFIG_INVALID when only one is set, or the two cannot serve anybody
 */
export function chooseTlsFiles({ tlsCert, tlsKey }: Pick<Config, TlsKey>, cwd: string): TlsFiles | null {
  if (tlsCert === null && tlsKey === null) return null;
  if (tlsCert === null || tlsKey === null) {
    const [set, missing] =
      tlsCert === null ? (['tlsKey', 'tlsCert'] as const) : (['tlsCert', 'tlsKey'] as const);
    throw invalid(
      `${nameOf(set)} is set, but ${nameOf(missing)} is not: set both, or neither for a listener without TLS.`,
    );
  }
  const certFile = resolve(cwd, tlsCert);
  const keyFile = resolve(cwd, tlsKey);
  const certPem = readPem('tlsCert', certFile);
  const keyPem = readPem('tlsKey', keyFile);
  const cert = parse('tlsCert', certFile, 'a certificate', () => new X509Certificate(certPem));
  const key = parse('tlsKey', keyFile, 'a private key without a passphrase', () => createPrivateKey(keyPem));
  if (!cert.checkPrivateKey(key)) {
    throw invalid(
      `TICKWIRE_TLS_KEY is "${keyFile}", which is not the key of the certificate in TICKWIRE_TLS_CERT, "${certFile}": ` +
        'give the two that were made together. In a file of several certificates the own one comes first.',
    );
  }
  // What the library behind the listener would refuse too: the rest of a chain, a key that is too short.
  parse('tlsCert', certFile, 'a certificate to serve with', () =>
    createSecureContext({ cert: certPem, key: keyPem }),
  );
  const hash = createHash('sha256').update(certPem).update(keyPem).digest('hex');
  const version = `valid until ${cert.validTo}, ${hash.slice(0, HASH_DIGITS)}`;
  return { certFile, keyFile, version };
}

function nameOf(key: TlsKey): string {
  return CONFIG_OPTIONS[key].env;
}

function readPem(key: TlsKey, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(
      `${nameOf(key)} is "${path}", which cannot be read: ${messageOf(cause)}. Correct the path.`,
      cause,
    );
  }
}

function parse<T>(key: TlsKey, path: string, wanted: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalid(
      `${nameOf(key)} is "${path}"; it must be ${wanted}, as PEM text: ${messageOf(cause)}.`,
      cause,
    );
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function invalid(message: string, cause?: unknown): TickwireError {
  return new TickwireError('CONFIG_INVALID', message, cause === undefined ? undefined : { cause });
}
