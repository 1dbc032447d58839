/**
 * One client's connection: who it is, what it chose, what it subscribed to, and the queue that keeps its requests in
 * order. Clients pipeline `authenticate` and `subscribe` without waiting, so while one request waits for the control
 * plane the next ones wait here. Proxy worker thread.
 */
import type { WebSocket } from 'uWebSockets.js';
import type { ConnectionOptions } from '../../../codec/connection-options.ts';
import { type ServerMessage, toJsonMessage, toMsgpack, toPythonJson } from '../../../codec/server-message.ts';
import type { Instrument, Mode } from '../../../codec/tick.ts';
import type { Rights } from '../../entitlement-messages.ts';
import { NO_PLACE } from '../../usage-table.ts';
import type { Connection } from '../admission/admission.ts';
import type { ProxyLimits } from '../admission/proxy-limits.ts';
import type { RequestAllowance } from '../admission/request-allowance.ts';
import type { SubscriptionAccount } from '../admission/subscription-limits.ts';
import type { WorkTurns } from '../admission/work-turns.ts';
import type { Resumption } from '../sessions/session-registrar.ts';
import type { SlowState } from '../slow/slow-state.ts';
import type { Stream } from '../subscriptions/subscription-index.ts';
import type { Granted } from '../subscriptions/subscription-item.ts';
import type { Close } from './close-codes.ts';
import { URGENT_PART } from './session-keeper.ts';

/** What uWebSockets.js keeps with a socket: filled at the upgrade. */
export interface SocketData {
  readonly query: string;
  readonly subprotocol: string;
  /** See `isDirect` of the session. */
  readonly isDirect: boolean;
  /** See `compression.ts`. */
  readonly isCompressed: boolean;
  readonly connection: Connection;
  session: ClientSession | undefined;
}

export type ClientSocket = WebSocket<SocketData>;

/** Handles a message; a promise when the next one has to wait for it. */
type Handle = (bytes: Uint8Array) => Promise<void> | undefined;

/** Whose connection it is, once the key was verified. */
export interface Identity {
  /** The user, unique among all feeds: what identities are compared by. Clients read `userId`. */
  readonly owner: string;
  readonly userId: string;
  /** The owner, or empty while the key is good but its broker session is not. */
  readonly account: string;
  readonly broker: string;
  /** Which of the owner's keys it is, unique among all feeds. */
  readonly keyId: string;
  /** Null: everything is allowed. */
  readonly rights: Rights | null;
}

/** What a client holds of one instrument's ticks from one source: a stream for each subscribed mode. */
export interface Holding {
  readonly instrument: Instrument;
  readonly streams: Map<Mode, Stream>;
}

/** Name of an instrument as a map key: neither part can contain NUL. */
export function holdingKey(exchange: string, symbol: string): string {
  return `${exchange}\0${symbol}`;
}

export function findHolding({ holdings }: ClientSession, instrument: Instrument): Holding | undefined {
  const held = holdings.get(holdingKey(instrument.exchange, instrument.symbol));
  return held?.find((holding) => holding.instrument.slot === instrument.slot);
}

export function addHolding({ holdings }: ClientSession, instrument: Instrument): Holding {
  const holding: Holding = { instrument, streams: new Map() };
  const key = holdingKey(instrument.exchange, instrument.symbol);
  const others = holdings.get(key);
  holdings.set(key, others === undefined ? [holding] : [...others, holding]);
  return holding;
}

export function dropHolding({ holdings }: ClientSession, ended: Holding): void {
  const key = holdingKey(ended.instrument.exchange, ended.instrument.symbol);
  const held = holdings.get(key) ?? [];
  if (held.length === 1 && held[0] === ended) holdings.delete(key);
  else
    holdings.set(
      key,
      held.filter((holding) => holding !== ended),
    );
}

/** For whoever goes on with the session: whether mode 4 of an instrument may be served with fewer levels. */
export function noteStrictDepth(
  { resumption }: ClientSession,
  { exchange, symbol }: Instrument,
  isStrict: boolean,
): void {
  const name = holdingKey(exchange, symbol);
  if (isStrict) resumption?.strictDepths.add(name);
  else resumption?.strictDepths.delete(name);
}

