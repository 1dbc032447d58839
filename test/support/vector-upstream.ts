/** An upstream that speaks Angel's wire and sends exactly what a test gives it, beside the simulated exchange. */
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import type { DatabaseWrite } from './engine-fixture.ts';
import { until } from './until.ts';

interface Request {
  readonly action: number;
  readonly params: {
    readonly mode: number;
    readonly tokenList: readonly { readonly exchangeType: number; readonly tokens: readonly string[] }[];
  };
}

export class VectorUpstream {
  readonly #server: WebSocketServer;
  readonly #carried = new Set<string>();
  #socket: WebSocket | undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('message', (data) => this.#receive(String(data)));
    });
  }

  static async listen(t: TestContext): Promise<VectorUpstream> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    t.after(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    return new VectorUpstream(server);
  }

  get url(): string {
    const address = this.#server.address();
    return `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
  }

  async untilCarried(mode: number, exchangeType: number, token: string): Promise<void> {
    const pair = `${mode}/${exchangeType}/${token}`;
    await until(`the subscription of ${pair}`, () => this.#carried.has(pair));
  }

  /** Sends one binary message. */
  send(hex: string): void {
    this.#socket!.send(Buffer.from(hex, 'hex'));
  }

  /** Sends anything: bytes as a binary message, a text as one of text. */
  sendRaw(data: string | Buffer): void {
    this.#socket?.send(data);
  }

  #receive(text: string): void {
    if (text === 'ping') {
      this.#socket!.send('pong');
      return;
    }
    const { action, params }: Request = JSON.parse(text);
    for (const { exchangeType, tokens } of params.tokenList) {
      for (const token of tokens) {
        const pair = `${params.mode}/${exchangeType}/${token}`;
        if (action === 1) this.#carried.add(pair);
        else this.#carried.delete(pair);
      }
    }
  }
}

const EXCHANGES = new Map([
  [1, 'NSE'],
  [2, 'NFO'],
  [3, 'BSE'],
  [4, 'BFO'],
  [5, 'MCX'],
  [13, 'CDS'],
]);

/** The exchange of an exchange type, undefined for one that no instrument can have. */
export function exchangeOf(exchangeType: number): string | undefined {
  return EXCHANGES.get(exchangeType);
}

/** Names an instrument after its token, so that it is none of the demo instruments. */
export function symbolOf(token: string): string {
  return `VECTOR${token}`;
}

/** Puts instruments into the database. */
export function insertInstruments(
  pairs: readonly { readonly exchangeType: number; readonly token: string }[],
): DatabaseWrite {
  return (db) => {
    const insert = db.prepare(
      'INSERT INTO symtoken (symbol, brsymbol, exchange, brexchange, token) VALUES (?, ?, ?, ?, ?)',
    );
    for (const { exchangeType, token } of pairs) {
      const exchange = exchangeOf(exchangeType);
      if (exchange !== undefined) insert.run(symbolOf(token), symbolOf(token), exchange, exchange, token);
    }
  };
}
