/** Pairs of CURVE keys. CURVE's keys are those of X25519, which Node.js makes without loading ZeroMQ. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Both 64 hex digits. */
export interface CurvePair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What stands before the 32 bytes of a secret key in its PKCS #8 form. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** A new random pair. */
export function makeCurvePair(): CurvePair {
  const { privateKey } = generateKeyPairSync('x25519');
  const secretKey = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_PREFIX.length);
  return { publicKey: publicHalf(privateKey), secretKey: secretKey.toString('hex') };
}

/** The public key of a secret one. @param secretKey 64 hex digits */
export function publicCurveKey(secretKey: string): string {
  const key = Buffer.concat([PKCS8_PREFIX, Buffer.from(secretKey, 'hex')]);
  return publicHalf(createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
}

function publicHalf(privateKey: KeyObject): string {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex');
}
