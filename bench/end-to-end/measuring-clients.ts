/** The clients of a run, in a process of their own: all count what they get, the first few also measure its latency. */
import { EXCHANGE_TYPE } from '../../src/codec/angel/frame-layout.ts';
import { encodeRequest } from '../../src/codec/angel/request-encoder.ts';
import { serveParent } from '../harness/child-program.ts';
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';
import { benchIndex, benchToken } from './bench-instruments.ts';
import { PendingAnswer } from './pending-answer.ts';
import { type ClientRequest, RawClient, type RawClientEvents } from './raw-client.ts';
import { NatsClient } from './rivals/nats-client.ts';
import type { StreamMode, TickForm } from './tick-format.ts';

/** Of half of the clients each, if `both`. */
export type Framing = 'json' | 'msgpack' | 'both';

/** `wire`: clients subscribe and read as the engine does at the broker. */
export type ClientProtocol = 'openalgo' | 'wire' | 'nats';

export interface ConnectOptions {
  readonly url: string;
  readonly protocol: ClientProtocol;
  readonly apiKey: string;
  readonly framing: Framing;
  readonly mode: StreamMode;
  readonly clients: number;
  /** Clients whose latencies are recorded. */
  readonly sampled: number;
  readonly exchange: string;
  readonly symbols: readonly string[];
  /** Each client takes so many of them, in turn. */
  readonly instrumentsPerClient: number;
}

export interface ClientCounts {
  readonly received: number;
  /** Of the client that has the fewest. */
  readonly least: number;
  /** Why connections ended that should not have. */
  readonly lost: readonly string[];
}

export interface ClientResult extends ClientCounts {
  /** Clients whose checksum is not the one of what was sent. */
  readonly checksums: readonly number[];
  readonly latency: LatencySummary;
  /** Of all ticks, without the frames' heads. */
  readonly payloadBytes: number;
  /** CPU seconds of this process since `begin`. */
  readonly cpuSeconds: number;
}

/** In a request of ours, and in one of the broker's. */
const MODE_NUMBER = { ltp: 1, quote: 2, depth: 3 } as const;
const SYMBOLS_PER_REQUEST = 200;
/** Clients that connect at the same time: more would wait for one another, and for their time-outs. */
const CONNECTING = 50;
/** Enough for a burst of all instruments; of a few a client needs much less, and there may be many of it. */
const BUFFER_BYTES = 256 * 1024;
const SMALL_BUFFER_BYTES = 32 * 1024;
const FEW_INSTRUMENTS = 100;

const latency = new LatencyRecorder();
const lost: string[] = [];
let fromUs = 0;
let clients: MeasuringClient[] = [];
let cpu = process.cpuUsage();
let payloadBytes = 0;

class MeasuringClient {
  readonly #client: Pick<RawClient, 'send' | 'sendText' | 'close'>;
  readonly #form: TickForm;
  readonly #isSampled: boolean;
  readonly #opened: Promise<void>;
  readonly #answer = new PendingAnswer();
  received = 0;
  checksum = 0;

