/**
 * Fernet tokens as OpenAlgo stores broker tokens and API keys:
 *
 * | bytes | what |
 * | 1 | version 0x80 |
 * | 8 | time in seconds, big-endian; never checked: when a token was stored |
 * | 16 | initialisation vector |
 * | n × 16 | AES-128-CBC with PKCS7 padding |
 * | 32 | HMAC-SHA256 of all before |
 *
 * in base64 with the URL alphabet and padding. Of the 32-byte key the first half signs, the second half encrypts.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  pbkdf2Sync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const VERSION = 0x80;
const TIME_OFFSET = 1;
const IV_OFFSET = 9;
const CIPHERTEXT_OFFSET = 25;
const BLOCK_BYTES = 16;
const SIGNATURE_BYTES = 32;
const KEY_BYTES = 32;
const SIGNING_KEY_BYTES = 16;
const PBKDF2_ITERATIONS = 100_000;

/** Salt of OpenAlgo installations that are older than the `FERNET_SALT` setting. */
const LEGACY_SALT = Buffer.from('openalgo_static_salt', 'ascii');
/** OpenAlgo takes a shorter `FERNET_SALT` for not set. */
const SALT_MIN_HEX_DIGITS = 32;

/** The salt that a `FERNET_SALT` setting stands for: its bytes, or the legacy salt where OpenAlgo would take that. */
export function fernetSaltBytes(setting: string | null): Buffer {
  const hex = (setting ?? '').trim();
  const isUsable = hex.length >= SALT_MIN_HEX_DIGITS && hex.length % 2 === 0 && /^[0-9a-f]+$/i.test(hex);
  return isUsable ? Buffer.from(hex, 'hex') : LEGACY_SALT;
}

/** The 32-byte Fernet key that OpenAlgo derives from its pepper. Takes some 10 ms of the calling thread. */
export function deriveFernetKey(pepper: string, salt: Buffer): Buffer {
  return pbkdf2Sync(pepper, salt, PBKDF2_ITERATIONS, KEY_BYTES, 'sha256');
}

/** The token for `text`. Time (seconds) and vector are given by tests only. */
export function encryptFernet(
  key: Buffer,
  text: string,
  seconds: number = Math.floor(Date.now() / 1000),
  iv: Buffer = randomBytes(BLOCK_BYTES),
): string {
  const head = Buffer.alloc(IV_OFFSET);
  head.writeUInt8(VERSION, 0);
  head.writeBigUInt64BE(BigInt(seconds), TIME_OFFSET);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(SIGNING_KEY_BYTES), iv);
  const body = Buffer.concat([head, iv, cipher.update(text, 'utf8'), cipher.final()]);
  const token = Buffer.concat([body, sign(key, body)]);
  return token.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** The text of `token`, or null if it is none, was damaged, or was made with another key. Never throws. */
export function decryptFernet(key: Buffer, token: string): string | null {
  const bytes = Buffer.from(token, 'base64url');
  const ciphertextBytes = bytes.length - CIPHERTEXT_OFFSET - SIGNATURE_BYTES;
  if (ciphertextBytes < BLOCK_BYTES || ciphertextBytes % BLOCK_BYTES !== 0 || bytes[0] !== VERSION)
    return null;
  const body = bytes.subarray(0, -SIGNATURE_BYTES);
  if (!timingSafeEqual(sign(key, body), bytes.subarray(-SIGNATURE_BYTES))) return null;
  const iv = body.subarray(IV_OFFSET, CIPHERTEXT_OFFSET);
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(SIGNING_KEY_BYTES), iv);
  try {
    return decipher.update(body.subarray(CIPHERTEXT_OFFSET), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null; // signed by our key, but with a padding that no Fernet writer makes
  }
}

/** When `token` was made, ms since 1970, as it says itself; null if it is none. The signature is not looked at. Never throws. */
export function fernetTime(token: string): number | null {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length < CIPHERTEXT_OFFSET || bytes[0] !== VERSION) return null;
  return Number(bytes.readBigUInt64BE(TIME_OFFSET)) * 1000;
}

function sign(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key.subarray(0, SIGNING_KEY_BYTES)).update(body).digest();
}

/** Fernet under an installation's pepper and salt. Rows that OpenAlgo failed to migrate may be on the legacy salt. */
export class Fernet {
  readonly #key: Buffer;
  readonly #pepper: string;
  /** Null until something does not fit the other key: most installations never have such a row. */
  #legacyKey: Buffer | null;

  constructor(pepper: string, saltSetting: string | null) {
    const salt = fernetSaltBytes(saltSetting);
    this.#pepper = pepper;
    this.#key = deriveFernetKey(pepper, salt);
    this.#legacyKey = salt === LEGACY_SALT ? this.#key : null;
  }

  encrypt(text: string): string {
    return encryptFernet(this.#key, text);
  }

  /** The text of `token` under the configured salt, else under the legacy one; null if neither fits. Never throws. */
  decrypt(token: string): string | null {
    const text = decryptFernet(this.#key, token);
    if (text !== null) return text;
    this.#legacyKey ??= deriveFernetKey(this.#pepper, LEGACY_SALT);
    return decryptFernet(this.#legacyKey, token);
  }
}
