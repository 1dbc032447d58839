/** The connection of a client over its ends: opened, logged in, lost, and made anew when and as the server allows. */
import { Backoff } from './backoff.ts';
import { boundedWait } from './bounded-wait.ts';
import type { ConnectOptions } from './client-options.ts';
import { Connection } from './connection.ts';
import { planAfter } from './ending.ts';
import { type Decode, loadDecoder } from './framing.ts';
import { Login, type SessionNews } from './login.ts';
import { errorOf, RequestLine } from './request-line.ts';
import { TickwireError } from './tickwire-error.ts';
import type { WireMessage } from './wire.ts';
import { messageWithoutKey, withoutKey } from './without-key.ts';

/** `waiting`: for the next attempt. `idle`: the server closed a connection that held nothing; the next subscribe opens it again. */
export type ClientState = 'connecting' | 'open' | 'waiting' | 'idle' | 'closed';

export interface StateChange {
  readonly state: ClientState;
  /** How the connection ended; null while one is made or open. 1006: without a close frame. */
  readonly ended: { readonly code: number; readonly reason: string } | null;
  /** When the next attempt is made, ms from now; null if none is due. */
  readonly retryMs: number | null;
}

export interface LinkHandlers {
  /** A portion of what came back with the session. */
  onResumed(message: WireMessage): void;
  onSession(news: SessionNews): void;
  /** Requests are taken from now on. */
  onOpen(line: RequestLine): void;
  onMessage(message: WireMessage): void;
  /** The connection has ended, and with it what the server held for it. */
  onDown(): void;
  onState(change: StateChange): void;
  /** Something is wrong, and it is tried again. */
  onError(error: TickwireError): void;
  /** No connection is made any more. Once. */
  onStop(error: TickwireError | null): void;
}

/** A request that is not answered so long is a fault, and a new connection the way out. */
const REQUEST_MS = 60_000;
/** A connection that lasts so long was a good one. */
const STABLE_MS = 5000;
/** What a network has held back so long it has lost. */
const GHOST_MS = 120_000;
const NORMAL_CLOSE = 1000;
const NO_CLOSE_FRAME = 1006;
const SESSION_TAKEN = 4409;

export class Link {
  readonly #options: ConnectOptions;
  readonly #handlers: LinkHandlers;
  readonly #login: Login;
  readonly #backoff: Backoff;
  #state: ClientState = 'connecting';
  #decode: Decode | null = null;
  #connection: Connection | null = null;
  #line: RequestLine | null = null;
  #adviceMs: number | null = null;
  /** Until then a connection that was given up may still reach the server, and take the session from the one that goes on with it. */
  #ghostUntil = 0;
  /** The next attempt, the end of patience with a login, or the moment from which the connection counts as good. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#backoff = new Backoff(options.reconnect || {});
    this.#login = new Login(options, {
      onResumed: handlers.onResumed,
      onSession: handlers.onSession,
      onDone: () => this.#open(),
      onError: (error) => this.#connection?.end(error, error.message),
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Opens the first connection, or one again that the server closed since it held nothing. */
  async dial(): Promise<void> {
    this.#setState('connecting', null, null);
    try {
      this.#decode ??= await loadDecoder(this.#options.framing ?? 'json');
      if (this.#state !== 'connecting') return;
      const { url, times = {} } = this.#options;
      this.#connection = new Connection(url, this.#decode, this.#connectionHandlers(), times);
      this.#timer = setTimeout(() => this.#giveUp(), REQUEST_MS);
    } catch (error) {
      const isOwn = error instanceof TickwireError;
      this.#stop(isOwn ? error : new TickwireError('INVALID_OPTION', String(error)), null);
    }
  }

  /** The program wants no more. */
  close(): void {
    if (this.#state !== 'closed') this.#stop(null, { code: NORMAL_CLOSE, reason: 'closed by the program' });
  }

  #connectionHandlers() {
    return {
      onOpen: () => this.#connection?.send(this.#login.begin()),
      onMessage: (message: WireMessage) => this.#take(message),
      onEnd: (code: number, reason: string, error: TickwireError | null) =>
        this.#end(code, withoutKey(reason, this.#options.key), error),
    };
  }

  #take(told: WireMessage): void {
    const message = told.type === 'market_data' ? told : messageWithoutKey(told, this.#options.key);
    if (this.#login.take(message)) return;
    if (this.#line?.take(message) === true) return;
    if (message.type === 'pong') return;
    if (message.type === 'going_away') this.#adviceMs = boundedWait(message.reconnect_after_ms);
    const error = errorOf(message);
    if (error?.code === 'KEY_REVOKED') this.#connection?.end(error, error.message);
    else this.#handlers.onMessage(message);
  }

  #open(): void {
    const connection = this.#connection!;
    this.#line = new RequestLine(
      (request) => connection.send(request),
      REQUEST_MS,
      () => this.#giveUp(),
    );
    this.#setState('open', null, null);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#backoff.reset(), STABLE_MS);
    this.#handlers.onOpen(this.#line);
  }

  #giveUp(): void {
    const text = `the server has not answered a request for ${REQUEST_MS} ms`;
    this.#connection?.end(new TickwireError('DISCONNECTED', text), text);
  }

  #end(code: number, reason: string, error: TickwireError | null): void {
    clearTimeout(this.#timer);
    const adviceMs = this.#adviceMs;
    this.#connection = null;
    this.#line = null;
    this.#adviceMs = null;
    if (this.#state === 'closed') return;
    this.#handlers.onDown();
    const ended = { code, reason };
    const isGhosts = code === SESSION_TAKEN && performance.now() < this.#ghostUntil;
    this.#ghostUntil = error?.code === 'DISCONNECTED' ? performance.now() + GHOST_MS : 0;
    const plan = planAfter({ code: isGhosts ? NO_CLOSE_FRAME : code, reason, error, adviceMs });
    if (plan.action === 'stop') return void this.#stop(plan.error, ended);
    if (this.#options.reconnect === false) {
      const text = `the connection ended (${code}${reason === '' ? '' : `: ${reason}`})`;
      return void this.#stop(error ?? new TickwireError('DISCONNECTED', text), ended);
    }
    if (error !== null) this.#handlers.onError(error);
    if (plan.action === 'idle') return void this.#setState('idle', ended, null);
    const ms = plan.action === 'retryAt' ? this.#backoff.nextAt(plan.ms) : this.#backoff.next(plan.atLeastMs);
    this.#timer = setTimeout(() => void this.dial(), ms);
    this.#setState('waiting', ended, ms);
  }

  #stop(error: TickwireError | null, ended: StateChange['ended']): void {
    clearTimeout(this.#timer);
    this.#setState('closed', ended, null);
    this.#connection?.end(null);
    this.#handlers.onStop(error);
  }

  #setState(state: ClientState, ended: StateChange['ended'], retryMs: number | null): void {
    this.#state = state;
    this.#handlers.onState({ state, ended, retryMs });
  }
}
