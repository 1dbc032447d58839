/**
 * What stands between the kernel and the `ws` package: a socket that reads into one buffer again and again, and gives `ws` no
 * more of it than it has to see. A frame that is cut by the end of a read is moved to the buffer's beginning, and the next
 * read goes behind it.
 *
 * Feed worker thread.
 */
import { connect as connectTcp, isIP, type NetConnectOpts, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FrameReader, type FrameSink } from './frame-reader.ts';

/** A read takes no more: some 2000 quotes. Pages that no read has reached cost no memory. */
const READ_BYTES = 256 * 1024;
/** Half of it, so that what is kept of a frame leaves room for a read. */
const LONGEST_FRAME = READ_BYTES / 2;
/** What a head of HTTP ends with. */
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * HANDSHAKE: all bytes go to `ws`, the answer's head by itself. FRAMES: the reader gets them. PASSED: all bytes go to `ws`,
 * to the end.
 */
const STAGE = { HANDSHAKE: 0, FRAMES: 1, PASSED: 2 } as const;

/** What comes. Hot path: none of them may throw. */
export interface IntakeEvents {
  /** Bytes have come; if there are messages in them, these follow. */
  onRead(): void;
  /** A message, in one frame. @param bytes are not its own: valid until the call returns */
  onMessage(bytes: Buffer, offset: number, length: number, isBinary: boolean): void;
}

export class SocketIntake {
  readonly #events: IntakeEvents;
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #reader: FrameReader;
  #socket: Socket | null = null;
  #stage: (typeof STAGE)[keyof typeof STAGE] = STAGE.HANDSHAKE;
  #isOpen = false;
  /** Bytes of HEAD_END that the latest bytes of the handshake are. */
  #headEnd = 0;
  /** Bytes at the buffer's beginning that wait for the rest of their frame. */
  #kept = 0;

  /** @param mostMessageBytes longest message that `ws` lets through */
  constructor(events: IntakeEvents, mostMessageBytes: number) {
    this.#events = events;
    const sink: FrameSink = {
      onMessage: (bytes, offset, length, isBinary) => events.onMessage(bytes, offset, length, isBinary),
      onOther: (bytes) => this.#handOn(bytes),
    };
    this.#reader = new FrameReader(sink, LONGEST_FRAME, mostMessageBytes);
  }

  /**
   * The connection for the handshake: once.
   * @param options as `ws` makes them, for a host and a port
   */
  connect(options: NetConnectOpts | string | number, isSecure: boolean): Socket {
    if (typeof options !== 'object' || !('port' in options)) {
      throw new TypeError(`a broker has a host and a port, not ${JSON.stringify(options)}`);
    }
    const onread: OnReadOpts = {
      buffer: () => (this.#kept === 0 ? this.#buffer : this.#buffer.subarray(this.#kept)),
      callback: (count) => this.#onRead(count),
    };
    const { host = '' } = options;
    // The path is that of the request; to a socket it would be that of a file.
    const { path: _, ...place } = { path: undefined, ...options };
    const target = { ...place, onread };
    this.#socket = isSecure
      ? connectTls({ ...target, servername: isIP(host) === 0 ? host : '' })
      : connectTcp(target);
    return this.#socket;
  }

  /** `ws` has taken the handshake: frames follow it. To be called from its event. */
  open(): void {
    this.#isOpen = true;
  }

  /** `ws` has found a fault and reads no further: nothing that follows is a message. */
  fail(): void {
    this.#stage = STAGE.PASSED;
  }

  /** Hot path; neither throws nor allocates in FRAMES, but a view when a frame was cut. @returns to read on */
  #onRead(count: number): true {
    const bytes = this.#buffer;
    const end = this.#kept + count;
    this.#kept = 0;
    this.#events.onRead();
    const from = this.#stage === STAGE.HANDSHAKE ? this.#readHandshake(end) : 0;
    let at = end;
    if (this.#stage === STAGE.FRAMES) at = this.#reader.read(bytes, from, end);
    else if (from < end) this.#handOn(bytes.subarray(from, end));
    if (at < end) {
      bytes.copyWithin(0, at, end);
      this.#kept = end - at;
    }
    return true;
  }

  /** Hands on the bytes of the handshake. @returns how far that went: to the end, or to the first byte of a frame */
  #readHandshake(end: number): number {
    let from = 0;
    for (let at = 0; at < end; at++) {
      const byte = this.#buffer[at];
      if (byte === HEAD_END[this.#headEnd]) this.#headEnd++;
      else this.#headEnd = byte === HEAD_END[0] ? 1 : 0;
      if (this.#headEnd < HEAD_END.length) continue;
      this.#headEnd = 0;
      this.#handOn(this.#buffer.subarray(from, at + 1));
      from = at + 1;
      if (this.#isOpen) {
        this.#stage = STAGE.FRAMES;
        return from;
      }
    }
    if (from < end) this.#handOn(this.#buffer.subarray(from, end));
    // It opened at an end that was not recognised here, and has the bytes behind it already.
    if (this.#isOpen) this.#stage = STAGE.PASSED;
    return end;
  }

  /** Gives bytes to `ws`, which may keep them. */
  #handOn(bytes: Buffer): void {
    this.#socket?.emit('data', Buffer.from(bytes));
  }
}
