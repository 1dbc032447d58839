/**
 * The listener: upgrades, the page, and the events of each socket. One uWebSockets.js app per proxy worker.
 * Proxy worker thread.
 */
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from 'uWebSockets.js';
import { type ConnectionOptions, selectSubprotocol } from '../../../codec/connection-options.ts';
import { STEP_BYTES } from '../../../codec/long-request.ts';
import type { TlsFiles } from '../../reload-messages.ts';
import { SURE_INBOUND_BYTES } from '../admission/byte-budgets.ts';
import { LIBRARY_LIMIT_FACTOR } from '../admission/library-limit.ts';
import type { ProxyLimits } from '../admission/proxy-limits.ts';
import { WorkTurns } from '../admission/work-turns.ts';
import { AcceptPace } from './accept-pace.ts';
import { ClientSession, type ClientSocket, type SocketData } from './client-session.ts';
import { CLOSE, type Close, closeCounts } from './close-codes.ts';
import { acceptedExtensions, compressionOf } from './compression.ts';
import { isDirectClient } from './direct-client.ts';
import { type FrameViolation, frameViolation } from './frame-violation.ts';
import { type AppMembers, ListenerApps } from './listener-apps.ts';
import { LongTurn } from './long-turn.ts';
import { pagePolicy } from './page-policy.ts';

/** Requests of one connection that may wait for an earlier one, and their bytes in messages of the largest size. */
const MAX_WAITING_REQUESTS = 1000;
/** Those that wait for nothing but their turn: whoever gives back thousands of instruments one by one does so in one go. */
const MAX_WAITING_TURNS = 10_000;
const MAX_WAITING_MESSAGES = 4;
/** While nobody knows whose requests they are: what comes behind `authenticate` without waiting for its answer. */
const MAX_WAITING_MESSAGES_WITHOUT_KEY = 1;
/** Bounds of the library's own time-out, in seconds. */
const MIN_IDLE_S = 8;
const MAX_IDLE_S = 960;

/** After how many seconds of silence the library gives a connection up, also one that was told to close. */
export function libraryIdleS(keepAliveMs: number): number {
  return Math.min(MAX_IDLE_S, Math.max(MIN_IDLE_S, Math.ceil((2 * keepAliveMs) / 1000)));
}

export interface ServerEvents {
  message(session: ClientSession, bytes: Uint8Array): Promise<void> | undefined;
  /** The socket took something of what waited for it. */
  drain(session: ClientSession): void;
  /** @param code of the close; 1006 where the connection broke */
  close(session: ClientSession, code: number): void;
  /** The turn of the event loop has lasted for long, and goes on: ticks that wait may leave now. */
  longTurn(): void;
}

export interface ServerOptions {
  /** Null for plain HTTP and WebSocket. */
  readonly tls: TlsFiles | null;
  /** Several workers listen on the port. */
  readonly isPortShared: boolean;
  /** Whether clients may have their messages compressed. */
  readonly compression: boolean;
  readonly maxMessageBytes: number;
  readonly maxBackpressureBytes: number;
  /** After so long without a word a client is given up: ping interval and time-out together. */
  readonly keepAliveMs: number;
  /** What a connection starts with, from the query of its URL. */
  readonly initialOptions: (query: string) => ConnectionOptions;
  readonly limits: ProxyLimits;
  readonly pageHtml: string;
  /** What the page asks for at `/page.json`. */
  readonly pageData: () => string;
}

export class ProxyServer {
  /** Where ticks are published. */
  readonly publisher: Pick<TemplatedApp, 'publish'>;
  readonly sessions = new Set<ClientSession>();
  readonly counts = { accepted: 0, dropped: 0, malformed: 0, httpRequests: 0, ...closeCounts() };
  /** Of requests, and of what answers them. */
  readonly turns = new WorkTurns();
  readonly #longTurn = new LongTurn(() => this.#events().longTurn());
  readonly #pace: AcceptPace;
  readonly #events: () => ServerEvents;
  readonly #options: ServerOptions;
  readonly #apps: ListenerApps;
  #isAccepting = true;

  /** @param events looked up at the first message: the handlers need the app, which is made here */
  constructor(options: ServerOptions, events: () => ServerEvents) {
    this.#options = options;
    this.#events = events;
    const { tls, isPortShared, compression } = options;
    this.#pace = new AcceptPace(tls !== null);
    const wire = (app: TemplatedApp, members: AppMembers) => this.#wire(app, members);
    this.#apps = new ListenerApps({ tls, isPortShared, compression, wire });
    this.publisher = this.#apps.publisher;
  }

