/**
 * The writing process of the fan-out hop: one thread that publishes a message which exists already, to clients that all
 * want it. After each volley it waits until they have read everything, so that no socket's buffer is ever full.
 */
import { App, us_socket_local_port } from 'uWebSockets.js';
import { compressionOf } from '../../src/workers/proxy/connection/compression.ts';
import { PrebuiltQuote } from '../end-to-end/rivals/prebuilt-quote.ts';
import { serveParent } from '../harness/child-program.ts';
import { ownThread, readThreadUsage } from '../harness/thread-usage.ts';

export interface PublishOptions {
  readonly subscribers: number;
  readonly publishesPerTurn: number;
  /** What the message takes on the wire, its head included, where clients have it compressed; null where they do not. */
  readonly compressedBytes: number | null;
  readonly leadInSeconds: number;
  readonly seconds: number;
}

export interface PublishResult {
  readonly deliveries: number;
  readonly seconds: number;
  /** Of this thread, in the measured time; null where the system does not tell. */
  readonly cpuNs: number | null;
}

const TOPIC = 'fan-out';
const FRAME_HEAD_BYTES = 4;
const MAX_BACKPRESSURE = 64 * 1024 * 1024;
/** A volley is so large that waiting for its end costs nothing, and so small that a socket's buffers hold it. */
const VOLLEY_BYTES_PER_SOCKET = 256 * 1024;
const VOLLEY_DELIVERIES = 20_000;

const message = new PrebuiltQuote().bytes;
let connected = 0;
/** Until all of the clients have read all of it. */
let volley: { resolve(): void; reject(error: Error): void } | undefined;

const app = App();
app.ws('/*', {
  // For those who ask; others are sent what they always were.
  compression: compressionOf(true),
  maxBackpressure: MAX_BACKPRESSURE,
  idleTimeout: 0,
  sendPingsAutomatically: false,
  open: (socket) => {
    connected++;
    socket.subscribe(TOPIC);
  },
  // What a client sends means that all of them have read all of a volley.
  message: () => volley?.resolve(),
  dropped: () => volley?.reject(new Error('the library dropped a message: its clients read too slowly')),
  close: (_socket, code) => {
    connected--;
    volley?.reject(new Error(`a client left within a volley, with code ${code}`));
  },
});

function listen(): Promise<string> {
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (listener) => {
      if (listener === false) reject(new Error('the server of the fan-out cannot listen'));
      else resolve(`ws://127.0.0.1:${us_socket_local_port(listener)}/`);
    });
  });
}

type Volley = Pick<PublishOptions, 'subscribers' | 'publishesPerTurn' | 'compressedBytes'>;

function wireBytes({ compressedBytes }: Volley): number {
  return compressedBytes ?? message.length + FRAME_HEAD_BYTES;
}

function turnsOf(options: Volley): number {
  const { subscribers, publishesPerTurn } = options;
  const bySocket = VOLLEY_BYTES_PER_SOCKET / (publishesPerTurn * wireBytes(options));
  const byAll = VOLLEY_DELIVERIES / (subscribers * publishesPerTurn);
  return Math.max(1, Math.floor(Math.min(bySocket, byAll)));
}

/** What the clients get of a volley, all together. */
function volleyBytes(options: Volley): number {
  const { subscribers, publishesPerTurn } = options;
  return turnsOf(options) * subscribers * publishesPerTurn * wireBytes(options);
}

function publishOne(compress: boolean): void {
  app.publish(TOPIC, message, false, compress);
}

/** @throws Error when a message is dropped or a client leaves: what was sent would never be read in full */
async function shoot(turns: number, { publishesPerTurn, compressedBytes }: Volley): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  volley = { resolve, reject };
  let left = turns;
  const turn = () => {
    for (let i = 0; i < publishesPerTurn; i++) publishOne(compressedBytes !== null);
    if (--left > 0 && volley !== undefined) setImmediate(turn);
  };
  turn();
  try {
    await promise;
  } finally {
    volley = undefined;
  }
}

/** CPU of this thread so far, ns. */
function cpuNs(): number | null {
  const usage = readThreadUsage(process.pid)?.get(ownThread());
  return usage === undefined ? null : usage.cpuUs * 1000;
}

/** @throws Error when a volley is not read in full */
async function publish(options: PublishOptions): Promise<PublishResult> {
  const { subscribers, publishesPerTurn, leadInSeconds, seconds } = options;
  const turns = turnsOf(options);
  const shootFor = async (time: number) => {
    const from = performance.now();
    let volleys = 0;
    do {
      await shoot(turns, options);
      volleys++;
    } while (performance.now() - from < time * 1000);
    return volleys;
  };
  await shootFor(leadInSeconds);
  const before = cpuNs();
  const from = performance.now();
  const volleys = await shootFor(seconds);
  const after = cpuNs();
  return {
    deliveries: volleys * turns * publishesPerTurn * subscribers,
    seconds: (performance.now() - from) / 1000,
    cpuNs: before === null || after === null ? null : after - before,
  };
}

const handlers = {
  listen: (_: null) => listen(),
  connected: (_: null) => connected,
  volleyBytes,
  publishOne,
  publish,
};
export type PublishServer = typeof handlers;
serveParent(handlers);
