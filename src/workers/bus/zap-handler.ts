/**
 * Decides who may come in: ZeroMQ asks it (ZAP 1.0, RFC 27) for each connection to a CURVE socket of its context, once the
 * peer has proved that it has the secret half of its key. Bus worker thread, at the pace of connections.
 *
 * ZeroMQ itself has turned away by then who speaks no CURVE or expects another server key: `HandshakeWatch` counts those.
 */
import { type Context, Router } from 'zeromq';
import { curveKeyToHex } from './curve-key.ts';
import { releaseSocket } from './release-socket.ts';

const ZAP_ENDPOINT = 'inproc://zeromq.zap.01';
const VERSION = '1.0';
const KEY_BYTES = 32;
const ADMITTED = '200';
/**
 * "Try again later". The connection is left to its handshake time-out, after which the peer comes back by itself: a key may
 * be put on the list at any time. With 400 ("refused") libzmq would never connect again.
 */
const REFUSED = '300';

export interface ZapHandlerOptions {
  readonly context: Context;
  /** Public keys that may come in, Z85. */
  readonly allowed: readonly string[];
  /** @param key hex */
  readonly onRefused: (key: string, address: string) => void;
}

export class ZapHandler {
  readonly #options: ZapHandlerOptions;
  readonly #socket: Router;
  /** Hex. */
  #allowed: ReadonlySet<string>;
  /** Hex of every key that came in: its connections may be open. */
  readonly #admitted = new Set<string>();

  constructor(options: ZapHandlerOptions) {
    this.#options = options;
    this.#allowed = hexKeys(options.allowed);
    this.#socket = new Router({ context: options.context, linger: 0, sendTimeout: 0 });
  }

  /** From here on it is asked. Resolves before anything else of the context may be bound. */
  async start(): Promise<void> {
    await this.#socket.bind(ZAP_ENDPOINT);
  }

  /** Answers until the socket is closed. */
  async serve(): Promise<void> {
    for await (const request of this.#socket) {
      const answer = this.#answer(request);
      // The connection that asked may be gone.
      if (answer !== null) await this.#socket.send(answer).catch(() => {});
    }
  }

  /**
   * Takes another list over. What is open stays open: ZeroMQ has no way to end a connection.
   * @returns whether a key was taken away whose connections may be open
   */
  allow(keys: readonly string[]): boolean {
    this.#allowed = hexKeys(keys);
    return [...this.#admitted].some((key) => !this.#allowed.has(key));
  }

  /** Not before the sockets that it decides for are closed. */
  async close(): Promise<void> {
    await releaseSocket(this.#socket);
  }

  /** Null for what is no request of libzmq: there is nobody to answer. */
  #answer(request: readonly Buffer[]): (Buffer | string)[] | null {
    const [route, delimiter, version, id, , address, , mechanism, key] = request;
    if (route === undefined || delimiter?.length !== 0 || id === undefined) return null;
    const decide = (status: string, text: string) => [route, '', VERSION, id, status, text, '', ''];
    const isCurve = version?.toString() === VERSION && mechanism?.toString() === 'CURVE';
    if (!isCurve || key?.length !== KEY_BYTES) return decide(REFUSED, 'only CURVE');
    const name = key.toString('hex');
    if (this.#allowed.has(name)) {
      this.#admitted.add(name);
      return decide(ADMITTED, 'OK');
    }
    this.#options.onRefused(name, address?.toString() ?? '');
    return decide(REFUSED, 'key not allowed');
  }
}

function hexKeys(keys: readonly string[]): Set<string> {
  return new Set(keys.map(curveKeyToHex));
}
