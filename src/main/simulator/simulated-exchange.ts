/**
 * A broker's server without an exchange behind it: what `start` connects to when no broker is configured, and the test
 * double of the whole suite. It has sockets, prices, quotas and faults; what a broker's clients see of it is that
 * broker's `ExchangeWire`. It knows no threads; `simulator-worker.ts` gives it one.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocketServer } from 'ws';
import type { ExchangeCredentials, HandshakeVerdict } from '../../codec/exchange-wire.ts';
import type { HandshakeRefusal } from '../../codec/handshake-refusal.ts';
import type { ActiveInstrument } from './active-instruments.ts';
import { type FrameCounters, FrameSender } from './frame-sender.ts';
import { type ConnectionSubscription, SimulatedConnection } from './simulated-connection.ts';
import {
  resolveSimulatorOptions,
  type SimulatedExchangeOptions,
  type SimulatorSettings,
} from './simulator-options.ts';
import { TickGenerator } from './tick-generator.ts';

/** Bounds of the time between two turns: more turns cost more than they smooth, and a rate may rise at any time. */
const SHORTEST_TURN_MS = 1;
const LONGEST_TURN_MS = 50;
/** A request for 1000 tokens has some 15 kB. */
const MOST_REQUEST_BYTES = 1024 * 1024;

/** What happened since the start. All numbers only grow. */
export interface SimulatorCounters extends FrameCounters {
  connectionsAccepted: number;
  connectionsRefused: number;
  requests: number;
  requestErrors: number;
  /** From clients, and to them by brokers that send any by themselves: rounds to all connections. */
  heartbeats: number;
  heartbeatsSent: number;
  /** Ticks left out after a standstill of more than five seconds. */
  ticksSkipped: number;
}

