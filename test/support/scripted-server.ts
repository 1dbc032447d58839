/** A server that speaks PROTOCOL.md as far as a test wants: what it does not want, the test says itself. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from './until.ts';

export type Scripted = { readonly [key: string]: unknown };

/** Null: the connection does what the server does by itself. Otherwise these are its answers. */
export type Script = (request: Scripted, connection: ScriptedConnection) => readonly Scripted[] | null;

export class ScriptedConnection {
  readonly requests: Scripted[] = [];
  readonly socket: WebSocket;
  readonly openedAt = performance.now();
  isClosed = false;

  constructor(
    socket: WebSocket,
    answer: (request: Scripted, own: ScriptedConnection) => readonly Scripted[],
  ) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const request = JSON.parse(data.toString()) as Scripted;
      this.requests.push(request);
      for (const each of answer(request, this)) this.send(each);
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => undefined);
  }

  send(message: Scripted): void {
    this.socket.send(JSON.stringify(message));
  }

  /** All in one write, as a server does that has much to say. */
  sendTogether(...messages: readonly Scripted[]): void {
    const { _socket: socket } = this.socket as WebSocket & {
      readonly _socket: { cork(): void; uncork(): void };
    };
    socket.cork();
    for (const each of messages) this.send(each);
    socket.uncork();
  }

  close(code: number, reason = ''): void {
    this.socket.close(code, reason);
  }

  /** Of an action, in their order. */
  asked(action: string): Scripted[] {
    return this.requests.filter((request) => request.action === action);
  }
}

function defaultAnswers(request: Scripted): readonly Scripted[] {
  const symbols = (request.symbols ?? []) as readonly Scripted[];
  const { slow, max_rate } = request;
  const entries = symbols.map((each) => ({
    ...each,
    status: 'success',
    mode: request.mode,
    slow,
    max_rate,
    broker: 'angel',
  }));
  switch (request.action) {
    case 'authenticate': {
      const { features, session } = request;
      const welcome = { type: 'auth', status: 'success', broker: 'angel', user_id: 'demo', features };
      const unknown = { type: 'session', status: 'unknown', message: 'expired' };
      return [{ ...welcome, session: 'first' }, ...(session === undefined ? [] : [unknown])];
    }
    case 'subscribe':
      return [{ type: 'subscribe', status: 'success', subscriptions: entries, broker: 'angel' }];
    case 'unsubscribe':
      return [{ type: 'unsubscribe', status: 'success', successful: entries, failed: [] }];
    case 'ping':
      return [{ type: 'pong', status: 'success' }];
    default:
      return [{ type: request.action, status: 'success' }];
  }
}

export class ScriptedServer {
  readonly url: string;
  readonly connections: ScriptedConnection[] = [];
  /** May be replaced at any time. */
  script: Script = () => null;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const answer = (request: Scripted, own: ScriptedConnection) =>
      this.script(request, own) ?? defaultAnswers(request);
    server.on('connection', (socket) => this.connections.push(new ScriptedConnection(socket, answer)));
  }

  static async start(t: Pick<TestContext, 'after'>): Promise<ScriptedServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    t.after(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    return new ScriptedServer(server);
  }

  /** The nth connection, as soon as it has asked `action`. */
  connection(nth = 0, action = 'authenticate'): Promise<ScriptedConnection> {
    return until(`connection ${nth} to ask ${action}`, () => {
      const found = this.connections[nth];
      return found !== undefined && found.asked(action).length > 0 ? found : null;
    });
  }

  /** From now on nobody is there. */
  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}

/** A tick of NSE:RELIANCE as PROTOCOL.md has it. */
export function scriptedTick(seq: number, more: Scripted = {}, mode = 1): Scripted {
  const name = { symbol: 'RELIANCE', exchange: 'NSE' };
  const data = { ltp: 2500 + seq, ltt: 1787371200000, ...name, mode, timestamp: 1787371200412 };
  return { type: 'market_data', ...name, mode, data, broker: 'angel', epoch: 1, seq, ...more };
}
