/** A client of the proxy as a user's program would be one: the stock `ws` package, and nothing of ours on the wire. */
import { once } from 'node:events';
import { unpack } from 'msgpackr';
import { type RawData, WebSocket } from 'ws';
import { until } from './until.ts';

export type Message = Record<string, unknown> & { readonly data?: Record<string, unknown> };

/** One message as it came. */
export interface Received {
  readonly isBinary: boolean;
  readonly bytes: Buffer;
  /** The text of a text frame, empty for a binary one. */
  readonly text: string;
  readonly message: Message;
}

export interface TestClientOptions {
  readonly framing?: 'json' | 'msgpack';
  readonly features?: readonly string[];
  /** Of an earlier connection. */
  readonly session?: string;
  /** Default true: authenticates and waits for the answer. */
  readonly authenticate?: boolean;
  readonly key?: string;
  /** Appended to the address, for example `/ws?framing=msgpack`. */
  readonly path?: string;
  readonly protocols?: readonly string[];
  /** The certificate that a server with TLS has. */
  readonly ca?: string;
  /** Default false: offers `permessage-deflate`, and compresses what it sends. */
  readonly compress?: boolean;
  /** Of the handshake. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** A server that accepts a connection and never answers would hold up the test for ever. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** What may come between a request and its answer. */
const UNASKED: ReadonlySet<unknown> = new Set(['market_data', 'feed_status']);

export class TestClient {
  readonly socket: WebSocket;
  readonly received: Received[] = [];
  #wire: { readonly bytesRead: number } | null = null;
  closed: { readonly code: number; readonly reason: string } | null = null;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: RawData, isBinary: boolean) => {
      const bytes = data as Buffer;
      const text = isBinary ? '' : bytes.toString('utf8');
      this.received.push({ isBinary, bytes, text, message: isBinary ? unpack(bytes) : JSON.parse(text) });
    });
    socket.on('close', (code: number, reason: Buffer) => {
      this.closed = { code, reason: reason.toString('utf8') };
    });
    socket.on('upgrade', (response) => {
      this.#wire = response.socket;
    });
    socket.on('error', () => {});
  }

  static async connect(url: string, key: string, options: TestClientOptions = {}): Promise<TestClient> {
    const address = options.path === undefined ? url : url.replace(/\/$/, '') + options.path;
    const socket = new WebSocket(address, [...(options.protocols ?? [])], {
      perMessageDeflate: options.compress === true ? { threshold: 0 } : false,
      ca: options.ca,
      headers: options.headers,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    const client = new TestClient(socket);
    await once(socket, 'open');
    if (options.authenticate === false) return client;
    const { framing, features, session } = options;
    client.send({ action: 'authenticate', api_key: options.key ?? key, framing, features, session });
    const answer = await client.next('the authenticate answer', ({ message }) => 'status' in message);
    if (answer.message.type !== 'auth') throw new Error(`authentication failed: ${answer.text}`);
    return client;
  }

  /** Bytes that came over the wire, the handshake's answer included. */
  get wireBytes(): number {
    return this.#wire?.bytesRead ?? 0;
  }

  send(request: unknown): void {
    this.socket.send(JSON.stringify(request));
  }

  sendRaw(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  /** The first message from `from` on that fits. */
  async next(what: string, fits: (received: Received) => boolean, from = 0): Promise<Received> {
    return until(what, () => this.received.slice(from).find(fits));
  }

  /** Sends a request and waits for the first message after it that nobody sends unasked. */
  async ask(request: unknown): Promise<Received> {
    const from = this.received.length;
    this.send(request);
    return this.next(
      `an answer to ${JSON.stringify(request)}`,
      ({ message }) => !UNASKED.has(message.type),
      from,
    );
  }

  /** Subscribes and waits for the confirmation. */
  async subscribe(exchange: string, symbol: string, mode: unknown = 2): Promise<Message> {
    return (await this.ask({ action: 'subscribe', symbol, exchange, mode })).message;
  }

  /** Ticks that came, in their order, of one instrument if a symbol is given. */
  ticks(symbol?: string): Message[] {
    return this.received
      .map(({ message }) => message)
      .filter(
        (message) => message.type === 'market_data' && (symbol === undefined || message.symbol === symbol),
      );
  }

  async untilClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    return until('the close of the connection', () => this.closed);
  }

  terminate(): void {
    this.socket.terminate();
  }
}
