/**
 * What all rivals have in front: connections to the load generator as a client of SmartStream has them. Like the engine
 * they open one for each thousand tokens.
 */
import { WebSocket } from 'ws';
import { ANGEL_MODE, EXCHANGE_TYPE } from '../../../src/codec/angel/frame-layout.ts';
import {
  type AngelRequest,
  createCorrelationIds,
  encodeRequest,
  HEARTBEAT_TEXT,
} from '../../../src/codec/angel/request-encoder.ts';
import { benchToken } from '../bench-instruments.ts';

const TOKENS_PER_CONNECTION = 1000;
const HEARTBEAT_MS = 10_000;

class UpstreamSocket {
  readonly #socket: WebSocket;
  readonly #opened: Promise<void>;
  readonly #correlationIds = createCorrelationIds();
  tokens = 0;

  constructor(url: string, onFrame: (frame: Buffer) => void) {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    this.#socket = socket;
    this.#opened = new Promise((resolve) => socket.once('open', resolve));
    socket.on('message', (data, isBinary) => {
      // Text is the answer to a heartbeat.
      if (isBinary && data instanceof Buffer) onFrame(data);
    });
    const timer = setInterval(() => void this.#send(HEARTBEAT_TEXT), HEARTBEAT_MS);
    socket.once('close', () => clearInterval(timer));
  }

  request(action: AngelRequest['action'], indexes: readonly number[]): void {
    const tokens = indexes.map((index) => ({ exchangeType: EXCHANGE_TYPE.NSE_CM, token: benchToken(index) }));
    const correlationId = this.#correlationIds();
    void this.#send(encodeRequest({ action, mode: ANGEL_MODE.QUOTE, tokens, correlationId }));
  }

  async #send(text: string): Promise<void> {
    await this.#opened;
    this.#socket.send(text);
  }
}

export class RelayUpstream {
  readonly #url: string;
  readonly #onFrame: (frame: Buffer) => void;
  readonly #sockets: UpstreamSocket[] = [];
  /** Which connection carries an instrument, by the instrument's place among all. */
  readonly #carriers = new Map<number, UpstreamSocket>();

  /** @param onFrame gets each packet, in memory that belongs to the socket's read */
  constructor(url: string, onFrame: (frame: Buffer) => void) {
    this.#url = url;
    this.#onFrame = onFrame;
  }

  /** @param indexes instruments that are not subscribed yet, by their place among all */
  subscribe(indexes: readonly number[]): void {
    this.#request('subscribe', indexes, (index) => {
      const socket = this.#socketWithRoom();
      socket.tokens++;
      this.#carriers.set(index, socket);
      return socket;
    });
  }

  /** @param indexes instruments that are subscribed */
  unsubscribe(indexes: readonly number[]): void {
    this.#request('unsubscribe', indexes, (index) => {
      const socket = this.#carriers.get(index);
      if (socket === undefined) throw new Error(`instrument ${index} is not subscribed`);
      this.#carriers.delete(index);
      socket.tokens--;
      return socket;
    });
  }

  #request(
    action: AngelRequest['action'],
    indexes: readonly number[],
    carrierOf: (index: number) => UpstreamSocket,
  ): void {
    const parts = Map.groupBy(indexes, carrierOf);
    for (const [socket, part] of parts) socket.request(action, part);
  }

  #socketWithRoom(): UpstreamSocket {
    let socket = this.#sockets.find(({ tokens }) => tokens < TOKENS_PER_CONNECTION);
    if (socket === undefined) {
      socket = new UpstreamSocket(this.#url, this.#onFrame);
      this.#sockets.push(socket);
    }
    return socket;
  }
}
