/** A WebSocket client that does only what it is told: it answers no ping and reads when asked to. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

export interface RawFrame {
  readonly opcode: number;
  /** The message is deflated, by the first of its reserved bits. */
  readonly isDeflated: boolean;
  readonly payload: Buffer;
}

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** The key that the AmiBroker plugin sends in every handshake, without any extension. */
export const AMIBROKER_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ORDINARY_KEY = 'QW4gb3JkaW5hcnkga2V5IQ==';

export class RawClient {
  readonly socket: Socket;
  /** The head of the server's answer to the handshake. */
  readonly head: string;
  isClosed = false;
  /** Bytes of each read behind the handshake, in their order. */
  readonly reads: Buffer[] = [];
  #bytes: Buffer;

  private constructor(socket: Socket, head: string, rest: Buffer) {
    this.socket = socket;
    this.head = head;
    this.#bytes = rest;
    socket.on('data', (chunk: Buffer) => {
      this.reads.push(chunk);
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** @param extensions offered in the handshake; none unless given */
  static async connect(
    wsUrl: string,
    path = '/',
    key = ORDINARY_KEY,
    extensions?: string,
  ): Promise<RawClient> {
    const { hostname, port, host } = new URL(wsUrl);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        (extensions === undefined ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`) +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    let answer = Buffer.alloc(0);
    while (answer.indexOf('\r\n\r\n') < 0) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      answer = Buffer.concat([answer, chunk]);
    }
    const end = answer.indexOf('\r\n\r\n') + 4;
    return new RawClient(socket, answer.toString('latin1', 0, end), answer.subarray(end));
  }

  /** Sends a request as one masked text frame; the mask is zero. */
  send(request: unknown): void {
    const payload = Buffer.from(JSON.stringify(request));
    const head = Buffer.alloc(8);
    head[0] = 0x80 | OPCODE.TEXT;
    head[1] = 0x80 | 126;
    head.writeUInt16BE(payload.length, 2);
    this.socket.write(Buffer.concat([head, payload]));
  }

  /** The whole frames that were read so far. */
  frames(): RawFrame[] {
    const frames: RawFrame[] = [];
    for (let at = 0; at + 2 <= this.#bytes.length; ) {
      const short = this.#bytes[at + 1]! & 0x7f;
      const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (at + headBytes > this.#bytes.length) break;
      let length = short;
      if (short === 126) length = this.#bytes.readUInt16BE(at + 2);
      if (short === 127) length = Number(this.#bytes.readBigUInt64BE(at + 2));
      const end = at + headBytes + length;
      if (end > this.#bytes.length) break;
      frames.push({
        opcode: this.#bytes[at]! & 0x0f,
        isDeflated: (this.#bytes[at]! & 0x40) !== 0,
        payload: this.#bytes.subarray(at + headBytes, end),
      });
      at = end;
    }
    return frames;
  }

  /** Whether a text stands at the end of what was read. Cheap however much that is. */
  endsWith(text: string): boolean {
    return this.#bytes.subarray(-4 * text.length).includes(text);
  }

  /** Code and reason of the close frame, null while none was read. */
  closeFrame(): { readonly code: number; readonly reason: string } | null {
    const frame = this.frames().find(({ opcode }) => opcode === OPCODE.CLOSE);
    if (frame === undefined) return null;
    return { code: frame.payload.readUInt16BE(0), reason: frame.payload.toString('utf8', 2) };
  }

  /** Sends a request and waits for a text frame with `text` in it. */
  async ask(request: unknown, text: string): Promise<void> {
    this.send(request);
    await until(`"${text}"`, () =>
      this.frames().some(({ opcode, payload }) => opcode === OPCODE.TEXT && payload.includes(text)),
    );
  }
}
