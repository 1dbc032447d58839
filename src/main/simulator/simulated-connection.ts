import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { ExchangeWire, WireRequest, WireToken } from '../../codec/exchange-wire.ts';
import type { Mode } from '../../codec/tick.ts';
import type { FrameSubscription } from './active-instruments.ts';
import { FrameBatch } from './frame-batch.ts';
import { type LineLimit, OutgoingLine } from './outgoing-line.ts';
import { resetSocket } from './reset-socket.ts';
import { instrumentKey } from './simulated-market.ts';
import type { TickGenerator } from './tick-generator.ts';
import { encodeMessage } from './websocket-message.ts';

export type ConnectionSubscription = FrameSubscription<SimulatedConnection>;

type SubscribeRequest = Extract<WireRequest, { kind: 'subscribe' | 'unsubscribe' }>;
type ModeRequest = Extract<WireRequest, { kind: 'mode' }>;

export interface ConnectionParts {
  readonly account: string;
  readonly wire: ExchangeWire;
  readonly webSocket: WebSocket;
  /** The stream under `webSocket`, and the TCP socket under that: another one with TLS. */
  readonly socket: Socket;
  readonly tcp: Socket;
  /** With more bytes on their way the client gets no ticks. */
  readonly maxBacklogBytes: number;
  readonly maxSubscriptions: number;
}

/** What a connection has subscribed, as tests ask for it. */
export interface SubscribedPair extends WireToken {
  readonly mode: number;
}

/** The exchange's side of one socket: its subscriptions with their quota, its outgoing frames, its heartbeat. */
export class SimulatedConnection {
  /** Whose connections are counted together: Angel's client code, or what another wire has in its place. */
  readonly clientCode: string;
  readonly socket: WebSocket;
  readonly batch: FrameBatch;
  /** `performance.now()` of the last heartbeat. */
  lastHeartbeatMs = performance.now();
  readonly #wire: ExchangeWire;
  readonly #tcp: Socket;
  readonly #line: OutgoingLine;
  readonly #maxBacklogBytes: number;
  readonly #maxSubscriptions: number;
  readonly #subscriptions = new Map<string, ConnectionSubscription>();
  #backlogged = false;
  #hung = false;

  constructor(parts: ConnectionParts) {
    const { account, wire, webSocket, socket, tcp, maxBacklogBytes, maxSubscriptions } = parts;
    this.clientCode = account;
    this.socket = webSocket;
    this.batch = new FrameBatch(wire);
    this.#wire = wire;
    this.#tcp = tcp;
    this.#line = new OutgoingLine(socket);
    this.#maxBacklogBytes = maxBacklogBytes;
    this.#maxSubscriptions = maxSubscriptions;
  }

  /** What is subscribed, in the order of the requests. */
  get subscriptions(): readonly SubscribedPair[] {
    return [...this.#subscriptions.values()].map(({ instrument, mode }) => ({
      exchangeType: instrument.exchangeType,
      token: instrument.token,
      mode,
    }));
  }

  /** False from the first sign of a close. */
  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Nothing is read or sent, though the TCP connection is open. */
  get isHung(): boolean {
    return this.#hung;
  }

  /** False when the client leaves too much unread, or leaves: a frame for it is dropped. */
  get takesFrames(): boolean {
    return !this.#backlogged && !this.#hung && this.isOpen;
  }

  /**
   * Adds what is not subscribed yet and returns it, or returns null and changes nothing if it exceeds a quota. Whether
   * live exchanges refuse such a request in part is unknown.
   */
  subscribe(
    { mode, tokens }: SubscribeRequest,
    generator: TickGenerator<SimulatedConnection>,
    nowMs: number,
  ): readonly ConnectionSubscription[] | null {
    const wanted = new Map(tokens.map((token) => [this.#key(mode, token), token]));
    const fresh = [...wanted].filter(([key]) => !this.#subscriptions.has(key));
    const { scarceMode } = this.#wire.limits;
    if (this.#subscriptions.size + fresh.length > this.#maxSubscriptions) return null;
    if (mode === scarceMode?.mode) {
      if (tokens.some(({ exchangeType }) => !scarceMode.exchangeTypes.includes(exchangeType))) return null;
      const held = [...this.#subscriptions.values()].filter((pair) => pair.mode === mode).length;
      if (held + fresh.length > scarceMode.tokens) return null;
    }
    return fresh.map(([key, { exchangeType, token }]) => {
      const subscription = {
        instrument: generator.instrument(exchangeType, token, nowMs),
        mode,
        receiver: this,
      };
      this.#subscriptions.set(key, subscription);
      generator.add(subscription, nowMs);
      return subscription;
    });
  }

  /** Gives tokens that are subscribed another mode; returns those that had a different one. */
  changeMode({ mode, tokens }: ModeRequest): readonly ConnectionSubscription[] {
    const changed: ConnectionSubscription[] = [];
    for (const token of tokens) {
      const subscription = this.#subscriptions.get(this.#key(mode, token));
      if (subscription === undefined || subscription.mode === mode) continue;
      subscription.mode = mode;
      changed.push(subscription);
    }
    return changed;
  }

  /** Removes what is subscribed and ignores the rest. */
  unsubscribe({ mode, tokens }: SubscribeRequest, generator: TickGenerator<SimulatedConnection>): void {
    for (const token of tokens) {
      const key = this.#key(mode, token);
      const subscription = this.#subscriptions.get(key);
      if (subscription === undefined) continue;
      this.#subscriptions.delete(key);
      generator.remove(subscription);
    }
  }

  /** Removes every subscription. */
  forgetAll(generator: TickGenerator<SimulatedConnection>): void {
    for (const subscription of this.#subscriptions.values()) generator.remove(subscription);
    this.#subscriptions.clear();
  }

  /** Sends a message of its own: bytes as a binary one, text as a text one. */
  send(message: Uint8Array | string): void {
    if (!this.#hung && this.isOpen) this.#line.write(encodeMessage(message));
  }

  /** Writes the collected frames, if the socket still takes any. */
  flush(): void {
    const parts = this.batch.take();
    if (this.isOpen) for (const part of parts) this.#line.write(part);
    this.#backlogged = this.#line.backlogBytes > this.#maxBacklogBytes;
  }

  /** A half-open connection: nothing is read or sent any more, and the client is not told. false ends it. */
  hang(hung = true): void {
    this.#hung = hung;
    this.lastHeartbeatMs = performance.now();
    if (hung) this.socket.pause();
    else this.socket.resume();
  }

  /** A slow network: what is sent is late, or comes few bytes at a time. null ends it. */
  slow(limit: LineLimit | null): void {
    this.#line.slow(limit);
  }

  /** Ends the connection as users see it end: TCP reset, no close frame. */
  reset(): void {
    resetSocket(this.#tcp);
  }

  #key(mode: Mode, { exchangeType, token }: WireToken): string {
    const key = instrumentKey(exchangeType, token);
    return this.#wire.hasOneModePerToken ? key : `${mode}/${key}`;
  }
}
