/**
 * The part that owns one upstream connection, whatever the broker: connects, keeps the heartbeat, notices a dead socket,
 * reconnects with backoff for ever, and sends every wish again after each connect. One owner of reconnects, one socket
 * at a time: a new one is made only in `#connect`, which nothing calls while a socket lives. That holds for new tokens
 * too, since the broker counts sockets per account: the old one is closed first.
 *
 * | state        | meaning                                            | leaves to                        |
 * | connecting   | first attempt                                      | live, reconnecting, refused      |
 * | live         | socket open, wishes sent                           | reconnecting                     |
 * | reconnecting | waiting for, or in, another attempt                | live, refused                    |
 * | refused      | the broker refuses the tokens; waits for new ones  | -                                |
 * | suspended    | there is no session; waits for the next login      | -                                |
 * | stopped      | asked to end                                       | -                                |
 *
 * `renew` leads from every state but stopped to connecting, `suspend` to suspended.
 *
 * Feed worker thread.
 */
import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';
import type {
  FeedCredentials,
  FeedOptions,
  FeedState,
  FromFeedWorker,
  UpstreamWish,
} from '../worker-messages.ts';
import { Backoff } from './backoff.ts';

export type Report = (message: FromFeedWorker) => void;

/** A connection that stayed up so long has proved itself: the next outage starts with a short delay again. */
const STABLE_AFTER_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long the close handshake may take when the engine stops, and when only the tokens change and ticks are missed. */
const STOP_TIMEOUT_MS = 1000;
const REPLACE_TIMEOUT_MS = 200;
/** Login answers of the brokers that say "these tokens are no good", as opposed to "not now". */
const REFUSED_STATUS: ReadonlySet<number> = new Set([401, 403]);

export abstract class FeedHandler {
  protected readonly options: FeedOptions;
  protected readonly report: Report;
  protected credentials: FeedCredentials;
  readonly #url: string;
  readonly #backoff: Backoff;
  #socket: WebSocket | null = null;
  #state: FeedState = 'connecting';
  /** The socket is being closed for one with new tokens, which follows at once. */
  #isReplacing = false;
  #lastFrameAt = 0;
  #openedAt = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped: (() => void) | undefined;
  reconnects = 0;

  constructor(url: string, credentials: FeedCredentials, options: FeedOptions, report: Report) {
    this.#url = url;
    this.credentials = credentials;
    this.options = options;
    this.report = report;
    this.#backoff = new Backoff(options.backoffInitialMs, options.backoffMaxMs);
  }

  /** Address and headers of the next connection attempt. */
  protected abstract handshake(url: string): {
    readonly url: string;
    readonly headers: Record<string, string>;
  };
  /** One binary frame. Hot path: neither throws nor keeps the buffer. */
  protected abstract onFrame(frame: Buffer): void;
  protected abstract onText(text: string): void;
  protected abstract sendHeartbeat(send: (data: string) => void): void;
  /** Everything that is wished for, in requests ready to send. */
  protected abstract allSubscribeRequests(): readonly string[];
  /** The socket was lost: what comes next follows a gap. */
  protected abstract onOutage(): void;
  /** @param epoch of the instruments among them that are not carried yet */
  abstract subscribe(wishes: readonly UpstreamWish[], epoch: number): void;
  abstract unsubscribe(wishes: readonly UpstreamWish[]): void;
  abstract counters(): Record<string, number>;

  start(): void {
    this.#connect();
  }

  /**
   * New tokens: a connection is made anew with them at once, whatever the state. The old ones may still be good, but the
   * login that brought the new ones ends them soon.
   */
  renew(credentials: FeedCredentials): void {
    this.credentials = credentials;
    if (this.#state === 'stopped') return;
    clearTimeout(this.#retry);
    this.#backoff.reset();
    this.#setState('connecting', 'new tokens');
    if (this.#socket === null) this.#connect();
    else {
      this.#isReplacing = true;
      this.#closeSocket(this.#socket, REPLACE_TIMEOUT_MS);
    }
  }

  /** There are no tokens any more: closes the socket and waits for `renew`. */
  suspend(reason: string): void {
    if (this.#state === 'stopped') return;
    clearTimeout(this.#retry);
    this.#setState('suspended', reason);
    if (this.#socket !== null) this.#closeSocket(this.#socket, REPLACE_TIMEOUT_MS);
  }

  /** Closes the socket with a close handshake, so that the broker frees its slot. Resolves when it is closed. */
  stop(): Promise<void> {
    this.#setState('stopped', 'asked to stop');
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    if (socket === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stopped = resolve;
      this.#closeSocket(socket, STOP_TIMEOUT_MS);
    });
  }

  /** Sends requests if the socket is open; otherwise they go out with everything else on the next open. */
  protected send(requests: readonly string[]): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    for (const request of requests) this.#socket.send(request);
  }

  /** A broker that does not answer the close handshake in time is left without it. */
  #closeSocket(socket: WebSocket, timeoutMs: number): void {
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.terminate();
      return;
    }
    socket.close(1000);
    setTimeout(() => socket.terminate(), timeoutMs).unref();
  }

  #setState(state: FeedState, detail: string): void {
    this.#state = state;
    this.report({ type: 'state', state, detail });
  }

  #connect(): void {
    this.#isReplacing = false;
    const offered = this.credentials;
    const { url, headers } = this.handshake(this.#url);
    const socket = new WebSocket(url, {
      headers,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      skipUTF8Validation: true,
    });
    this.#socket = socket;
    let refusal = '';
    let reason = '';
    socket.on('open', () => this.#onOpen(socket));
    socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#lastFrameAt = performance.now();
      if (isBinary) this.onFrame(data as Buffer);
      else this.onText((data as Buffer).toString('utf8'));
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      const text = response.headers['x-error-message'];
      reason = `handshake answered HTTP ${status}${text === undefined ? '' : ` (${text})`}`;
      // New tokens that came while the old ones were on their way get their try.
      if (REFUSED_STATUS.has(status) && offered === this.credentials) refusal = reason;
      response.resume();
      socket.terminate();
    });
    socket.on('error', (error: Error) => {
      reason ||= error.message;
    });
    socket.on('close', (code: number) => {
      this.#onClose(refusal, reason || `socket closed with code ${code}`);
    });
  }

  #onOpen(socket: WebSocket): void {
    this.#openedAt = performance.now();
    this.#lastFrameAt = this.#openedAt;
    this.send(this.allSubscribeRequests());
    this.#setState('live', 'connected');
    const beat = () => {
      const silentMs = performance.now() - this.#lastFrameAt;
      // A half-open socket answers no heartbeat; without this check it would look alive for ever.
      if (silentMs > this.options.deadAfterMs) socket.terminate();
      else this.sendHeartbeat((data) => socket.send(data));
    };
    beat();
    this.#heartbeat = setInterval(beat, this.options.pingIntervalMs);
  }

  #onClose(refusal: string, reason: string): void {
    clearInterval(this.#heartbeat);
    this.#socket = null;
    if (this.#state === 'stopped') {
      this.#stopped?.();
      return;
    }
    this.onOutage();
    if (this.#state === 'suspended') return;
    if (this.#isReplacing) {
      this.#connect();
      return;
    }
    if (refusal !== '') {
      this.#setState('refused', refusal);
      return;
    }
    if (this.#state === 'live' && performance.now() - this.#openedAt > STABLE_AFTER_MS) this.#backoff.reset();
    const delayMs = this.#backoff.next();
    this.reconnects++;
    this.#setState('reconnecting', `${reason}; next attempt in ${delayMs} ms`);
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  }
}
