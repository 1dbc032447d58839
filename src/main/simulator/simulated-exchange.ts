/**
 * A SmartStream server without an exchange behind it: what `start` connects to when no broker is configured, and the
 * test double of the whole suite. It knows no threads; `simulator-worker.ts` gives it one.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocketServer } from 'ws';
import type { ActiveInstrument } from './active-instruments.ts';
import {
  findCredentialFault,
  formatRefusal,
  LIMIT_MESSAGE,
  type Refusal,
  readOfferedCredentials,
  requestUrl,
  STREAM_PATH,
} from './handshake-check.ts';
import { type ConnectionSubscription, SimulatedConnection } from './simulated-connection.ts';
import {
  resolveSimulatorOptions,
  type SimulatedExchangeOptions,
  type SimulatorSettings,
} from './simulator-options.ts';
import { formatRequestError, parseSubscriptionRequest } from './subscription-request.ts';
import { TickGenerator } from './tick-generator.ts';

/** Bounds of the time between two turns: more turns cost more than they smooth, and a rate may rise at any time. */
const SHORTEST_TURN_MS = 1;
const LONGEST_TURN_MS = 50;
/** A request for 1000 tokens has some 15 kB. */
const MOST_REQUEST_BYTES = 1024 * 1024;

/** What happened since the start. All numbers only grow. */
export interface SimulatorCounters {
  connectionsAccepted: number;
  connectionsRefused: number;
  requests: number;
  requestErrors: number;
  heartbeats: number;
  /** Frames handed to sockets, ticks and snapshots; duplicates and garbage count for themselves. */
  framesSent: number;
  duplicatesSent: number;
  garbageSent: number;
  /** Frames not sent because their connection left too much unread, or was closing. */
  framesDropped: number;
  /** Ticks left out after a standstill of more than five seconds. */
  ticksSkipped: number;
}

