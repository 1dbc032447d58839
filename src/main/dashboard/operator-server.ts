/**
 * The operator's listener: the dashboard's files, its WebSocket, metrics and health. It has a thread, a port and a library app
 * of its own, so that whoever attacks the clients' listener does not reach it, and whoever looks costs no tick.
 */
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from 'uWebSockets.js';
import { ListenerApps } from '../../workers/proxy/connection/listener-apps.ts';
import type { TlsFiles } from '../../workers/reload-messages.ts';
import { isLoopback } from '../config/loopback.ts';
import type { FigurePath } from '../ops/engine-view.ts';
import type { FigureRequests } from './figure-requests.ts';
import type { KeyCheck } from './key-check.ts';
import type { LiveConnections, LiveData } from './live-connections.ts';
import type { OperatorTask } from './operator-messages.ts';
import { dashboardPolicy, isOwnHost, isOwnOrigin } from './request-guard.ts';
import { guardSockets, type OnSocketFailure } from './socket-guard.ts';
import type { SocketPlaces } from './socket-places.ts';
import type { StaticFile } from './static-files.ts';

const MAX_REQUEST_BYTES = 4096;
/** A view is some KB a second; who leaves so many unread has gone. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
const IDLE_S = 60;
const OPEN_TO_ALL: readonly FigurePath[] = ['/healthz', '/readyz'];

export interface OperatorServerParts {
  readonly files: ReadonlyMap<string, StaticFile>;
  readonly keys: KeyCheck;
  readonly live: LiveConnections;
  readonly figures: FigureRequests;
  readonly places: SocketPlaces;
  readonly onSocketFailure: OnSocketFailure;
  /** Somebody asked for metrics with a key that is none. */
  readonly onWrongKey: (address: string) => void;
}

type Serve = (response: HttpResponse, request: HttpRequest) => void;
/** Writes the body of an answer, the last part of it. */
type End = (response: HttpResponse, body: string | Uint8Array) => void;

const withBody: End = (response, body) => void response.end(body);
/** The answer to HEAD. `endWithoutBody` would tell the length of the body, but the library takes it for no answer (20.0.8). */
const withoutBody: End = (response) => void response.end();

export class OperatorServer {
  readonly #task: OperatorTask;
  readonly #parts: OperatorServerParts;
  readonly #apps: ListenerApps;
  #isOpen = true;
  /** Where clients connect, for the page's policy. */
  clientUrl: string | null;

  constructor(task: OperatorTask, parts: OperatorServerParts) {
    const { tls } = task;
    this.#task = task;
    this.#parts = parts;
    this.clientUrl = task.clientUrl;
    const wire = (app: TemplatedApp) => this.#wire(app);
    this.#apps = new ListenerApps({ tls, isPortShared: false, compression: false, wire });
  }

  #wire(app: TemplatedApp): void {
    const { live, places, onSocketFailure } = this.#parts;
    // An end is not told of a socket that has become a dashboard's: see `#upgrade`.
    app.filter((response, change) => (change > 0 ? places.enter(() => response.close()) : places.leave()));
    // What watches a service often asks with HEAD.
    for (const [route, end] of [
      [app.get.bind(app), withBody],
      [app.head.bind(app), withoutBody],
    ] as const) {
      for (const path of ['/metrics', '/healthz', '/readyz'] as const) {
        const serve: Serve = (response, request) => this.#serveFigures(path, response, request, end);
        route(path, this.#guarded(serve, end));
      }
      route(
        '/*',
        this.#guarded((response, request) => this.#serveFile(response, request, end), end),
      );
    }
    app.ws<LiveData>('/live', {
      maxPayloadLength: MAX_REQUEST_BYTES,
      maxBackpressure: MAX_UNREAD_BYTES,
      closeOnBackpressureLimit: true,
      idleTimeout: IDLE_S,
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      ...guardSockets(live, onSocketFailure),
    });
    app.any(
      '/*',
      this.#guarded((response) => answer(response, '405 Method Not Allowed', 'Only GET is served here.\n')),
    );
  }

