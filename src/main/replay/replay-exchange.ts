/**
 * A broker's server that plays a recording. The feed worker connects to it as to the broker, so a replay goes the whole
 * way: socket, decoder, ring, clients. It begins with the first subscribe request, as soon as no other has followed for a
 * moment; from then on it sends what was recorded, in its order and pace, to every connection that has subscribed
 * something. An outage in the recording is a real one: the sockets are cut, and what follows waits until the engine is
 * back and has subscribed again. What the broker said as text answered requests of that day and is left out.
 *
 * However fast it shall be, it stays at most a window ahead of the engine's readers: a ring never waits for them, and a
 * replay in which ticks are lost is none.
 */
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { ExchangeWire } from '../../codec/exchange-wire.ts';
import { parseRecordedBroker } from '../../codec/recording/recorded-wishes.ts';
import { RECORDED } from '../../codec/recording/recording-layout.ts';
import {
  type BlockPlace,
  mergeRecords,
  type RecordedMessage,
} from '../../codec/recording/recording-reader.ts';

/** Clients that start together subscribe one after the other; each shall have the beginning. */
const SETTLE_MS = 300;
const MOST_REQUEST_BYTES = 1024 * 1024;
/** Shorter waits are none: a timer is no more exact. */
const SHORTEST_WAIT_MS = 1;
const PROGRESS_MS = 200;

export interface ReplayExchangeOptions {
  readonly wire: ExchangeWire;
  /** Of which only what its feeds of this broker received is played. */
  readonly broker: string;
  readonly blocks: readonly BlockPlace[];
  /** Seconds of the recording per second; Infinity: as fast as the engine takes it. */
  readonly speed: number;
  /** Begins anew at the end, behind an outage. */
  readonly loop: boolean;
  /** Bytes that may be on their way to the readers of the rings. */
  readonly windowBytes: number;
  /** Resolves when every reader has seen what the feed worker has written. */
  readonly drained: (signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: ReplayEvent) => void;
}

export type ReplayEvent =
  | { readonly type: 'began' }
  /** Now and then. @property time of the recording that has been played, ns since 1970 */
  | { readonly type: 'progress'; readonly time: bigint; readonly messages: number }
  /** @property round from 1 */
  | { readonly type: 'ended'; readonly round: number; readonly messages: number; readonly seconds: number };

/** The recording's clock: when a record is due. Stands still while the replay waits for the engine. */
class Tape {
  readonly #speed: number;
  #recorded = 0n;
  #due = 0;

  constructor(speed: number) {
    this.#speed = speed;
  }

  /** @returns `performance.now()` at which a record of this time is due; never earlier than the one before */
  due(time: bigint): number {
    if (this.#recorded === 0n) this.#due = performance.now();
    else if (time > this.#recorded) this.#due += Number(time - this.#recorded) / 1e6 / this.#speed;
    // A clock that was set back: the next records follow at once, and the pace goes on from there.
    this.#recorded = time;
    return this.#due;
  }

  /** What follows is due from now on. */
  goOn(): void {
    this.#due = Math.max(this.#due, performance.now());
  }
}

export class ReplayExchange {
  readonly #options: ReplayExchangeOptions;
  readonly #http: Server = createServer((_request, response) => response.writeHead(404).end());
  readonly #webSockets = new WebSocketServer({
    server: this.#http,
    perMessageDeflate: false,
    maxPayload: MOST_REQUEST_BYTES,
  });
  /** Connections that have subscribed something. */
  readonly #subscribed = new Set<WebSocket>();
  readonly #closing = new AbortController();
  #subscribedAt = 0;
  #onSubscribed: () => void = () => {};
  #heartbeat: NodeJS.Timeout | undefined;
  /** Clients read too slowly: waits until they have caught up. */
  #held = Promise.resolve();
  #release: () => void = () => {};
  /** Bytes since the readers were known to have seen everything. */
  #ahead = 0;
  #playing: Promise<void> = Promise.resolve();

