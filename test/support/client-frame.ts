/** WebSocket frames as a client sends them, and as no client would. */
import { OPCODE } from './raw-client.ts';

export interface FrameParts {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Default true. */
  readonly fin?: boolean;
  /** The reserved bits, RSV1 being 4. */
  readonly rsv?: number;
  /** Four bytes; null for a frame that is not masked. By default some that change every byte. */
  readonly mask?: Uint8Array | null;
  /** Bytes that the length takes: 1, 3 or 9. By default as few as it needs. */
  readonly lengthBytes?: 1 | 3 | 9 | undefined;
  /** Length that the head names, in place of that of the payload. */
  readonly announced?: number | bigint;
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

export function clientFrame(parts: FrameParts): Buffer {
  const { opcode, fin = true, rsv = 0, mask = MASK } = parts;
  const payload = Buffer.from((parts.payload ?? '') as string);
  const length = BigInt(parts.announced ?? payload.length);
  const lengthBytes = parts.lengthBytes ?? (length < 126n ? 1 : length < 65_536n ? 3 : 9);
  const head = Buffer.alloc(1 + lengthBytes + (mask === null ? 0 : 4));
  head[0] = (fin ? 0x80 : 0) | ((rsv & 7) << 4) | (opcode & 15);
  if (lengthBytes === 1) head[1] = Number(length & 127n);
  else head[1] = lengthBytes === 3 ? 126 : 127;
  if (lengthBytes === 3) head.writeUInt16BE(Number(length & 0xffffn), 2);
  if (lengthBytes === 9) head.writeBigUInt64BE(length & 0xffffffffffffffffn, 2);
  if (mask === null) return Buffer.concat([head, payload]);
  head[1]! |= 0x80;
  head.set(mask, 1 + lengthBytes);
  const masked = Buffer.allocUnsafe(payload.length);
  for (let i = 0; i < payload.length; i++) masked[i] = payload[i]! ^ mask[i & 3]!;
  return Buffer.concat([head, masked]);
}

/** A message in several frames; `cuts` are the lengths of all but the last. */
export function fragments(opcode: number, payload: Uint8Array, size: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < payload.length; at += size) {
    const isLast = at + size >= payload.length;
    const part = payload.subarray(at, at + size);
    frames.push(clientFrame({ opcode: at === 0 ? opcode : OPCODE.CONTINUATION, fin: isLast, payload: part }));
  }
  return frames;
}

export function closeFrame(code: number | null, reason: Uint8Array | string = ''): Buffer {
  if (code === null) return clientFrame({ opcode: OPCODE.CLOSE });
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return clientFrame({ opcode: OPCODE.CLOSE, payload: Buffer.concat([head, Buffer.from(reason as string)]) });
}
