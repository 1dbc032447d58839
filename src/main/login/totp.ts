/** Time-based one-time passwords of RFC 6238 as authenticators show them: SHA-1, steps of 30 s, six digits. */
import { createHmac } from 'node:crypto';

export const TOTP_STEP_MS = 30_000;
const DIGITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BITS_PER_CHARACTER = 5;
const BITS_PER_BYTE = 8;

/**
 * The bytes of a secret in base32, as it stands beside the QR code. Blanks, hyphens and padding count for nothing, nor does
 * the case; null if anything else is in it, or nothing.
 */
export function decodeTotpSecret(text: string): Buffer | null {
  const characters = text.toUpperCase().replace(/[\s-]/g, '').replace(/=+$/, '');
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of characters) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return null;
    value = (value << BITS_PER_CHARACTER) | digit;
    bits += BITS_PER_CHARACTER;
    if (bits < BITS_PER_BYTE) continue;
    bits -= BITS_PER_BYTE;
    bytes.push((value >> bits) & 0xff);
    value &= (1 << bits) - 1;
  }
  return bytes.length > 0 ? Buffer.from(bytes) : null;
}

/** The step in which a moment lies. @param timeMs epoch milliseconds */
export function totpStep(timeMs: number): number {
  return Math.floor(timeMs / TOTP_STEP_MS);
}

/** The code of a step, with its leading zeros. */
export function totpCode(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', secret).update(counter).digest();
  // The last four bits say where the number begins; its sign bit is left out.
  const offset = digest.at(-1)! & 0x0f;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}