/** The least that WebSocket adds to a message: what is counted with it is never more than what was sent. */
export const FRAME_HEAD_BYTES = 2;

export class ClientSession {
  readonly socket: ClientSocket;
  /** Gets each tick in a write of its own, in place of all that a turn brings in one: see `direct-client.ts`. */
  readonly isDirect: boolean;
  /** The library compresses what is sent to this client. */
  readonly isCompressed: boolean;
  readonly connectedAt = performance.now();
  /** By exchange and symbol: the broker's ticks, and those of foreign publishers. */
  readonly holdings = new Map<string, readonly Holding[]>();
  /** What it was granted by a part of a request, of which it has not been told. */
  granted = new Set<Granted>();
  /** What it was told to have been granted, and joins when it has room: see `paced-joins.ts`. */
  joining = new Set<Granted>();
  identity: Identity | null = null;
  /** Until the client has authenticated: JSON, in the dialect of its URL. */
  options: ConnectionOptions;
  /** From the first authenticate request with a good key on. */
  optionsFixed = false;
  open = true;
  /** With what this end closed the connection. */
  ending: Close | null = null;
  /** Its part in the session that another connection may go on with; null without the feature. */
  resumption: Resumption | null = null;
  /** When the last ping left, 0 when it has been answered. Both in ms of performance.now(). */
  pingSentAt = 0;
  /** Pings that left to push ticks through, of which the answers may still come. */
  pushes = 0;
  lastPingAt = performance.now();
  /** Of performance.now(): when it last asked for something, other than for a pong. */
  lastRequestAt = performance.now();
  /** What was sent to it beside what its topics brought, in bytes of WebSocket frames or a little less. */
  sentBytes = 0;
  /** What was published on its topics before it joined them, negative, and on those that it left. */
  topicOffset = 0;
  /** Null while it keeps up and gets every tick of everything. */
  slow: SlowState | null = null;
  /** With more bytes unread the library drops what is sent. */
  maxBackpressureBytes = Number.POSITIVE_INFINITY;
  /** An answer was kept back for it, so it cannot go on: the next round over all connections ends it. */
  isChoked = false;
  /** Bytes of the requests that wait. */
  waitingBytes = 0;
  readonly connection: Connection;
  readonly allowance: RequestAllowance;
  readonly subscriptions: SubscriptionAccount = {
    count: 0,
    reserved: { subscriptions: 0, streams: 0 },
    place: NO_PLACE,
    maxOfKey: null,
  };
  readonly #limits: ProxyLimits;
  readonly #turns: WorkTurns;
  readonly #waiting: Uint8Array[] = [];
  /** A request is not done yet, or the next one waits for its turn. */
  #busy = false;
  #isHeld = false;

  /** @param turns shared by all clients of the thread */
  constructor(socket: ClientSocket, options: ConnectionOptions, limits: ProxyLimits, turns: WorkTurns) {
    const { isDirect, isCompressed, connection } = socket.getUserData();
    this.socket = socket;
    this.isDirect = isDirect;
    this.isCompressed = isCompressed;
    this.connection = connection;
    this.options = options;
    this.#limits = limits;
    this.#turns = turns;
    this.allowance = limits.allowance();
  }

  /** A request is under way, or waits. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /** A request that comes now would not be handled at once. */
  get mustWait(): boolean {
    return this.#busy || !this.#turns.mayBegin();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** What waits does so for a request that is under way, and not only for its turn. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /**
   * Handles a message now, or in a later turn, after those before it.
   * @param bytes valid during the call only; copied when it has to wait
   */
  enqueue(bytes: Uint8Array, handle: Handle): void {
    if (!this.mustWait) {
      this.#begin(bytes, handle);
      return;
    }
    this.#waiting.push(bytes.slice());
    this.#wait(bytes.length);
    if (!this.#busy) this.#goOn(handle);
  }

  #begin(bytes: Uint8Array, handle: Handle): void {
    const done = handle(bytes);
    if (done === undefined) return;
    this.#busy = true;
    this.#isHeld = true;
    void done.then(() => {
      this.#isHeld = false;
      this.#goOn(handle);
    });
  }

  /** The next one that waits begins in a turn of its own. */
  #goOn(handle: Handle): void {
    this.#busy = this.#waiting.length > 0;
    if (this.#busy) this.#turns.later(() => this.#next(handle));
  }

  #next(handle: Handle): void {
    this.#busy = false;
    const bytes = this.#waiting.shift();
    if (bytes === undefined) return;
    this.#wait(-bytes.length);
    this.#begin(bytes, handle);
    if (!this.#busy) this.#goOn(handle);
  }

  #wait(bytes: number): void {
    this.waitingBytes += bytes;
    this.#limits.inbound.add(bytes);
  }

