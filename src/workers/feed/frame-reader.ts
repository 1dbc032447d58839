/**
 * Reads what makes up a feed out of a WebSocket's bytes: whole messages in one frame of a server (RFC 6455), where they
 * lie. Everything else is handed through, byte by byte, to somebody who knows the whole protocol: pings, pongs and closes,
 * messages in several frames, messages that are too long to be kept together here, and whatever is against the protocol.
 * Both sides agree where frames begin, so the order of all messages stays that of the wire.
 *
 * Pure: no socket, no clock. Feed worker thread.
 */

const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
/** First bytes of a frame, without its FIN bit. Reserved bits are a part of them, so that a set one fits none. */
const CONTINUATION = 0x00;
const TEXT = 0x01;
const BINARY = 0x02;
const FINAL = 0x80;
const FINAL_PING = 0x89;
const FINAL_PONG = 0x8a;

/** Second byte. One with the mask bit is larger than all of these: a server does not mask. */
const SHORT_MOST = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const SHORT_HEAD = 2;
const HEAD_16 = 4;
const HEAD_64 = 10;
const TWO_POW_32 = 4294967296;

/** Messages in more frames than that are handed through to the end of the connection. */
const MOST_FRAGMENTS = 1000;

/** What is found. Both are called in the order of the wire. */
export interface FrameSink {
  /** A message. Its bytes are there until the call returns. */
  onMessage(bytes: Buffer, offset: number, length: number, isBinary: boolean): void;
  /** The next bytes of what is not read here. They are there until the call returns. */
  onOther(bytes: Buffer): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #longest: number;
  readonly #mostMessage: number;
  /** Bytes of the frame that is being handed through; infinite when no frame behind it can be relied on. */
  #passing = 0;
  /** Frames of the message that has not ended, 0 when none is open; and their bytes. */
  #fragments = 0;
  #fragmentBytes = 0;

  /**
   * @param longest longest frame, head included, that is kept until it is whole
   * @param mostMessage longest message that is allowed at all
   */
  constructor(sink: FrameSink, longest: number, mostMessage: number) {
    this.#sink = sink;
    this.#longest = longest;
    this.#mostMessage = mostMessage;
  }

  /**
   * Reads the bytes from `from` to `to`. Hot path, feed worker thread; does not throw but what the sink throws, and
   * allocates nothing for a message in one frame.
   *
   * @returns how far it got: what is left is the beginning of a frame, to be given again with the bytes that follow it
   */
  read(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      if (this.#passing > 0) {
        const end = Math.min(at + this.#passing, to);
        this.#passing -= end - at;
        this.#sink.onOther(bytes.subarray(at, end));
        at = end;
        continue;
      }
      if (to - at < SHORT_HEAD) break;
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      let head = SHORT_HEAD;
      let length = second;
      if (second > SHORT_MOST && this.#isData(first) && second <= LENGTH_64) {
        head = second === LENGTH_16 ? HEAD_16 : HEAD_64;
        if (to - at < head) break;
        length = second === LENGTH_16 ? (bytes[at + 2]! << 8) | bytes[at + 3]! : length64(bytes, at + 2);
      }
      const isWhole = (first === FINAL_BINARY || first === FINAL_TEXT) && this.#fragments === 0;
      if (!isWhole || second > LENGTH_64 || head + length > this.#longest) {
        this.#passing = this.#bytesToPass(first, second, head, length);
        continue;
      }
      if (to - at < head + length) break;
      this.#sink.onMessage(bytes, at + head, length, first === FINAL_BINARY);
      at += head + length;
    }
    return at;
  }

  /** Whether a frame of data may begin so. */
  #isData(first: number): boolean {
    const opcode = first & ~FINAL;
    return this.#fragments > 0 ? opcode === CONTINUATION : opcode === TEXT || opcode === BINARY;
  }

  /** Notes a frame that is not read here. @returns its bytes, head included; infinite when nothing behind it is to be read */
  #bytesToPass(first: number, second: number, head: number, length: number): number {
    if (second > LENGTH_64) return Number.POSITIVE_INFINITY;
    if (first === FINAL_PING || first === FINAL_PONG) {
      return second > SHORT_MOST ? Number.POSITIVE_INFINITY : head + length;
    }
    if (!this.#isData(first)) return Number.POSITIVE_INFINITY;
    this.#fragments++;
    this.#fragmentBytes += length;
    if (this.#fragmentBytes > this.#mostMessage || this.#fragments > MOST_FRAGMENTS) {
      return Number.POSITIVE_INFINITY;
    }
    if ((first & FINAL) !== 0) {
      this.#fragments = 0;
      this.#fragmentBytes = 0;
    }
    return head + length;
  }
}

/** Exact up to 2^53, and larger than any message beyond. */
function length64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_POW_32 + bytes.readUInt32BE(at + 4);
}
