/**
 * The state machine of one upstream connection. It owns the socket, and knows neither broker nor ticks.
 *
 *      start
 *        │
 *        ▼            handshake done
 *   connecting ─────────────────────────▶ live ◀──────────────┐
 *    │      │                              │                  │
 *    │      │ no answer,                   │ lost: reset,     │ handshake done
 *    │      │ any other status             │ closed, silent,  │
 *    │      │                              │ `reconnect`      │
 *    │      │                              ▼                  │
 *    │      └──────────────────────▶ reconnecting ────────────┘
 *    │                                │   ▲   │
 *    │ HTTP 401, 403                  │   └───┘ waits with backoff, then tries, for ever;
 *    ▼                HTTP 401, 403   │         after HTTP 429 it waits for a free slot
 *   refused ◀─────────────────────────┘
 *     has no socket, and waits for `renew`
 *
 *     `renew`    every state but stopped ──▶ connecting, with the new tokens
 *     `suspend`  every state but stopped ──▶ refused
 *     `stop`     every state ──▶ stopped, for good
 *
 * Brokers count sockets per account, so there is never more than one: `#open` is the only place that makes one and does
 * nothing while one lives, and a socket that is being closed lives until its close event. What happens then follows from
 * the state of that moment, so nothing that was decided earlier about the old socket can bring a second one.
 *
 * Feed worker thread.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { ConnectionOptions, FeedState } from '../worker-messages.ts';
import { Backoff } from './backoff.ts';
import { describeConnectError } from './connect-error.ts';
import type { IntakeEvents } from './socket-intake.ts';
import { type Handshake, openUpstreamSocket } from './upstream-socket.ts';

/** How long a close handshake may take when the engine stops, and when ticks are missed meanwhile. */
const STOP_TIMEOUT_MS = 1000;
const REPLACE_TIMEOUT_MS = 200;
/** Silence is looked for so often, or four times in the time that makes a socket dead when that is short. */
export const SILENCE_CHECK_MS = 1000;
/** Answers of brokers that say "these tokens are no good", as opposed to "not now". */
const REFUSED_STATUS: ReadonlySet<number> = new Set([401, 403]);
/** All of the account's sockets are taken; one that died without a word keeps its slot for a while. */
const NO_SLOT_STATUS = 429;

/** What the connection asks and tells. */
export interface ConnectionOwner {
  /** For the next attempt, with the tokens of now. What it throws counts as a refusal: the same tokens would do it again. */
  handshake(): Handshake;
  /** The heartbeat that the broker wants from us, null for none. */
  heartbeatText(): string | null;
  /** The socket is open and carries nothing. */
  opened(): void;
  /**
   * Hot path. One message.
   * @param bytes are not its own: valid until the call returns
   */
  received(bytes: Buffer, offset: number, length: number, isBinary: boolean): void;
  /** A socket that was open is gone: what comes next follows a gap. */
  lost(): void;
  /** The answer to a handshake says the broker's time; `askedAt` and `answeredAt` are ours. All in ms since 1970. */
  dated(dateMs: number, askedAt: number, answeredAt: number): void;
  /** The tokens of the latest handshake are no good. */
  tokensRefused(): void;
  /** @param reason for people: no credentials, no address with a query */
  changed(state: FeedState, reason: string): void;
  /** `opened`, `received` or `lost` threw. */
  failed(error: unknown): void;
  /** Takes credentials out of a text that a library or a server wrote. */
  redact(text: string): string;
}

/** Why an attempt or a connection ended. */
type Ending = { readonly kind: 'lost' | 'refused' | 'noSlot'; readonly reason: string };

export class UpstreamConnection {
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  #state: FeedState = 'connecting';
  #socket: WebSocket | null = null;
  /** Rises with new tokens: what the broker says of older ones means nothing any more. */
  #tokens = 0;
  /** What we know of why the socket is about to close; says more than its close code. */
  #closingBecause = '';
  #openedAt = 0;
  /** `performance.now()` of the latest read of the socket: one look at the clock for all messages in it. */
  #readAt = 0;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | null = null;
  #resolveStopped: () => void = () => {};
  /** `performance.now()` of the read that brought the latest message, or of the open. */
  lastMessageAt = 0;
  /** Attempts that followed a lost or refused connection. */
  reconnects = 0;

