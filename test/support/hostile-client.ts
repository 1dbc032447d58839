/** A client that sends anything, and tells what came back: answers that can be read, and at most an end that was announced. */
import assert from 'node:assert/strict';
import { unpack } from 'msgpackr';
import { type RawData, WebSocket } from 'ws';
import type { HostileMessage } from './hostile-request.ts';

/** Something is wrong when the answer to a ping takes so long. */
const PATIENCE_MS = 20_000;
/** No message of a client may be what an error of the engine, or a feed host that is there, fails at. */
const UNFORESEEN = ['PROCESSING_ERROR', 'FEED_UNAVAILABLE'];

export class HostileClient {
  readonly #socket: WebSocket;
  readonly #closed: Promise<number>;
  /** Messages that came. */
  answers = 0;
  /** Sessions that it was given back. */
  resumed = 0;
  /** Code of the close, 0 while it is open. */
  closeCode = 0;
  #awaited = '';
  #onAwaited: () => void = () => {};
  #unreadable: string | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: RawData, isBinary: boolean) => this.#read(data as Buffer, isBinary));
    socket.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code: number) => {
        this.closeCode = code;
        resolve(code);
      });
    });
  }

  /** @param path with the query of the connection's options */
  static async connect(url: string, path: string): Promise<HostileClient> {
    const socket = new WebSocket(url.replace(/\/$/, '') + path, { perMessageDeflate: false });
    const client = new HostileClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    });
    return client;
  }

  send({ data, isBinary }: HostileMessage): void {
    // A text that is no UTF-8 ends the connection in the socket library: that is a matter of frames.
    this.#socket.send(data, { binary: isBinary });
  }

  /**
   * Waits until everything before has been handled: for the answer to a ping, or for the end of the connection.
   * @throws AssertionError when neither comes, or an answer could not be read
   */
  async settle(marker: string): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#onAwaited = resolve;
    });
    this.#awaited = marker;
    this.#socket.send(JSON.stringify({ action: 'ping', timestamp: marker }));
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer and no end within ${PATIENCE_MS} ms`)),
        PATIENCE_MS,
      );
    });
    await Promise.race([answered, this.#closed, tooLate]);
    clearTimeout(timer);
    assert.equal(this.#unreadable, null);
  }

  async close(): Promise<void> {
    this.#socket.terminate();
    await this.#closed;
  }

  #read(bytes: Buffer, isBinary: boolean): void {
    this.answers++;
    try {
      const message: unknown = isBinary ? unpack(bytes) : JSON.parse(bytes.toString());
      assert.ok(typeof message === 'object' && message !== null);
      assert.ok('type' in message || 'status' in message);
      assert.ok(!UNFORESEEN.some((code) => bytes.includes(code)));
      if ('status' in message && message.status === 'resumed') this.resumed++;
      if ('client_timestamp' in message && message.client_timestamp === this.#awaited) this.#onAwaited();
    } catch {
      this.#unreadable ??= `an answer that cannot be read: ${bytes.toString('latin1', 0, 300)}`;
    }
  }
}
