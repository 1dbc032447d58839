/** A certificate for 127.0.0.1, made when it is needed: Node signs, but has nothing that writes one. X.509 in DER. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const TAG = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTF8: 0x0c,
  UTC_TIME: 0x17,
  SEQUENCE: 0x30,
  SET: 0x31,
  VERSION: 0xa0,
  EXTENSIONS: 0xa3,
} as const;
/** ecdsa-with-SHA256, commonName, subjectAltName. */
const OID = { SIGNATURE: '2a8648ce3d040302', NAME: '550403', ALTERNATIVES: '551d11' } as const;
const VERSION_3 = 2;
/** An address among the alternative names. */
const ADDRESS = 0x87;
const DAY_MS = 86_400_000;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const oid = (hex: string) => der(TAG.OID, Buffer.from(hex, 'hex'));
const sequence = (...parts: readonly Uint8Array[]) => der(TAG.SEQUENCE, ...parts);

/** `YYMMDDHHMMSSZ`. */
function utcTime(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`;
  return der(TAG.UTC_TIME, Buffer.from(text));
}

/** PEM texts of a key and its certificate, valid from yesterday to tomorrow. */
export function selfSignedCertificate(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = sequence(oid(OID.SIGNATURE));
  const commonName = sequence(oid(OID.NAME), der(TAG.UTF8, Buffer.from('bench')));
  const name = sequence(der(TAG.SET, commonName));
  const addresses = sequence(der(ADDRESS, Buffer.from([127, 0, 0, 1])));
  const alternatives = sequence(oid(OID.ALTERNATIVES), der(TAG.OCTET_STRING, addresses));
  const now = Date.now();
  const content = sequence(
    der(TAG.VERSION, der(TAG.INTEGER, Buffer.from([VERSION_3]))),
    // A leading 1 keeps the serial number positive and of its length.
    der(TAG.INTEGER, Buffer.from([1]), randomBytes(8)),
    algorithm,
    name,
    sequence(utcTime(now - DAY_MS), utcTime(now + DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(TAG.EXTENSIONS, sequence(alternatives)),
  );
  const signature = der(TAG.BIT_STRING, Buffer.from([0]), sign('sha256', content, privateKey));
  const base64 = sequence(content, algorithm, signature).toString('base64');
  const lines = base64.replaceAll(/(.{64})/g, '$1\n').trimEnd();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