  constructor(options: ReplayExchangeOptions) {
    this.#options = options;
    this.#webSockets.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on a free port of this host. @returns the address */
  async listen(): Promise<string> {
    const { wire } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(0, '127.0.0.1', resolve);
    });
    if (wire.heartbeat !== null) {
      const { bytes, intervalMs } = wire.heartbeat;
      this.#heartbeat = setInterval(() => {
        for (const socket of this.#webSockets.clients) socket.send(bytes);
      }, intervalMs);
    }
    const address = this.#http.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#playing = this.#playAll().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) throw error;
    });
    return `ws://127.0.0.1:${port}${wire.path}`;
  }

  /** Rejects when the recording cannot be read any more. */
  get playing(): Promise<void> {
    return this.#playing;
  }

  /** While held, nothing is sent but answers to heartbeats. */
  hold(isHeld: boolean): void {
    this.#release();
    this.#release = () => {};
    this.#held = isHeld
      ? new Promise((resolve) => {
          this.#release = resolve;
        })
      : Promise.resolve();
  }

  /** Ends every connection and stops to play. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#release();
    this.#onSubscribed();
    clearInterval(this.#heartbeat);
    this.#cut();
    this.#webSockets.close();
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
    await this.#playing;
  }

  #accept(socket: WebSocket): void {
    socket.on('message', (data: RawData, isBinary: boolean) => this.#receive(socket, data, isBinary));
    socket.on('close', () => this.#subscribed.delete(socket));
    // 'close' follows.
    socket.on('error', () => socket.terminate());
  }

  #receive(socket: WebSocket, data: RawData, isBinary: boolean): void {
    const request = this.#options.wire.readRequest(isBinary ? '' : data.toString());
    if (request.kind === 'heartbeat') socket.send(request.answer);
    if (request.kind !== 'subscribe' && request.kind !== 'mode') return;
    this.#subscribed.add(socket);
    this.#subscribedAt = performance.now();
    this.#onSubscribed();
  }

  #cut(): void {
    this.#subscribed.clear();
    for (const socket of this.#webSockets.clients) socket.terminate();
  }

  async #playAll(): Promise<void> {
    const { loop, onEvent } = this.#options;
    await this.#untilSubscribed();
    await this.#untilSettled();
    onEvent({ type: 'began' });
    for (let round = 1; ; round++) {
      const from = performance.now();
      const messages = await this.#play();
      onEvent({ type: 'ended', round, messages, seconds: (performance.now() - from) / 1000 });
      if (!loop || messages === 0) return;
      // What follows does not continue what was: an outage says so to those who want to know.
      this.#cut();
    }
  }

  /** Plays the recording once. @returns messages sent */
  async #play(): Promise<number> {
    const { blocks, broker, speed, onEvent } = this.#options;
    let toldAt = performance.now();
    const tape = new Tape(speed);
    const brokerOfFeed = new Map<number, string>();
    const openFeeds = new Set<number>();
    /** When the connection was lost. Played when something follows: the end of a recording is no outage. */
    let outageAt: bigint | null = null;
    let messages = 0;
    for (const record of mergeRecords(blocks)) {
      const { feed, kind } = record;
      if (kind === RECORDED.FEED) brokerOfFeed.set(feed, parseRecordedBroker(record.payload) ?? '');
      if (brokerOfFeed.get(feed) !== broker) continue;
      // A worker that was killed left no word of the end of its connection.
      const isLost = kind === RECORDED.CLOSED || (kind === RECORDED.OPENED && openFeeds.has(feed));
      if (isLost) outageAt ??= record.time;
      if (kind === RECORDED.OPENED) openFeeds.add(feed);
      if (kind === RECORDED.CLOSED) openFeeds.delete(feed);
      if (kind !== RECORDED.BINARY) continue;
      if (outageAt !== null && messages > 0) {
        await this.#sleepUntil(tape.due(outageAt));
        await this.#untilDrained();
        this.#cut();
      }
      outageAt = null;
      await this.#untilDue(tape, record);
      this.#send(record.payload);
      messages++;
      if (performance.now() - toldAt < PROGRESS_MS) continue;
      toldAt = performance.now();
      onEvent({ type: 'progress', time: record.time, messages });
    }
    await this.#untilDrained();
    return messages;
  }

  async #untilDue(tape: Tape, { time, payload }: RecordedMessage): Promise<void> {
    await this.#sleepUntil(tape.due(time));
    if (this.#ahead > 0 && this.#ahead + payload.length > this.#options.windowBytes)
      await this.#untilDrained();
    if (this.#subscribed.size > 0) return;
    await this.#untilSubscribed();
    tape.goOn();
  }

  #send(payload: Uint8Array): void {
    for (const socket of this.#subscribed) socket.send(payload);
    this.#ahead += payload.length;
  }

  async #sleepUntil(due: number): Promise<void> {
    const waitMs = due - performance.now();
    if (waitMs >= SHORTEST_WAIT_MS) await sleep(waitMs, undefined, { signal: this.#closing.signal });
  }

  async #untilSubscribed(): Promise<void> {
    while (this.#subscribed.size === 0) {
      this.#closing.signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#onSubscribed = resolve;
      });
    }
  }

  async #untilSettled(): Promise<void> {
    while (performance.now() < this.#subscribedAt + SETTLE_MS) {
      await this.#sleepUntil(this.#subscribedAt + SETTLE_MS);
    }
  }

  /** Until the feed workers have taken everything that was sent, the readers of their rings too, and no client is behind. */
  async #untilDrained(): Promise<void> {
    await Promise.all([...this.#subscribed].map(answered));
    await this.#options.drained(this.#closing.signal);
    this.#ahead = 0;
    await this.#held;
    this.#closing.signal.throwIfAborted();
  }
}

/** Resolves when the other side has taken everything up to now, or is gone. */
function answered(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) {
      resolve();
      return;
    }
    const done = () => {
      socket.off('pong', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('pong', done);
    socket.on('close', done);
    socket.ping();
  });
}