  /**
   * Calls `step` in one turn after another until it returns something.
   * @param bytes that are kept meanwhile, and count like those that wait
   * @returns what it returned; null when the connection is closed before
   */
  doInTurns<Result>(bytes: number, step: () => Result | null): Promise<Result | null> {
    const { inbound } = this.#limits;
    inbound.add(bytes);
    return new Promise((resolve) => {
      const goOn = (): void => {
        const result = this.open ? step() : null;
        if (result === null && this.open) {
          this.#turns.later(goOn);
          return;
        }
        inbound.add(-bytes);
        resolve(result);
      };
      this.#turns.later(goOn);
    });
  }

  /** The connection is closed: nothing waits any more. */
  close(): void {
    this.open = false;
    this.#wait(-this.waitingBytes);
    this.#waiting.length = 0;
  }

  /** Sends a control message in the connection's framing. */
  send(message: ServerMessage): void {
    if (!this.#hasRoom()) return;
    if (this.options.framing === 'msgpack') this.sendBytes(toMsgpack(message), true);
    else this.sendBytes(toJsonMessage(message), false);
  }

  /** Sends a control message as JSON text whatever the framing: the authenticate answer. */
  sendText(message: ServerMessage): void {
    if (this.#hasRoom()) this.sendBytes(toPythonJson(message), false);
  }

  sendBytes(bytes: Uint8Array | string, isBinary: boolean): void {
    if (!this.open) return;
    this.sentBytes += bytes.length + FRAME_HEAD_BYTES;
    this.socket.send(bytes, isBinary, this.isCompressed);
  }

  /**
   * Whether the library can still take an answer. It would drop one without a word: requests that come in one go are
   * answered before anybody looks whether the answers are read.
   */
  #hasRoom(): boolean {
    if (!this.open || this.isChoked) return false;
    this.isChoked = this.socket.getBufferedAmount() > this.maxBackpressureBytes * URGENT_PART;
    return !this.isChoked;
  }

  /** Sends at once what it has not been sent of these instruments: what is sent next is to be read behind it. */
  settle(instruments: Iterable<Instrument>): void {
    const conflated = this.slow?.client;
    if (conflated === undefined || conflated.size === 0) return;
    for (const instrument of instruments) {
      if (!this.#hasRoom()) return;
      const streams = findHolding(this, instrument)?.streams.values() ?? [];
      for (const stream of streams) conflated.settle(stream);
    }
  }

  /** Bytes that wait in this process for the client to take them. */
  get backlogBytes(): number {
    return this.open ? this.socket.getBufferedAmount() : 0;
  }

  /** Calls `send` at once; what is sent to this client meanwhile leaves in one write, unless each is to have its own. */
  cork(send: () => void): void {
    if (this.open && !this.isDirect) this.socket.cork(send);
    else send();
  }

  /**
   * What its topics have brought leaves now, and not at the end of the turn. The library has no call for that, but what is
   * sent to a client goes behind it, and a ping is what no client takes for a message. One that does not take what was sent
   * before has nothing of it.
   */
  push(): void {
    if (!this.open || this.socket.getBufferedAmount() > 0) return;
    this.pushes++;
    this.socket.ping();
  }

  /** Says why the connection ends, unless too much lies unread already that the library would keep with it. */
  end(close: Close): void {
    if (!this.open) return;
    this.ending = close;
    const { code, reason } = close;
    const unread = this.socket.getBufferedAmount();
    // One answer may be longer than the limit by itself; the library would drop the close frame behind it.
    const hasRoom = unread <= this.maxBackpressureBytes;
    if (hasRoom && this.#limits.outbound.mayLinger(unread, performance.now())) this.socket.end(code, reason);
    else this.socket.close();
  }
}
