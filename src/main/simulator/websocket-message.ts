const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
const EXTENDED_16 = 126;
const EXTENDED_64 = 127;

/** A whole WebSocket message as a server sends it: unfragmented, unmasked. */
export function encodeMessage(message: Uint8Array | string): Buffer {
  const isText = typeof message === 'string';
  const payload = isText ? Buffer.from(message) : message;
  const head = [isText ? FINAL_TEXT : FINAL_BINARY];
  const { length } = payload;
  if (length < EXTENDED_16) head.push(length);
  else if (length < 0x10000) head.push(EXTENDED_16, length >> 8, length & 0xff);
  else
    head.push(
      EXTENDED_64,
      0,
      0,
      0,
      0,
      length >>> 24,
      (length >> 16) & 0xff,
      (length >> 8) & 0xff,
      length & 0xff,
    );
  return Buffer.concat([Uint8Array.from(head), payload]);
}
