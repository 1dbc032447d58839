/** A WebSocket server that treats each handshake as a test says, and counts what connects to it. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { resetSocket } from '../../src/main/simulator/reset-socket.ts';

/** What becomes of a handshake: a socket, an HTTP status, no answer at all, or a reset. */
export type Treatment = 'accept' | 'hang' | 'reset' | { readonly status: number; readonly message?: string };

export class UpstreamServer {
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #transports = new Set<Socket>();
  readonly #scheme: string;
  /** For the next handshakes, in their order; then `treatment` holds. */
  readonly script: Treatment[] = [];
  treatment: Treatment = 'accept';
  /** Called before a handshake is answered. */
  onHandshake: () => void = () => {};
  /** Called with each text of an accepted socket. */
  onText: (text: string, socket: WebSocket) => void = () => {};
  /** What each handshake brought, in order. */
  readonly handshakes: IncomingMessage[] = [];
  /** Accepted sockets that are open, oldest first. */
  readonly open: WebSocket[] = [];
  /** Close codes of accepted sockets that ended, in order. */
  readonly closeCodes: number[] = [];
  /** Texts that accepted sockets sent. */
  readonly texts: string[] = [];
  /** The most accepted sockets that were open at once. */
  mostOpen = 0;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on('connection', (socket: Socket) => {
      this.#transports.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#transports.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.handshakes.push(request);
      this.onHandshake();
      this.#treat(this.script.shift() ?? this.treatment, request, socket, head);
    });
  }

  /** @param tls certificate and key of a `wss:` server */
  static async listen(
    t: TestContext,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<UpstreamServer> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const upstream = new UpstreamServer(server, tls === undefined ? 'ws' : 'wss');
    t.after(() => upstream.close());
    return upstream;
  }

  /** Refuses each request in which one of Angel's tokens stands, in the broker's words. */
  refuse(token: string): void {
    this.onText = (text, socket) => {
      if (!text.includes(`"${token}"`)) return;
      const { correlationID } = JSON.parse(text);
      socket.send(JSON.stringify({ correlationID, errorCode: 'E1001', errorMessage: 'Invalid Request' }));
    };
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://127.0.0.1:${port}/stream`;
  }

  /** TCP connections that are open, accepted or not. */
  get connections(): number {
    return this.#transports.size;
  }

  /** Writes bytes below the WebSocket, to every connection. */
  writeRaw(bytes: Uint8Array): void {
    for (const socket of this.#transports) socket.write(bytes);
  }

  close(): void {
    for (const socket of this.#transports) socket.destroy();
    this.#server.close();
  }

  #treat(treatment: Treatment, request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (treatment === 'accept') {
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket));
    } else if (treatment === 'reset') {
      resetSocket(socket);
    } else if (treatment === 'hang') {
      // Without a reader the end of the other side would not be noticed.
      socket.resume();
      socket.on('end', () => socket.destroy());
    } else {
      const { status, message } = treatment;
      const header = message === undefined ? '' : `x-error-message: ${message}\r\n`;
      socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n${header}\r\n`);
    }
  }

  #accept(webSocket: WebSocket): void {
    this.open.push(webSocket);
    this.mostOpen = Math.max(this.mostOpen, this.open.length);
    webSocket.on('message', (data) => {
      this.texts.push(String(data));
      this.onText(String(data), webSocket);
    });
    webSocket.on('error', () => webSocket.terminate());
    // The client has begun to close: its slot is free from here on.
    webSocket.on('close', (code) => {
      this.closeCodes.push(code);
      this.open.splice(this.open.indexOf(webSocket), 1);
    });
  }
}
