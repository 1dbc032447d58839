/** What a client of a WebSocket server writes, the request to upgrade and masked frames, and how the upgrade is answered. */

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;
const FINAL = 0x80;
const MASKED = 0x80;
const SHORT_HEAD = 6;
const LONG_HEAD = 14;

export function upgradeRequest({ host, pathname, search }: URL): string {
  return (
    `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    'Sec-WebSocket-Key: dGlja3dpcmUtYmVuY2gtIQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
  );
}

/** @returns why the head of an answer is none of an upgrade, or null when it is one */
export function upgradeRefusal(head: string): string | null {
  const [line = ''] = head.split('\r\n', 1);
  if (/^HTTP\/1\.1 101(?: |$)/.test(line)) return null;
  return `answered ${line.replace(/^HTTP\/\S+/, 'HTTP').slice(0, 200)} in place of an upgrade`;
}

/** A client's frames are masked; a mask of zeros leaves the payload as it is. */
export function maskedFrame(opcode: number, payload: Buffer): Buffer {
  // A control frame must have the short form of the length.
  const isShort = payload.length < 126;
  const head = Buffer.alloc(isShort ? SHORT_HEAD : LONG_HEAD);
  head[0] = FINAL | opcode;
  head[1] = MASKED | (isShort ? payload.length : 127);
  if (!isShort) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}
