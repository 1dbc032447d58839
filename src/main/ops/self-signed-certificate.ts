/** A certificate that signs itself: for development, and for the bench. Nobody trusts it who was not told to. */
import { isIP } from 'node:net';
import { generate } from 'selfsigned';

/** Both PEM. */
export interface CertificatePair {
  readonly cert: string;
  /** Without a passphrase. */
  readonly key: string;
}

/** Kinds of alternative names, as the package and X.509 number them. */
const NAME = { DNS: 2, ADDRESS: 7 } as const;
/** Clocks differ: a certificate that begins this moment is not yet valid elsewhere. */
const BEGINS_BEFORE_MS = 3_600_000;

/**
 * Makes a key (ECDSA, P-256) and its certificate. It cannot sign others, so that who trusts it trusts these hosts and nothing
 * else.
 *
 * @param hosts names and addresses by which clients connect, at least one
 * @param validUntil its last moment
 */
export async function makeCertificate(hosts: readonly string[], validUntil: Date): Promise<CertificatePair> {
  const altNames = hosts.map((host) =>
    isIP(host) === 0 ? { type: NAME.DNS, value: host } : { type: NAME.ADDRESS, ip: host },
  );
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Tickwire development' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - BEGINS_BEFORE_MS),
    notAfterDate: validUntil,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  return { cert: withLineEnd(cert), key: withLineEnd(key) };
}

function withLineEnd(pem: string): string {
  return `${pem.trimEnd()}\n`;
}
