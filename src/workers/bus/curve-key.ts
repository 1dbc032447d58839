/**
 * A CURVE key as people write it and as ZeroMQ takes it. ZeroMQ's own form (Z85) has characters that shells and env files
 * read as something else, so both forms are accepted, and hex is what we print.
 */

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const KEY_BYTES = 32;
/** Z85 writes four bytes as five digits of base 85. */
const GROUP_BYTES = 4;
const GROUP_DIGITS = 5;
const KEY_DIGITS = (KEY_BYTES / GROUP_BYTES) * GROUP_DIGITS;

/** The key in Z85, from 64 hex digits or from Z85; undefined for a text that is neither. */
export function parseCurveKey(text: string): string | undefined {
  const key = text.trim();
  if (/^[0-9a-f]{64}$/i.test(key)) return encodeZ85(Buffer.from(key, 'hex'));
  return decodeZ85(key) === undefined ? undefined : key;
}

/**
 * A key in Z85 as 64 hex digits.
 * @throws RangeError for a text that is no key in Z85
 */
export function curveKeyToHex(key: string): string {
  const bytes = decodeZ85(key);
  if (bytes === undefined) throw new RangeError(`a key of ${key.length} characters is no key in Z85`);
  return bytes.toString('hex');
}

function encodeZ85(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += GROUP_BYTES) {
    let group = bytes.readUInt32BE(at);
    let digits = '';
    for (let i = 0; i < GROUP_DIGITS; i++) {
      digits = Z85.charAt(group % Z85.length) + digits;
      group = Math.floor(group / Z85.length);
    }
    text += digits;
  }
  return text;
}

function decodeZ85(text: string): Buffer | undefined {
  if (text.length !== KEY_DIGITS) return undefined;
  const bytes = Buffer.alloc(KEY_BYTES);
  for (let group = 0; group < KEY_BYTES / GROUP_BYTES; group++) {
    let value = 0;
    for (const character of text.slice(group * GROUP_DIGITS, (group + 1) * GROUP_DIGITS)) {
      const digit = Z85.indexOf(character);
      if (digit < 0) return undefined;
      value = value * Z85.length + digit;
    }
    if (value > 0xffffffff) return undefined;
    bytes.writeUInt32BE(value, group * GROUP_BYTES);
  }
  return bytes;
}