export class SimulatedExchange {
  readonly #settings: SimulatorSettings;
  readonly #generator: TickGenerator<SimulatedConnection>;
  readonly #connections = new Set<SimulatedConnection>();
  readonly #http: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MOST_REQUEST_BYTES,
  });
  readonly #refusals: Refusal[] = [];
  readonly #counters = {
    connectionsAccepted: 0,
    connectionsRefused: 0,
    requests: 0,
    requestErrors: 0,
    heartbeats: 0,
    framesSent: 0,
    duplicatesSent: 0,
    garbageSent: 0,
    framesDropped: 0,
  };
  readonly #deliverTick = (active: ActiveInstrument<SimulatedConnection>): void => {
    for (const subscription of active.subscriptions) this.#deliver(subscription);
  };
  #turnTimer: NodeJS.Timeout | undefined;
  #heartbeatTimer: NodeJS.Timeout | undefined;
  #stalled = false;
  #paused = false;

  /** @throws TickwireError `CONFIG_INVALID` for an option out of its range. */
  constructor(options: SimulatedExchangeOptions = {}) {
    this.#settings = resolveSimulatorOptions(options);
    this.#generator = new TickGenerator(this.#settings);
    this.#http = createServer((_request, response) => response.writeHead(404).end());
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** The open connections, oldest first. */
  get connections(): readonly SimulatedConnection[] {
    return [...this.#connections];
  }

  get counters(): Readonly<SimulatorCounters> {
    return { ...this.#counters, ticksSkipped: this.#generator.skipped };
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
        this.#heartbeatTimer = setInterval(() => this.#cutSilent(), checkMs);
        const address = this.#http.address();
        const boundPort = typeof address === 'object' && address !== null ? address.port : port;
        const name = host.includes(':') ? `[${host}]` : host;
        resolve({ url: `ws://${name}:${boundPort}${STREAM_PATH}` });
      });
    });
  }

  /** Ends every connection and stops to listen; resolves when nothing of it is left. */
  close(): Promise<void> {
    clearTimeout(this.#turnTimer);
    clearInterval(this.#heartbeatTimer);
    for (const connection of this.#connections) {
      connection.socket.terminate();
      this.#forget(connection);
    }
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  /** Sends exactly `count` ticks now, on top of what the profile sends; for tests, best with `ticksPerSecond: 0`. */
  step(count = 1): void {
    this.#generator.step(count, this.#settings.clock(), this.#deliverTick);
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
    for (const { socket } of this.#connections) {
      socket.send(message, { binary: typeof message !== 'string', compress: false });
    }
  }

  /** Refuses the next handshake; several calls refuse as many. */
  refuseNext(refusal: Refusal): void {
    this.#refusals.push(refusal);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = readOfferedCredentials(request);
    const refusal = this.#findRefusal(request, offered.clientCode);
    if (refusal !== null || !(socket instanceof Socket)) {
      this.#counters.connectionsRefused++;
      socket.on('error', () => socket.destroy());
      socket.once('finish', () => socket.destroy());
      socket.end(formatRefusal(refusal ?? { status: 500 }));
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { maxBacklogBytes } = this.#settings;
      this.#accept(new SimulatedConnection(offered.clientCode, webSocket, socket, maxBacklogBytes));
    });
  }

  #findRefusal(request: IncomingMessage, clientCode: string): Refusal | null {
    if (requestUrl(request)?.pathname !== STREAM_PATH) return { status: 404 };
    const scripted = this.#refusals.shift();
    if (scripted !== undefined) return scripted;
    const { checkCredentials, credentials, maxConnections } = this.#settings;
    const fault = checkCredentials ? findCredentialFault(readOfferedCredentials(request), credentials) : null;
    if (fault !== null) return { status: 401, message: fault };
    // One whose close handshake is under way no longer holds its slot.
    const open = this.connections.filter(
      (connection) => connection.clientCode === clientCode && connection.isOpen,
    ).length;
    return open < maxConnections ? null : { status: 429, message: LIMIT_MESSAGE };
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
      if (connection.lastHeartbeatMs >= oldest) continue;
      connection.socket.terminate();
      this.#forget(connection);
    }
  }

  #receive(connection: SimulatedConnection, data: RawData, isBinary: boolean): void {
    const text = isBinary ? '' : data.toString();
    if (text === 'ping') {
      this.#noteHeartbeat(connection);
      connection.socket.send('pong');
      return;
    }
    this.#counters.requests++;
    const parsed = parseSubscriptionRequest(text);
    if (parsed.request === null) {
      this.#counters.requestErrors++;
      connection.socket.send(formatRequestError(parsed.correlationId, 'E1001'));
      return;
    }
    const { request } = parsed;
    if (request.action === 'unsubscribe') {
      connection.unsubscribe(request, this.#generator);
      return;
    }
    const added = connection.subscribe(request, this.#generator, this.#settings.clock());
    if (added === null) {
      this.#counters.requestErrors++;
      connection.socket.send(formatRequestError(request.correlationId, 'E1002'));
      return;
    }
    // The last known value of each token, at once.
    if (!this.#stalled) for (const subscription of added) this.#deliver(subscription);
    connection.flush();
    this.#arm();
  }

  #deliver(subscription: ConnectionSubscription): void {
    const { receiver, mode, instrument } = subscription;
    if (!receiver.takesFrames) {
      this.#counters.framesDropped++;
      return;
    }
    const { duplicateEvery, garbageEvery } = this.#settings;
    const { batch } = receiver;
    batch.append(mode, instrument);
    const frame = ++this.#counters.framesSent;
    if (duplicateEvery > 0 && frame % duplicateEvery === 0) {
      this.#counters.duplicatesSent++;
      batch.append(mode, instrument);
    }
    if (garbageEvery > 0 && frame % garbageEvery === 0) {
      this.#counters.garbageSent++;
      if (this.#counters.garbageSent % 2 === 1) batch.appendTruncated(mode, instrument);
      else batch.appendUnknownMode(mode, instrument);
    }
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