  #wire(app: TemplatedApp, members: AppMembers): void {
    const options = this.#options;
    this.#routePages(app);
    app.filter((response, change) =>
      change > 0 ? this.#accept(response) : options.limits.handshakes.leave(),
    );
    app.ws<SocketData>('/*', {
      compression: compressionOf(options.compression),
      maxPayloadLength: options.maxMessageBytes * LIBRARY_LIMIT_FACTOR,
      maxBackpressure: options.maxBackpressureBytes,
      closeOnBackpressureLimit: true,
      // Our own pings come first; this frees a socket that was told to close and does not read it.
      idleTimeout: libraryIdleS(options.keepAliveMs),
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (socket) => {
        members.clients++;
        this.#open(socket);
      },
      message: (socket, message) => this.#message(socket, message),
      pong: (socket) => this.#pong(socket),
      ping: (socket) => this.#countFrame(socket),
      drain: (socket) => {
        const { session } = socket.getUserData();
        if (session !== undefined) this.#events().drain(session);
      },
      dropped: () => {
        this.counts.dropped++;
      },
      close: (socket, code, reason) => {
        members.clients--;
        this.#close(socket, code, frameViolation(code, reason));
      },
    });
  }

  /** Resolves with the port, or with null when the address cannot be bound. */
  listen(host: string, port: number): Promise<number | null> {
    return this.#apps.listen(host, port);
  }

  /** See `ListenerApps.replaceTls`. */
  replaceTls(tls: TlsFiles): Promise<string> {
    return this.#apps.replaceTls(tls);
  }

  /** Ends a connection by its number. @returns whether it is still there */
  end(connection: number, close: Close): boolean {
    for (const session of this.sessions) {
      if (session.connection.id !== connection) continue;
      session.end(close);
      return true;
    }
    return false;
  }

  /** Whoever comes finds nobody, or, on a connection that is open for HTTP, reads 503. Requests are not taken any more. */
  stopAccepting(): void {
    this.#isAccepting = false;
    this.#longTurn.stop();
    this.#apps.stopAccepting();
  }

  /**
   * Accepts nobody any more, tells everybody, and frees the native handles, so that the thread can end.
   * @param closeOf what a client is closed with
   */
  close(closeOf: (session: ClientSession) => Close): void {
    this.stopAccepting();
    this.#pace.stop();
    this.#options.limits.handshakes.stop();
    for (const session of [...this.sessions]) session.end(closeOf(session));
    this.#apps.close();
  }

  #routePages(app: TemplatedApp): void {
    const { pageHtml, pageData } = this.#options;
    const policy = pagePolicy(pageHtml);
    // The library would encode a text anew each time, in five times the time.
    const page = Buffer.from(pageHtml);
    const serve = (type: string, body: () => string | Uint8Array) =>
      this.#answering((response) => {
        response.writeHeader('Content-Type', type).writeHeader('Cache-Control', 'no-store');
        response
          .writeHeader('Content-Security-Policy', policy)
          .writeHeader('X-Content-Type-Options', 'nosniff');
        endAlone(response, body());
      });
    app.get(
      '/',
      serve('text/html; charset=utf-8', () => page),
    );
    app.get('/page.json', serve('application/json', pageData));
    app.any('/*', this.#answering(tellToUpgrade));
  }

  #accept(response: HttpResponse): void {
    this.#longTurn.look();
    const handshake = this.#options.limits.handshakes.enter(response);
    if (handshake !== null) this.#pace.admit(response, handshake);
  }

  /**
   * A handler that answers with this; who sends a body reads the short answer instead, with which the connection ends. A
   * connection that asks on behind an answer that ends it is closed: it may do so thousands of times in one segment.
   */
  #answering(answer: (response: HttpResponse) => void) {
    const { addresses, handshakes } = this.#options.limits;
    return (response: HttpResponse, request: HttpRequest): void => {
      this.counts.httpRequests++;
      const peer = addresses.peer(response.getRemoteAddress());
      if (!handshakes.isFirstRequest(peer)) response.close();
      else if (hasBody(request)) handshakes.answerWithBody(peer, response, () => tellToUpgrade(response));
      else handshakes.answer(peer, () => answer(response));
    };
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const { compression, limits } = this.#options;
    const peer = limits.addresses.peer(response.getRemoteAddress());
    if (!limits.handshakes.isFirstRequest(peer) || hasBody(request)) return void response.close();
    if (!this.#isAccepting) return void refuseUpgrade(response);
    const subprotocol = selectSubprotocol(request.getHeader('sec-websocket-protocol'));
    const key = request.getHeader('sec-websocket-key');
    const offered = request.getHeader('sec-websocket-extensions');
    const query = request.getQuery() ?? '';
    const isDirect = isDirectClient(key, offered, query);
    const extensions = acceptedExtensions(compression, offered, query);
    const connection = limits.gate.enter(response, request, peer);
    if (connection === null) return;
    const isCompressed = extensions !== '';
    const data = { query, subprotocol, isDirect, isCompressed, connection, session: undefined };
    limits.handshakes.onUpgraded(peer);
    response.upgrade<SocketData>(data, key, subprotocol, extensions, context);
  }

  #open(socket: ClientSocket): void {
    this.counts.accepted++;
    const { limits, initialOptions } = this.#options;
    const session = new ClientSession(socket, initialOptions(socket.getUserData().query), limits, this.turns);
    session.maxBackpressureBytes = this.#options.maxBackpressureBytes;
    socket.getUserData().session = session;
    this.sessions.add(session);
  }

  #message(socket: ClientSocket, message: ArrayBuffer): void {
    this.#longTurn.look();
    const { session } = socket.getUserData();
    if (session === undefined) return;
    if (!this.#isAccepting) {
      // Not looked at any more, but who goes on sending keeps this thread from what others are still to get.
      if (isFlood(session, message.byteLength)) session.end(CLOSE.FLOOD);
    } else if (message.byteLength > this.#options.maxMessageBytes) {
      const reason = `message of ${message.byteLength} bytes, limit ${this.#options.maxMessageBytes}`;
      session.end({ ...CLOSE.TOO_BIG, reason });
    } else if (!this.#mayWait(session, message.byteLength)) {
      session.end(CLOSE.TOO_MANY_REQUESTS);
    } else {
      session.enqueue(new Uint8Array(message), (bytes) => this.#events().message(session, bytes));
    }
  }

  /** Whether a request is not too much for what waits already: what takes several turns waits too. @param bytes of the request */
  #mayWait(session: ClientSession, bytes: number): boolean {
    const { maxMessageBytes, limits } = this.#options;
    if (session.waiting >= (session.isHeld ? MAX_WAITING_REQUESTS : MAX_WAITING_TURNS)) return false;
    const hasKey = session.identity !== null;
    const waitingBytes = session.waitingBytes + bytes;
    const maxMessages = hasKey ? MAX_WAITING_MESSAGES : MAX_WAITING_MESSAGES_WITHOUT_KEY;
    // The key itself may have to wait too.
    if (waitingBytes > maxMessages * maxMessageBytes + SURE_INBOUND_BYTES) return false;
    return (bytes <= STEP_BYTES && !session.mustWait) || limits.inbound.hasRoom(waitingBytes, hasKey);
  }

  #pong(socket: ClientSocket): void {
    const { session } = socket.getUserData();
    if (session === undefined) return;
    if (session.pingSentAt === 0 && session.pushes === 0) this.#countFrame(socket);
    session.pingSentAt = 0;
    if (session.pushes > 0) session.pushes--;
  }

  /**
   * A ping, which the library has answered, or a pong that nobody asked for. The library reads on from a socket whose bytes
   * fill its buffer, before anything else has its turn: one client that sent pongs on and on stopped this thread for as long.
   */
  #countFrame(socket: ClientSocket): void {
    const { session } = socket.getUserData();
    if (session !== undefined && isFlood(session, 0)) session.end(CLOSE.FLOOD);
  }

  #close(socket: ClientSocket, code: number, violation: FrameViolation | null): void {
    if (violation !== null) this.counts[violation]++;
    const data = socket.getUserData();
    if (data.session === undefined) return;
    data.session.close();
    this.sessions.delete(data.session);
    this.#events().close(data.session, code);
    // Behind it: what the client held is counted under its key, whose place may be another key's then.
    this.#options.limits.admission.leave(data.connection);
    const { ending } = data.session;
    if (ending !== null) this.counts[ending.counter]++;
    data.session = undefined;
    // One that we end may be closed within whatever ends it.
    if (ending === null) this.#longTurn.look();
  }
}

/**
 * The last answer of its connection, but for those that leave in the same write: whoever asks ten thousand times in one go,
 * and reads nothing, would have as many pages wait for it, which no limit counts.
 */
function endAlone(response: HttpResponse, body: string | Uint8Array): void {
  response.end(body, true);
}

function tellToUpgrade(response: HttpResponse): void {
  response.writeStatus('426 Upgrade Required').writeHeader('Upgrade', 'websocket');
  endAlone(response, 'This address speaks WebSocket. Open / in a browser to see live ticks.\n');
}

/** Whether a request says that one follows, be it empty. */
function hasBody(request: HttpRequest): boolean {
  return request.getHeader('content-length') !== '' || request.getHeader('transfer-encoding') !== '';
}

function isFlood({ allowance }: ClientSession, bytes: number): boolean {
  return allowance.take(bytes, performance.now()) === 'flood';
}

function refuseUpgrade(response: HttpResponse): void {
  response.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1');
  response.end('This server is going away. Connect again in a moment.\n', true);
}