  constructor(
    { url, protocol, mode, instrumentsPerClient }: ConnectOptions,
    form: TickForm,
    isSampled: boolean,
  ) {
    this.#form = form;
    this.#isSampled = isSampled;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#opened = promise;
    // Clients wait for their turn to subscribe: one may be lost before.
    promise.catch(() => undefined);
    const bufferBytes = instrumentsPerClient > FEW_INSTRUMENTS ? BUFFER_BYTES : SMALL_BUFFER_BYTES;
    const events: RawClientEvents = {
      tick: (receivedUs, intendedUs, bytes) => {
        this.received++;
        payloadBytes += bytes;
        this.checksum = (this.checksum + intendedUs) | 0;
        if (this.#isSampled && intendedUs >= fromUs) latency.record(receivedUs - intendedUs);
      },
      control: (message) => this.#answer.resolve(message),
      open: resolve,
      lost: (reason) => {
        lost.push(reason);
        const error = new Error(`connection lost: ${reason}`);
        reject(error);
        this.#answer.reject(error);
      },
    };
    const options = { url, form, mode, bufferBytes };
    this.#client = protocol === 'nats' ? new NatsClient(options, events) : new RawClient(options, events);
  }

  #ask(request: ClientRequest): Promise<void> {
    return this.#answer.of(
      () => this.#client.send(request),
      () => `no answer to a request; connections lost: ${lost.join('; ')}`,
    );
  }

  /** @throws Error when the connection ends before it is open, or a request is refused */
  async subscribe(options: ConnectOptions, symbols: readonly string[]): Promise<void> {
    await this.#opened;
    if (this.#form === 'wire') return this.#subscribeAtBroker(options, symbols);
    const { apiKey, exchange } = options;
    const mode = MODE_NUMBER[options.mode];
    const chosen = this.#form === 'json' ? {} : { framing: this.#form };
    await this.#ask({ action: 'authenticate', api_key: apiKey, ...chosen });
    for (let i = 0; i < symbols.length; i += SYMBOLS_PER_REQUEST) {
      const batch = symbols.slice(i, i + SYMBOLS_PER_REQUEST).map((symbol) => ({ symbol, exchange }));
      await this.#ask({ action: 'subscribe', symbols: batch, mode });
    }
  }

  /** The broker answers nothing. */
  #subscribeAtBroker({ mode }: ConnectOptions, symbols: readonly string[]): void {
    const exchangeType = EXCHANGE_TYPE.NSE_CM;
    const tokens = symbols.map((symbol) => ({ exchangeType, token: benchToken(benchIndex(symbol)) }));
    const request = encodeRequest({
      action: 'subscribe',
      mode: MODE_NUMBER[mode],
      tokens,
      correlationId: 'bench',
    });
    this.#client.sendText(request);
  }

  close(): void {
    this.#client.close();
  }
}

/** What the client at a place receives. */
function formOf({ protocol, framing }: ConnectOptions, place: number): TickForm {
  if (protocol === 'wire') return 'wire';
  if (framing === 'both') return place % 2 === 0 ? 'json' : 'msgpack';
  return framing;
}

/** Spread over all, since a server that writes to one client after the other serves the first ones first. */
function isSampled({ clients: count, sampled }: ConnectOptions, i: number): boolean {
  return Math.floor(((i + 1) * sampled) / count) > Math.floor((i * sampled) / count);
}

async function connectAll(options: ConnectOptions): Promise<void> {
  clients = Array.from(
    { length: options.clients },
    (_, i) => new MeasuringClient(options, formOf(options, i), isSampled(options, i)),
  );
  const { symbols, instrumentsPerClient } = options;
  for (let from = 0; from < clients.length; from += CONNECTING) {
    const batch = clients.slice(from, from + CONNECTING).map((client, i) => {
      const first = (from + i) * instrumentsPerClient;
      const chosen = Array.from(
        { length: instrumentsPerClient },
        (_, k) => symbols[(first + k) % symbols.length]!,
      );
      return client.subscribe(options, chosen);
    });
    await Promise.all(batch);
  }
}

/** @param measureFromUs latencies of ticks that were due earlier are not recorded */
function begin(measureFromUs: number): void {
  fromUs = measureFromUs;
  latency.reset();
  lost.length = 0;
  payloadBytes = 0;
  cpu = process.cpuUsage();
  for (const client of clients) {
    client.received = 0;
    client.checksum = 0;
  }
}

function counts(): ClientCounts {
  const received = clients.map((client) => client.received);
  return { received: received.reduce((sum, count) => sum + count, 0), least: Math.min(...received), lost };
}

function result(): ClientResult {
  const { user, system } = process.cpuUsage(cpu);
  return {
    ...counts(),
    checksums: clients.map(({ checksum }) => checksum),
    latency: latency.summary(),
    payloadBytes,
    cpuSeconds: (user + system) / 1e6,
  };
}

function disconnect(): void {
  for (const client of clients) client.close();
  clients = [];
}

const handlers = {
  connect: connectAll,
  begin,
  counts: (_: null) => counts(),
  result: (_: null) => result(),
  disconnect: (_: null) => disconnect(),
};
export type MeasuringClients = typeof handlers;
serveParent(handlers);
