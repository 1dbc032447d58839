/**
 * Takes the heads of WebSocket frames out of what was read, in place, where frames are no more than the envelope of a
 * stream: a frame may be longer than the buffer, and its head may be cut by a read.
 */
import { OPCODE } from '../websocket-wire.ts';

const STREAM: readonly number[] = [OPCODE.CONTINUATION, OPCODE.TEXT, OPCODE.BINARY];
const LONGEST_HEAD = 10;

export class FrameStripper {
  readonly #head = Buffer.alloc(LONGEST_HEAD);
  #headBytes = 0;
  /** Bytes that the current frame still has. */
  #left = 0;
  /** The stream's bytes after the latest call. */
  from = 0;
  to = 0;

  /**
   * @param kept bytes of the stream that are at the beginning of the buffer already
   * @param end of what was read behind them
   * @throws Error for a frame that is no part of a stream: a close, or something else that nobody expects
   */
  strip(buffer: Buffer, kept: number, end: number): void {
    this.from = 0;
    this.to = kept;
    let at = kept;
    while (at < end) {
      if (this.#left === 0) {
        this.#readHead(buffer[at++]!);
        continue;
      }
      const length = Math.min(this.#left, end - at);
      if (this.from === this.to) {
        // The common case: nothing was left over, and the bytes stay where they are.
        this.from = at;
        this.to = at;
      } else if (this.to !== at) buffer.copyWithin(this.to, at, at + length);
      this.to += length;
      this.#left -= length;
      at += length;
    }
  }

  #readHead(byte: number): void {
    const head = this.#head;
    head[this.#headBytes++] = byte;
    if (this.#headBytes < 2) return;
    const short = head[1]! & 0x7f;
    if (this.#headBytes < (short < 126 ? 2 : short === 126 ? 4 : LONGEST_HEAD)) return;
    const opcode = head[0]! & 0x0f;
    if (!STREAM.includes(opcode)) throw new Error(`a frame with opcode ${opcode}`);
    this.#left = short < 126 ? short : short === 126 ? head.readUInt16BE(2) : head.readUInt32BE(6);
    this.#headBytes = 0;
  }
}