  readonly #intake: IntakeEvents = {
    onRead: () => {
      this.#readAt = performance.now();
    },
    onMessage: (bytes, offset, length, isBinary) => {
      this.lastMessageAt = this.#readAt;
      try {
        this.#owner.received(bytes, offset, length, isBinary);
      } catch (error) {
        this.#owner.failed(error);
      }
    },
  };

  constructor(owner: ConnectionOwner, options: ConnectionOptions, random: () => number = Math.random) {
    this.#owner = owner;
    this.#options = options;
    this.#random = random;
    const { backoffInitialMs, backoffFactor, backoffMaxMs, backoffJitter } = options;
    this.#backoff = new Backoff(
      { initialMs: backoffInitialMs, factor: backoffFactor, maxMs: backoffMaxMs, jitter: backoffJitter },
      random,
    );
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Whether requests can be sent now. */
  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  start(): void {
    if (this.#state === 'connecting') this.#open();
  }

  /**
   * There are new tokens: connects anew with them at once, whatever the state. The old ones may still be good, but the
   * login that brought the new ones ends them soon.
   */
  renew(): void {
    if (this.#state === 'stopped') return;
    this.#tokens++;
    this.#backoff.reset();
    this.#enter('connecting', 'new tokens');
    if (this.#socket === null) this.#open();
    else this.#close(this.#socket, REPLACE_TIMEOUT_MS);
  }

  /** There are no tokens any more: closes the socket and waits for `renew`. */
  suspend(reason: string): void {
    if (this.#state === 'stopped') return;
    this.#enter('refused', reason);
    if (this.#socket !== null) this.#close(this.#socket, REPLACE_TIMEOUT_MS);
  }

  /** Gives up a live socket for another. Does nothing in any other state. */
  reconnect(reason: string): void {
    if (this.#state !== 'live' || this.#socket === null) return;
    this.#closingBecause = reason;
    this.#enter('reconnecting', reason);
    this.#close(this.#socket, REPLACE_TIMEOUT_MS);
  }

  /** Closes the socket with a close handshake, so that the broker frees its slot. Resolves when it is closed. */
  stop(): Promise<void> {
    if (this.#stopping !== null) return this.#stopping;
    this.#stopping = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    this.#enter('stopped', 'asked to stop');
    if (this.#socket === null) this.#resolveStopped();
    else this.#close(this.#socket, STOP_TIMEOUT_MS);
    return this.#stopping;
  }

  /** Sends a request. On a socket that is not open it is dropped: everything is asked for again on the next open. */
  send(text: string): void {
    if (this.isOpen) this.#socket?.send(text);
  }

  #enter(state: FeedState, reason: string): void {
    clearTimeout(this.#retry);
    this.#state = state;
    this.#owner.changed(state, reason);
  }

  #open(): void {
    if (this.#socket !== null) return;
    const tokens = this.#tokens;
    this.#closingBecause = '';
    let socket: WebSocket;
    let url: string;
    try {
      const handshake = this.#owner.handshake();
      url = handshake.url;
      socket = openUpstreamSocket(handshake, this.#intake);
    } catch (error) {
      this.#owner.tokensRefused();
      this.#enter('refused', `the handshake cannot be made: ${this.#owner.redact(messageOf(error))}`);
      return;
    }
    this.#socket = socket;
    let kind: Ending['kind'] = 'lost';
    let reason = '';
    let wasOpen = false;
    const askedAt = Date.now();
    const { handshakeTimeoutMs } = this.#options;
    // The limit that `ws` has begins anew with every byte of the answer.
    const overdue = setTimeout(() => {
      reason = `the handshake was not answered within ${handshakeTimeoutMs / 1000} s`;
      socket.terminate();
    }, handshakeTimeoutMs);
    socket.on('upgrade', ({ headers }: IncomingMessage) => {
      const dateMs = Date.parse(headers.date ?? '');
      if (!Number.isNaN(dateMs)) this.#owner.dated(dateMs, askedAt, Date.now());
    });
    socket.on('open', () => {
      clearTimeout(overdue);
      wasOpen = true;
      this.#guarded(() => this.#onOpen(socket));
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      const text = response.headers['x-error-message'];
      reason = `handshake answered HTTP ${status}${text === undefined ? '' : ` (${text})`}`;
      if (REFUSED_STATUS.has(status)) kind = 'refused';
      if (status === NO_SLOT_STATUS) kind = 'noSlot';
      response.resume();
      socket.terminate();
    });
    socket.on('error', (error: Error) => {
      reason ||= describeConnectError(error, url);
    });
    socket.on('close', (code: number) => {
      clearTimeout(overdue);
      clearInterval(this.#heartbeat);
      clearInterval(this.#silence);
      this.#socket = null;
      if (wasOpen) {
        if (performance.now() - this.#openedAt > this.#options.stableAfterMs) this.#backoff.reset();
        this.#guarded(() => this.#owner.lost());
      }
      const ending = this.#closingBecause || this.#owner.redact(reason) || `socket closed with code ${code}`;
      this.#onClose({ kind, reason: ending }, tokens);
    });
  }

  #onOpen(socket: WebSocket): void {
    this.#openedAt = performance.now();
    this.lastMessageAt = this.#openedAt;
    this.#owner.opened();
    this.#enter('live', 'connected');
    const { deadAfterMs, pingIntervalMs } = this.#options;
    const heartbeatText = this.#owner.heartbeatText();
    if (heartbeatText !== null && pingIntervalMs !== null) {
      this.send(heartbeatText);
      this.#heartbeat = setInterval(() => this.send(heartbeatText), pingIntervalMs);
    }
    const checkMs = Math.min(SILENCE_CHECK_MS, deadAfterMs / 4);
    let checkedAt = this.#openedAt;
    // A half-open socket answers no heartbeat; without this check it would look alive for ever.
    this.#silence = setInterval(() => {
      const now = performance.now();
      // A thread that stood still has messages that wait to be read: they get a turn before the socket is judged.
      const stoodStill = now - checkedAt > 2 * checkMs;
      checkedAt = now;
      if (stoodStill || now - this.lastMessageAt <= deadAfterMs) return;
      this.#closingBecause ||= `no frame for ${deadAfterMs / 1000} s`;
      socket.terminate();
    }, checkMs);
  }

  /** A broker that does not answer the close handshake in time is left without it. */
  #close(socket: WebSocket, timeoutMs: number): void {
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.terminate();
      return;
    }
    socket.close(1000);
    setTimeout(() => socket.terminate(), timeoutMs).unref();
  }

  /** There is no socket any more. The state says whether there shall be another. */
  #onClose({ kind, reason }: Ending, tokens: number): void {
    if (this.#state === 'stopped') {
      this.#resolveStopped();
      return;
    }
    if (this.#state === 'refused') return;
    if (tokens !== this.#tokens) {
      // New tokens came while the old socket was closing, or while the broker refused the old ones.
      this.#open();
      return;
    }
    if (kind === 'refused') {
      this.#owner.tokensRefused();
      this.#enter('refused', reason);
      return;
    }
    const delayMs = this.#delayAfter(kind);
    this.reconnects++;
    const wait = kind === 'noSlot' ? '; waits for a free slot at the broker' : '';
    this.#enter('reconnecting', `${reason}${wait}; next attempt in ${delayMs} ms`);
    this.#retry = setTimeout(() => this.#open(), delayMs);
  }

  /** Slots become free when the broker notices dead sockets, whose pace has nothing to do with our failures. */
  #delayAfter(kind: Ending['kind']): number {
    if (kind !== 'noSlot') return this.#backoff.next();
    const { slotWaitMinMs, slotWaitMaxMs } = this.#options;
    return Math.round(slotWaitMinMs + (slotWaitMaxMs - slotWaitMinMs) * this.#random());
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#owner.failed(error);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
