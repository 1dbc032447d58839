/**
 * One WebSocket, from its opening to its end. A connection that says nothing is asked: a network that drops everything
 * silently would otherwise leave old prices standing as if they were the latest.
 */
import type { Decode } from './framing.ts';
import { TickwireError } from './tickwire-error.ts';
import type { WireMessage } from './wire.ts';

export interface ConnectionTimes {
  /** Until the socket is open, ms. Default 10,000. */
  readonly openMs?: number;
  /** Silence after which the server is asked whether it is there, ms. Default 5000. */
  readonly quietMs?: number;
  /** Time for its answer, ms. Default 10,000. */
  readonly answerMs?: number;
}

export interface ConnectionHandlers {
  onOpen(): void;
  onMessage(message: WireMessage): void;
  /** Once. @param error where the client itself ended it */
  onEnd(code: number, reason: string, error: TickwireError | null): void;
}

const OPEN_MS = 10_000;
const QUIET_MS = 5000;
const ANSWER_MS = 10_000;
/** There was no close frame. */
const NO_CLOSE_FRAME = 1006;

export class Connection {
  readonly #socket: WebSocket;
  readonly #decode: Decode;
  readonly #handlers: ConnectionHandlers;
  readonly #quietMs: number;
  readonly #answerMs: number;
  #heardAt = 0;
  /** When it was asked whether it is there; null while nothing is asked. */
  #askedAt: number | null = null;
  #timer: ReturnType<typeof setTimeout>;
  #hasEnded = false;
  #failure = '';

  /** @throws SyntaxError when the address is none */
  constructor(url: string, decode: Decode, handlers: ConnectionHandlers, times: ConnectionTimes) {
    this.#decode = decode;
    this.#handlers = handlers;
    this.#quietMs = times.quietMs ?? QUIET_MS;
    this.#answerMs = times.answerMs ?? ANSWER_MS;
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const openMs = times.openMs ?? OPEN_MS;
    this.#timer = setTimeout(() => this.#fail(`the server did not answer within ${openMs} ms`), openMs);
    socket.onopen = () => {
      this.#listen();
      handlers.onOpen();
    };
    socket.onmessage = ({ data }) => this.#take(data);
    // A browser says nothing more of it, Node.js has the reason in its message.
    socket.onerror = (event) => {
      this.#failure = 'message' in event && typeof event.message === 'string' ? event.message : '';
      // Node.js 22 closes nothing behind a connection that could not be made; elsewhere `onclose` comes first.
      setTimeout(() => this.#end(NO_CLOSE_FRAME, this.#failure, null));
    };
    socket.onclose = ({ code, reason }) => this.#end(code, reason || this.#failure, null);
  }

  /** Nothing is sent by a connection that has ended. */
  send(request: object): void {
    if (!this.#hasEnded && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(request));
    }
  }

  /** Ends it; the handlers are told at once, since the other side may never answer. */
  end(error: TickwireError | null, reason = ''): void {
    this.#end(NO_CLOSE_FRAME, reason, error);
  }

  #fail(reason: string): void {
    this.end(new TickwireError('DISCONNECTED', reason), reason);
  }

  #take(data: unknown): void {
    this.#heardAt = performance.now();
    this.#askedAt = null;
    let message: WireMessage;
    try {
      message = this.#decode(data);
    } catch (error) {
      if (!(error instanceof TickwireError)) throw error;
      return void this.end(error, error.message);
    }
    this.#handlers.onMessage(message);
  }

  #listen(): void {
    this.#heardAt = performance.now();
    this.#check();
  }

  /** One timer for a connection, not one for each message. */
  #check(): void {
    clearTimeout(this.#timer);
    if (this.#hasEnded) return;
    const now = performance.now();
    // A timer may come much later than it should: of a page in the background, of a machine that slept. So the question counts.
    if (this.#askedAt !== null && now - this.#askedAt >= this.#answerMs) {
      return void this.#fail(`the server has been silent for ${Math.round(now - this.#heardAt)} ms`);
    }
    if (this.#askedAt === null && now - this.#heardAt >= this.#quietMs) {
      this.#askedAt = now;
      this.send({ action: 'ping' });
    }
    const due = this.#askedAt === null ? this.#heardAt + this.#quietMs : this.#askedAt + this.#answerMs;
    this.#timer = setTimeout(() => this.#check(), due - now + 1);
  }

  #end(code: number, reason: string, error: TickwireError | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // One that is closed before it is open complains, and nobody needs to hear that.
    socket.onerror = () => undefined;
    socket.close();
    this.#handlers.onEnd(code, reason, error);
  }
}
