/** The beginning of a connection: the key, the options, and what comes back of an earlier connection's session. */
import type { ConnectOptions, Feature } from './client-options.ts';
import { DEFAULT_FEATURES } from './client-options.ts';
import { errorOf } from './request-line.ts';
import { TickwireError } from './tickwire-error.ts';
import { numberOf, textOf, type WireMessage } from './wire.ts';

export interface SessionNews {
  /** `resumed`: everything came back. `unknown`: too long away, or the engine was restarted. `refused`: no session to be had. */
  readonly status: 'resumed' | 'unknown' | 'refused';
  /** Time between the connections; null unless it was resumed. */
  readonly awayMs: number | null;
  readonly message: string;
}

export interface LoginHandlers {
  /** A portion of what the session held. */
  onResumed(message: WireMessage): void;
  onSession(news: SessionNews): void;
  /** Requests are taken from now on. */
  onDone(): void;
  onError(error: TickwireError): void;
}

export class Login {
  readonly #options: ConnectOptions;
  readonly #features: readonly Feature[];
  readonly #handlers: LoginHandlers;
  /** Of the latest connection; presented by the next one. */
  #session: string | null = null;
  #isWelcome = false;
  #isDone = false;

  constructor(options: ConnectOptions, handlers: LoginHandlers) {
    this.#options = options;
    this.#features = options.features ?? DEFAULT_FEATURES;
    this.#handlers = handlers;
  }

  /** What a connection that has just opened sends. */
  begin(): object {
    this.#isWelcome = false;
    this.#isDone = false;
    const { key, framing = 'json', slow } = this.#options;
    const session = this.#session ?? undefined;
    const own = { framing, dialect: 'openalgo', features: this.#features, slow, session };
    return { action: 'authenticate', api_key: key, ...own };
  }

  /** @returns false when it is over, or the message is none of its own */
  take(message: WireMessage): boolean {
    if (message.type === 'session') {
      this.#takeSession(message);
      return true;
    }
    if (this.#isDone) return false;
    if (message.type === 'auth') {
      this.#takeWelcome(message);
      return true;
    }
    const error = errorOf(message);
    if (error === null) return false;
    this.#handlers.onError(error);
    return true;
  }

  #takeWelcome(message: WireMessage): void {
    const given = Array.isArray(message.features) ? message.features : [];
    const missing = this.#features.filter((feature) => !given.includes(feature));
    if (missing.length > 0) {
      const text = `the server does not have the features ${missing.join(', ')}; is it a Tickwire of this version?`;
      this.#handlers.onError(new TickwireError('FEATURE_MISSING', text));
      return;
    }
    this.#isWelcome = true;
    const isBack = this.#session !== null;
    if (typeof message.session === 'string') this.#session = message.session;
    // What came back is told in messages of its own.
    if (!isBack) this.#finish();
  }

  #takeSession(message: WireMessage): void {
    if (message.status === 'resumed') {
      this.#handlers.onResumed(message);
      if (message.more === true) return;
    }
    const status = message.status === 'resumed' || message.status === 'unknown' ? message.status : 'refused';
    const awayMs = numberOf(message.away_ms);
    if (this.#isWelcome) this.#finish();
    this.#handlers.onSession({ status, awayMs, message: textOf(message.message) });
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#handlers.onDone();
  }
}
