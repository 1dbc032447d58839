/** Bytes of a WebSocket server, and what two readers make of them: `ws` alone, and ours with `ws` behind it. */
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { FrameReader } from '../../src/workers/feed/frame-reader.ts';

/** Small, so that short streams reach all of them. */
const MOST_MESSAGE_BYTES = 2000;
const READ_BYTES = 1024;
const LONGEST_FRAME = READ_BYTES / 2;

/** The types of the package leave it out. */
const { Receiver }: { Receiver: new (options: object) => Writable } = createRequire(import.meta.url)('ws');

/** One event in a line. */
type Seen = string;

function receiverInto(seen: Seen[]): Writable {
  const receiver = new Receiver({
    isServer: false,
    maxPayload: MOST_MESSAGE_BYTES,
    skipUTF8Validation: true,
    maxFragments: 16 * 1024,
    maxBufferedChunks: 256 * 1024,
  });
  receiver.on('message', (data: Buffer, isBinary: boolean) => seen.push(messageLine(data, isBinary)));
  receiver.on('ping', (data: Buffer) => seen.push(`ping ${data.toString('hex')}`));
  receiver.on('pong', (data: Buffer) => seen.push(`pong ${data.toString('hex')}`));
  receiver.on('conclude', (code: number, reason: Buffer) =>
    seen.push(`close ${code} ${reason.toString('hex')}`),
  );
  receiver.on('error', (error: Error) => seen.push(`error ${error.message}`));
  return receiver;
}

function messageLine(data: Buffer, isBinary: boolean): Seen {
  return `${isBinary ? 'binary' : 'text'} ${data.toString('hex')}`;
}

/** What `ws` alone makes of the chunks. */
export async function seenByWs(chunks: readonly Buffer[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  const receiver = receiverInto(seen);
  for (const chunk of chunks)
    if (!receiver.writableEnded && !receiver.destroyed) receiver.write(Buffer.from(chunk));
  await nextTurn();
  return seen;
}

/**
 * What our reader makes of them, in a buffer that is used again for each, and `ws` of what it is given.
 * @param handedOn gets what `ws` is given
 */
export async function seenByReader(chunks: readonly Buffer[], handedOn: Buffer[] = []): Promise<Seen[]> {
  const seen: Seen[] = [];
  const receiver = receiverInto(seen);
  const reader = new FrameReader(
    {
      onMessage: (bytes, offset, length, isBinary) =>
        seen.push(messageLine(bytes.subarray(offset, offset + length), isBinary)),
      onOther: (bytes) => {
        handedOn.push(Buffer.from(bytes));
        if (!receiver.writableEnded && !receiver.destroyed) receiver.write(Buffer.from(bytes));
      },
    },
    LONGEST_FRAME,
    MOST_MESSAGE_BYTES,
  );
  const buffer = Buffer.alloc(READ_BYTES, 0xff);
  let kept = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const count = chunk.copy(buffer, kept, from);
      from += count;
      const end = kept + count;
      const at = reader.read(buffer, 0, end);
      buffer.copyWithin(0, at, end);
      kept = end - at;
      // Nothing may look at bytes that were read.
      buffer.fill(0xff, kept);
    }
  }
  await nextTurn();
  return seen;
}

/** A frame as a server may write it, or not. */
export function frame(first: number, payload: Uint8Array, mask = 0): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([first, mask | length]), payload]);
  if (length < 65536)
    return Buffer.concat([Buffer.from([first, mask | 126, length >> 8, length & 0xff]), payload]);
  const head = Buffer.from([first, mask | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 6);
  return Buffer.concat([head, payload]);
}

const FINAL = 0x80;
const length = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 51, 123, 125, 126, 127, 379) },
  { weight: 3, arbitrary: fc.nat({ max: 600 }) },
  fc.constantFrom(LONGEST_FRAME - 4, LONGEST_FRAME - 3, MOST_MESSAGE_BYTES, MOST_MESSAGE_BYTES + 1),
);
const payload = fc
  .tuple(length, fc.nat({ max: 255 }))
  .map(([size, seed]) => Buffer.from(Array.from({ length: size }, (_, i) => (seed + i * 7) & 0xff)));
const opcode = fc.constantFrom(1, 2);
const whole = fc.tuple(opcode, payload).map(([code, bytes]) => frame(FINAL | code, bytes));
const control = fc
  .tuple(fc.constantFrom(0x89, 0x8a), fc.uint8Array({ maxLength: 125 }))
  .map(([first, bytes]) => frame(first, bytes));
const fragmented = fc
  .tuple(opcode, fc.array(fc.tuple(payload, fc.option(control)), { minLength: 2, maxLength: 5 }))
  .map(([code, parts]) =>
    Buffer.concat(
      parts.flatMap(([bytes, between], i) => {
        const isLast = i === parts.length - 1;
        const part = frame((i === 0 ? code : 0) | (isLast ? FINAL : 0), bytes);
        return between === null || isLast ? [part] : [part, between];
      }),
    ),
  );
const close = fc
  .tuple(fc.constantFrom(1000, 1001, 1005, 1011, 2999, 3000, 4999, 5000), fc.uint8Array({ maxLength: 20 }))
  .map(([code, reason]) => frame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason])));
/** Any first byte with any second one: reserved bits and opcodes, masks, cut control frames, lengths of all kinds. */
const odd = fc
  .tuple(fc.nat({ max: 255 }), fc.constantFrom(0, FINAL), fc.uint8Array({ maxLength: 200 }))
  .map(([first, mask, bytes]) => frame(first, bytes, mask));
const tooLong = fc
  .tuple(
    opcode,
    fc.constantFrom([0, 0, 0, 1, 0, 0, 0, 0], [0, 0x20, 0, 0, 0, 0, 0, 0], [0xff, 0, 0, 0, 0, 0, 0, 1]),
  )
  .map(([code, size]) => Buffer.from([FINAL | code, 127, ...size, 1, 2, 3]));

/** Bytes of a server that mostly does as it should. */
export const anyStream = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: whole },
      { weight: 3, arbitrary: control },
      { weight: 3, arbitrary: fragmented },
      { weight: 1, arbitrary: fc.oneof(close, odd, tooLong) },
    ),
    { maxLength: 12 },
  )
  .map((frames) => Buffer.concat(frames));

/** Cuts bytes where the numbers say, each a share of the whole length. */
export function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...shares.map((share) => Math.floor(share * bytes.length)), bytes.length])];
  at.sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

export const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 });
