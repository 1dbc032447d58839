/**
 * The load: an upstream that speaks Angel's wire, in a process of its own. Open loop: a burst is due every millisecond
 * whatever became of the one before, and each tick carries the instant at which it was due, µs of the machine's monotonic
 * clock, as its volume, which every framing hands through exactly; an LTP tick, which has none, in its price.
 */
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { ANGEL_EXCHANGE_WIRE } from '../../src/codec/angel/exchange-wire.ts';
import type { AngelMode } from '../../src/codec/angel/frame-encoder.ts';
import { ANGEL_MODE } from '../../src/codec/angel/frame-layout.ts';
import { parseSubscriptionRequest, type SubscriptionRequest } from '../../src/codec/angel/request-parser.ts';
import { FrameBatch } from '../../src/main/simulator/frame-batch.ts';
import { BURST_INTERVAL_US, eventsUpTo, type Rate, sleepUs } from '../harness/burst-schedule.ts';
import { serveParent } from '../harness/child-program.ts';
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { SyntheticInstrument } from '../harness/synthetic-instrument.ts';
import { stampOf } from './price-stamp.ts';

export interface LoadOptions {
  readonly rate: Rate;
  /** When the first burst is due, whole µs of the monotonic clock. */
  readonly startUs: number;
  /** Lags of bursts that were due earlier are not recorded, nor are their ticks counted as measured. */
  readonly measureFromUs: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly sent: number;
  /** Of these, those that were due from `measureFromUs` on. */
  readonly measured: number;
  /** Sum of all intended times modulo 2^32: equal sums and counts mean that the very same ticks arrived. */
  readonly checksum: number;
  /** From the instant at which a burst was due to its last byte in the kernel. */
  readonly lag: LatencySummary;
  /** CPU seconds of this process for each second of load. */
  readonly cpuShare: number;
}

interface Subscription {
  readonly mode: AngelMode;
  readonly instrument: SyntheticInstrument;
}

/**
 * The last stretch before a burst is due passes with looks at the clock: a sleep ends some 100 µs late, which would stand in
 * every latency, the floor's and ours, and make their ratio look better than it is.
 */
const SPIN_US = 150;

class Connection {
  readonly #transport: Socket;
  readonly #batch = new FrameBatch(ANGEL_EXCHANGE_WIRE);
  readonly #subscriptions = new Map<string, Subscription>();
  #order: Subscription[] = [];
  #cursor = 0;

  constructor(transport: Socket) {
    this.#transport = transport;
  }

  get size(): number {
    return this.#order.length;
  }

  apply({ action, mode, tokens }: SubscriptionRequest): void {
    for (const { exchangeType, token } of tokens) {
      const key = `${mode}/${exchangeType}/${token}`;
      if (action === 'unsubscribe') this.#subscriptions.delete(key);
      else if (!this.#subscriptions.has(key)) {
        const instrument = new SyntheticInstrument(exchangeType, token, Number(token));
        this.#subscriptions.set(key, { mode, instrument });
      }
    }
    this.#order = [...this.#subscriptions.values()];
    this.#cursor = 0;
  }

  /** Appends the tick of the instrument whose turn it is. One that nobody wants any more is sent into the void: lost. */
  append(intendedUs: number, timeMs: number): void {
    const next = this.#order[this.#cursor];
    if (next === undefined) return;
    const { mode, instrument } = next;
    this.#cursor = this.#cursor + 1 === this.#order.length ? 0 : this.#cursor + 1;
    instrument.advance(timeMs);
    if (mode === ANGEL_MODE.LTP) instrument.lastTradedPrice = stampOf(intendedUs);
    else instrument.volume = intendedUs;
    this.#batch.append(mode, instrument);
  }

  flush(): void {
    for (const part of this.#batch.take()) this.#transport.write(part);
  }
}

const connections = new Set<Connection>();
const lag = new LatencyRecorder();

function accept(socket: WebSocket, transport: Socket): void {
  const connection = new Connection(transport);
  connections.add(connection);
  socket.on('message', (data: RawData, isBinary: boolean) => {
    const text = isBinary ? '' : data.toString();
    if (text === 'ping') return socket.send('pong');
    const { request } = parseSubscriptionRequest(text);
    if (request !== null) connection.apply(request);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => connections.delete(connection));
}

/** Tokens that are subscribed, over all connections. */
function subscribed(): number {
  let count = 0;
  for (const { size } of connections) count += size;
  return count;
}

/** @throws Error when nobody has subscribed to anything */
function run({ rate, startUs, measureFromUs, seconds }: LoadOptions): Promise<LoadResult> {
  const targets = [...connections].filter(({ size }) => size > 0);
  if (targets.length === 0) throw new Error('nothing is subscribed: the load would go nowhere');
  const bursts = Math.round((seconds * 1e6) / BURST_INTERVAL_US);
  const cpu = process.cpuUsage();
  lag.reset();
  let burst = 0;
  let sent = 0;
  let sentBefore = 0;
  let checksum = 0;
  return new Promise((resolve) => {
    const turn = () => {
      let dueUs = startUs + burst * BURST_INTERVAL_US;
      while (burst < bursts && dueUs <= monotonicUs()) {
        const timeMs = Date.now();
        for (const end = eventsUpTo(burst, rate); sent < end; sent++) {
          targets[sent % targets.length]!.append(dueUs, timeMs);
          checksum = (checksum + dueUs) | 0;
        }
        for (const connection of targets) connection.flush();
        if (dueUs >= measureFromUs) lag.record(monotonicUs() - dueUs);
        else sentBefore = sent;
        burst++;
        dueUs += BURST_INTERVAL_US;
      }
      if (burst === bursts) {
        const { user, system } = process.cpuUsage(cpu);
        resolve({
          sent,
          measured: sent - sentBefore,
          checksum,
          lag: lag.summary(),
          cpuShare: (user + system) / 1e6 / seconds,
        });
        return;
      }
      sleepUs(dueUs - SPIN_US - monotonicUs());
      setImmediate(turn);
    };
    turn();
  });
}

let url = '';

function listen(port: number): Promise<void> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
  server.on('connection', (socket, { socket: transport }) => {
    if (transport instanceof Socket) accept(socket, transport.setNoDelay(true));
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.on('listening', () => {
      url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      resolve();
    });
  });
}

const handlers = {
  listen,
  url: (_: null) => url,
  subscribed: (_: null) => subscribed(),
  run,
};
export type LoadGenerator = typeof handlers;
serveParent(handlers);
