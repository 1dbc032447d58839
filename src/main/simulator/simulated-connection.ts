import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { ANGEL_MODE, EXCHANGE_TYPE } from '../../codec/angel/frame-layout.ts';
import type { FrameSubscription } from './active-instruments.ts';
import { FrameBatch } from './frame-batch.ts';
import { instrumentKey } from './simulated-market.ts';
import type { RequestedToken, SubscriptionRequest } from './subscription-request.ts';
import type { TickGenerator } from './tick-generator.ts';

/** (token, mode) pairs of one connection. */
const MOST_PAIRS = 1000;
const MOST_DEPTH_20_TOKENS = 50;

export type ConnectionSubscription = FrameSubscription<SimulatedConnection>;

/** What a connection has subscribed, as tests ask for it. */
export interface SubscribedPair extends RequestedToken {
  readonly mode: number;
}

/** The exchange's side of one socket: its subscriptions with their quota, its outgoing frames, its heartbeat. */
export class SimulatedConnection {
  readonly clientCode: string;
  readonly socket: WebSocket;
  readonly batch = new FrameBatch();
  /** `performance.now()` of the last heartbeat. */
  lastHeartbeatMs = performance.now();
  readonly #transport: Socket;
  readonly #maxBacklogBytes: number;
  readonly #pairs = new Map<string, ConnectionSubscription>();
  #backlogged = false;

  /** @param transport The TCP socket under `socket`. */
  constructor(clientCode: string, socket: WebSocket, transport: Socket, maxBacklogBytes: number) {
    this.clientCode = clientCode;
    this.socket = socket;
    this.#transport = transport;
    this.#maxBacklogBytes = maxBacklogBytes;
  }

  /** The subscribed pairs in the order of their requests. */
  get subscriptions(): readonly SubscribedPair[] {
    return [...this.#pairs.values()].map(({ instrument, mode }) => ({
      exchangeType: instrument.exchangeType,
      token: instrument.token,
      mode,
    }));
  }

  /** False from the first sign of a close. */
  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** False when the client leaves too much unread, or leaves: a frame for it is dropped. */
  get takesFrames(): boolean {
    return !this.#backlogged && this.isOpen;
  }

  /**
   * Adds the pairs that are not subscribed yet and returns them, or returns null and changes nothing if they exceed the
   * quota. Whether the live exchange refuses such a request in part is unknown.
   */
  subscribe(
    request: SubscriptionRequest,
    generator: TickGenerator<SimulatedConnection>,
    nowMs: number,
  ): readonly ConnectionSubscription[] | null {
    const { mode } = request;
    const wanted = new Map(request.tokens.map((token) => [pairKey(mode, token), token]));
    const fresh = [...wanted].filter(([key]) => !this.#pairs.has(key));
    if (this.#pairs.size + fresh.length > MOST_PAIRS) return null;
    if (mode === ANGEL_MODE.DEPTH_20) {
      if (request.tokens.some(({ exchangeType }) => exchangeType !== EXCHANGE_TYPE.NSE_CM)) return null;
      const held = [...this.#pairs.values()].filter((pair) => pair.mode === mode).length;
      if (held + fresh.length > MOST_DEPTH_20_TOKENS) return null;
    }
    return fresh.map(([key, { exchangeType, token }]) => {
      const subscription = {
        instrument: generator.instrument(exchangeType, token, nowMs),
        mode,
        receiver: this,
      };
      this.#pairs.set(key, subscription);
      generator.add(subscription, nowMs);
      return subscription;
    });
  }

  /** Removes the pairs that are subscribed and ignores the others. */
  unsubscribe(request: SubscriptionRequest, generator: TickGenerator<SimulatedConnection>): void {
    for (const token of request.tokens) {
      const key = pairKey(request.mode, token);
      const subscription = this.#pairs.get(key);
      if (subscription === undefined) continue;
      this.#pairs.delete(key);
      generator.remove(subscription);
    }
  }

  /** Removes every pair. */
  forgetAll(generator: TickGenerator<SimulatedConnection>): void {
    for (const subscription of this.#pairs.values()) generator.remove(subscription);
    this.#pairs.clear();
  }

  /** Writes the collected frames, if the socket still takes any. */
  flush(): void {
    const parts = this.batch.take();
    if (this.isOpen) {
      for (const part of parts) this.#transport.write(part);
    }
    this.#backlogged = this.#transport.writableLength > this.#maxBacklogBytes;
  }

  /** Ends the connection as users see it end: TCP reset, no close frame. */
  reset(): void {
    this.#transport.resetAndDestroy();
  }
}

function pairKey(mode: number, { exchangeType, token }: RequestedToken): string {
  return `${mode}/${instrumentKey(exchangeType, token)}`;
}