export class SimulatedExchange {
  readonly #settings: SimulatorSettings;
  readonly #generator: TickGenerator<SimulatedConnection>;
  readonly #sender: FrameSender;
  readonly #connections = new Set<SimulatedConnection>();
  readonly #http: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MOST_REQUEST_BYTES,
  });
  readonly #refusals: HandshakeRefusal[] = [];
  #standingRefusal: HandshakeRefusal | null = null;
  /** TCP sockets by the client's port: under TLS only they can be reset. */
  readonly #tcpSockets = new Map<number | undefined, Socket>();
  readonly #counters = {
    connectionsAccepted: 0,
    connectionsRefused: 0,
    requests: 0,
    requestErrors: 0,
    heartbeats: 0,
    heartbeatsSent: 0,
  };
  readonly #deliverTick = (active: ActiveInstrument<SimulatedConnection>): void => {
    for (const subscription of active.subscriptions) this.#sender.send(subscription);
  };
  #turnTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #heartbeatTimer: NodeJS.Timeout | undefined;
  #credentials: ExchangeCredentials;
  #stalled = false;
  #paused = false;

  /** @throws TickwireError `CONFIG_INVALID` for an option out of its range. */
  constructor(options: SimulatedExchangeOptions = {}) {
    this.#settings = resolveSimulatorOptions(options);
    this.#credentials = this.#settings.credentials;
    this.#generator = new TickGenerator(this.#settings);
    this.#sender = new FrameSender(this.#settings);
    const { tls } = this.#settings;
    this.#http = tls === null ? createServer() : createTlsServer(tls);
    this.#http.on('request', (_request, response) => response.writeHead(404).end());
    this.#http.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      this.#tcpSockets.set(remotePort, socket);
      socket.once('close', () => this.#tcpSockets.delete(remotePort));
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    // As the web servers in front of brokers do. The other answers have it from node:http.
    this.#webSockets.on('headers', (headers) => {
      headers.push(`Date: ${new Date(this.#settings.clock()).toUTCString()}`);
    });
  }

  /** The open connections, oldest first. */
  get connections(): readonly SimulatedConnection[] {
    return [...this.#connections];
  }

  get counters(): Readonly<SimulatorCounters> {
    return { ...this.#counters, ...this.#sender.counters, ticksSkipped: this.#generator.skipped };
  }

  /**
   * Starts to accept connections. Port 0 takes a free one; `url` says which.
   * @throws The system's error, for example `EADDRINUSE`.
   */
  listen(port = 0, host = '127.0.0.1'): Promise<{ readonly url: string }> {
    const checkMs = Math.max(10, Math.min(5000, this.#settings.heartbeatTimeoutMs / 4));
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        this.#silenceTimer = setInterval(() => this.#cutSilent(), checkMs);
        this.#startHeartbeats();
        const address = this.#http.address();
        const boundPort = typeof address === 'object' && address !== null ? address.port : port;
        const name = host.includes(':') ? `[${host}]` : host;
        const scheme = this.#settings.tls === null ? 'ws' : 'wss';
        resolve({ url: `${scheme}://${name}:${boundPort}${this.#settings.wire.path}` });
      });
    });
  }

  /** Ends every connection and stops to listen; resolves when nothing of it is left. */
  close(): Promise<void> {
    clearTimeout(this.#turnTimer);
    clearInterval(this.#silenceTimer);
    clearInterval(this.#heartbeatTimer);
    for (const connection of this.#connections) {
      connection.socket.terminate();
      this.#forget(connection);
    }
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
      // Handshakes of TLS that are under way.
      for (const socket of this.#tcpSockets.values()) socket.destroy();
    });
  }

  /** Sends exactly `count` ticks now, on top of what the profile sends; for tests, best with `ticksPerSecond: 0`. */
  step(count = 1): void {
    this.#generator.step(count, this.#settings.clock(), this.#deliverTick);
    this.#flush();
  }

  /** As `step`, one tick of every instrument that is subscribed. */
  stepEach(): void {
    this.#generator.stepEach(this.#settings.clock(), this.#deliverTick);
    this.#flush();
  }

  /** Resets every connection at TCP level, without a close frame. */
  dropAll(): void {
    for (const connection of this.#connections) {
      connection.reset();
      this.#forget(connection);
    }
  }

  /** While stalled, heartbeats and requests are answered, but no tick or snapshot is sent. Missed ticks stay missed. */
  stall(stalled: boolean): void {
    this.#stalled = stalled;
    this.#generator.rest(this.#settings.clock());
    this.#arm();
  }

  /** As `stall`, for one instrument: its price moves on unseen. */
  stallInstrument(exchangeType: number, token: string, stalled: boolean): void {
    this.#sender.stall(exchangeType, token, stalled);
  }

  /** While paused, sockets stay open but nothing is read, answered or sent, as from a host that hangs. */
  pause(paused: boolean): void {
    this.#paused = paused;
    for (const connection of this.#connections) {
      connection.lastHeartbeatMs = performance.now();
      if (paused) connection.socket.pause();
      else connection.socket.resume();
    }
    this.#generator.rest(this.#settings.clock());
    this.#arm();
  }

  /** Sends a message to every connection: bytes as a binary one, text as a text one. */
  sendRaw(message: Uint8Array | string): void {
    for (const connection of this.#connections) connection.send(message);
  }

  /** Refuses the next `count` handshakes; several calls add up. */
  refuseNext(refusal: HandshakeRefusal, count = 1): void {
    for (let i = 0; i < count; i++) this.#refusals.push(refusal);
  }

  /** Refuses every handshake that `refuseNext` says nothing of, until it is told null. */
  refuseAll(refusal: HandshakeRefusal | null): void {
    this.#standingRefusal = refusal;
  }

  /** The credentials that are accepted from now on, as after a new login; null: those of the options again. */
  acceptCredentials(credentials: ExchangeCredentials | null): void {
    this.#credentials = credentials ?? this.#settings.credentials;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { wire, maxBacklogBytes, maxSubscriptions } = this.#settings;
    const { account, refusal } = this.#judge(request);
    if (refusal !== null || !(socket instanceof Socket)) {
      this.#counters.connectionsRefused++;
      socket.on('error', () => socket.destroy());
      socket.once('finish', () => socket.destroy());
      socket.end(wire.formatRefusal(refusal ?? { status: 500 }));
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const tcp = this.#tcpSockets.get(socket.remotePort) ?? socket;
      const limits = { maxBacklogBytes, maxSubscriptions };
      this.#accept(new SimulatedConnection({ account, wire, webSocket, socket, tcp, ...limits }));
    });
  }

  #judge(request: IncomingMessage): HandshakeVerdict {
    const { wire, checkCredentials, maxConnections } = this.#settings;
    const { url = '/', headers } = request;
    if (URL.parse(url, 'ws://localhost')?.pathname !== wire.path) {
      return { account: '', refusal: { status: 404 } };
    }
    const verdict = wire.checkHandshake({ url, headers }, checkCredentials ? this.#credentials : null);
    const scripted = this.#refusals.shift() ?? this.#standingRefusal;
    const refusal = scripted ?? verdict.refusal;
    if (refusal !== null) return { ...verdict, refusal };
    // One whose close handshake is under way no longer holds its slot.
    const open = this.connections.filter(
      ({ clientCode, isOpen }) => clientCode === verdict.account && isOpen,
    ).length;
    return open < maxConnections ? verdict : { ...verdict, refusal: wire.connectionLimit };
  }

  #accept(connection: SimulatedConnection): void {
    const { socket } = connection;
    this.#counters.connectionsAccepted++;
    this.#connections.add(connection);
    socket.on('message', (data, isBinary) => this.#receive(connection, data, isBinary));
    socket.on('ping', () => this.#noteHeartbeat(connection));
    socket.on('close', () => this.#forget(connection));
    // A malformed message or a reset: 'close' follows and does what is to be done.
    socket.on('error', () => socket.terminate());
    if (this.#paused) socket.pause();
  }

  #forget(connection: SimulatedConnection): void {
    connection.forgetAll(this.#generator);
    this.#connections.delete(connection);
  }

  #noteHeartbeat(connection: SimulatedConnection): void {
    this.#counters.heartbeats++;
    connection.lastHeartbeatMs = performance.now();
  }

  #cutSilent(): void {
    if (this.#paused) return;
    const oldest = performance.now() - this.#settings.heartbeatTimeoutMs;
    for (const connection of this.#connections) {
      if (connection.isHung || connection.lastHeartbeatMs >= oldest) continue;
      connection.socket.terminate();
      this.#forget(connection);
    }
  }

  #startHeartbeats(): void {
    const { wire, heartbeatIntervalMs } = this.#settings;
    const { heartbeat } = wire;
    if (heartbeat === null) return;
    this.#heartbeatTimer = setInterval(() => {
      if (this.#paused) return;
      this.#counters.heartbeatsSent++;
      for (const connection of this.#connections) connection.send(heartbeat.bytes);
    }, heartbeatIntervalMs);
  }

  #receive(connection: SimulatedConnection, data: RawData, isBinary: boolean): void {
    const request = this.#settings.wire.readRequest(isBinary ? '' : data.toString());
    if (request.kind === 'heartbeat') {
      this.#noteHeartbeat(connection);
      connection.send(request.answer);
      return;
    }
    this.#counters.requests++;
    switch (request.kind) {
      case 'fault':
        this.#refuseRequest(connection, request.answer);
        break;
      case 'unsubscribe':
        connection.unsubscribe(request, this.#generator);
        break;
      case 'mode':
        this.#deliverNow(connection, connection.changeMode(request));
        break;
      case 'subscribe': {
        const added = connection.subscribe(request, this.#generator, this.#settings.clock());
        if (added === null) this.#refuseRequest(connection, request.limitAnswer);
        else this.#deliverNow(connection, added);
      }
    }
  }

  #refuseRequest(connection: SimulatedConnection, answer: string | null): void {
    this.#counters.requestErrors++;
    if (answer !== null) connection.send(answer);
  }

  /** Sends the last known value of each, at once. */
  #deliverNow(connection: SimulatedConnection, subscriptions: readonly ConnectionSubscription[]): void {
    if (!this.#stalled) for (const subscription of subscriptions) this.#sender.send(subscription);
    connection.flush();
    this.#arm();
  }

  #flush(): void {
    for (const connection of this.#connections) connection.flush();
  }

  /** Sets the time of the next turn by the present rate. Without subscriptions there are no turns. */
  #arm(): void {
    clearTimeout(this.#turnTimer);
    if (this.#stalled || this.#paused || !this.#generator.hasSubscriptions) return;
    const wait = this.#generator.msToNext();
    if (!Number.isFinite(wait)) return;
    this.#turnTimer = setTimeout(
      () => this.#turn(),
      Math.min(LONGEST_TURN_MS, Math.max(SHORTEST_TURN_MS, wait)),
    );
  }

  #turn(): void {
    this.#generator.run(this.#settings.clock(), this.#deliverTick);
    this.#flush();
    this.#arm();
  }
}