  /** @returns the first free port from the one on that was asked for; null when there is none */
  async listen(): Promise<number | null> {
    const { host, port: first, morePorts } = this.#task;
    for (let port = first; port <= first + morePorts; port++) {
      const bound = await this.#apps.listen(host, port);
      if (!this.#isOpen) break;
      if (bound !== null) return bound;
    }
    return null;
  }

  /** See `ListenerApps.replaceTls`. */
  replaceTls(tls: TlsFiles): Promise<string> {
    return this.#apps.replaceTls(tls);
  }

  /** Frees the native handles, so that the thread can end. */
  close(): void {
    this.#isOpen = false;
    this.#apps.stopAccepting();
    this.#parts.live.stop();
    this.#parts.figures.stop();
    this.#apps.close();
  }

  #guarded(serve: Serve, end = withBody): Serve {
    return (response, request) => {
      const host = request.getHeader('host');
      if (isOwnHost(this.#task.host, host)) serve(response, request);
      else answer(response, '421 Misdirected Request', `This address is not called "${host}".\n`, end);
    };
  }

  #serveFile(response: HttpResponse, request: HttpRequest, end: End): void {
    const file = this.#parts.files.get(request.getUrl());
    if (file === undefined) {
      answer(response, '404 Not Found', 'There is no such page. The dashboard is at /.\n', end);
      return;
    }
    const policy = dashboardPolicy(request.getHeader('host'), this.#task.tls !== null, this.clientUrl);
    response.writeHeader('Content-Type', file.type).writeHeader('Cache-Control', 'no-cache');
    response.writeHeader('Content-Security-Policy', policy).writeHeader('Referrer-Policy', 'no-referrer');
    end(protectedFromOthers(response), file.body);
  }

  #serveFigures(path: FigurePath, response: HttpResponse, request: HttpRequest, end: End): void {
    const refusal = OPEN_TO_ALL.includes(path) ? null : this.#refusal(response, request);
    if (refusal !== null) {
      response.writeStatus(refusal).writeHeader('WWW-Authenticate', 'Bearer realm="tickwire"');
      end(
        protectedFromOthers(response),
        'Metrics are for those who have the admin or the viewer key: Authorization: Bearer <key>\n',
      );
      return;
    }
    let isGone = false;
    response.onAborted(() => {
      isGone = true;
    });
    this.#parts.figures.ask(path, ({ status, contentType, body }) => {
      if (isGone || !this.#isOpen) return;
      response.cork(() => {
        response.writeStatus(STATUS.get(status) ?? String(status)).writeHeader('Content-Type', contentType);
        response.writeHeader('Cache-Control', 'no-store');
        end(protectedFromOthers(response), body);
      });
    });
  }

  /** Null where the metrics may be read: by programs of this host, or with a key. */
  #refusal(response: HttpResponse, request: HttpRequest): string | null {
    if (isLoopback(this.#task.host)) return null;
    const key = /^Bearer (.+)$/i.exec(request.getHeader('authorization'))?.[1];
    if (key === undefined) return '401 Unauthorized';
    const address = addressOf(response);
    const verdict = this.#parts.keys.look(key, address);
    if (verdict === 'paced') return '429 Too Many Requests';
    if (verdict !== 'wrong') return null;
    this.#parts.onWrongKey(address);
    return '401 Unauthorized';
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const { host: listensOn, tls } = this.#task;
    const host = request.getHeader('host');
    const origin = request.getHeader('origin');
    if (!isOwnHost(listensOn, host) || !isOwnOrigin(origin, host, tls !== null)) {
      answer(response, '403 Forbidden', 'Only the dashboard of this very address may connect.\n');
    } else if (!this.#parts.places.becomeDashboard()) {
      answer(response, '503 Service Unavailable', 'Too many dashboards are open.\n');
    } else {
      response.upgrade<LiveData>(
        { address: addressOf(response), connection: undefined },
        request.getHeader('sec-websocket-key'),
        request.getHeader('sec-websocket-protocol'),
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    }
  }
}

const STATUS: ReadonlyMap<number, string> = new Map([
  [200, '200 OK'],
  [503, '503 Service Unavailable'],
]);

function addressOf(response: HttpResponse): string {
  return Buffer.from(response.getRemoteAddressAsText()).toString('latin1');
}

function protectedFromOthers(response: HttpResponse): HttpResponse {
  return response
    .writeHeader('X-Content-Type-Options', 'nosniff')
    .writeHeader('Cross-Origin-Resource-Policy', 'same-origin');
}

function answer(response: HttpResponse, status: string, text: string, end: End = withBody): void {
  response.writeStatus(status).writeHeader('Content-Type', 'text/plain; charset=utf-8');
  end(protectedFromOthers(response), text);
}
