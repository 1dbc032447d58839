/** The sending thread of the bus hop. It begins when somebody has subscribed. */
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type CurveServer, createBusContext, createTickPublisher } from '../../workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../workers/bus/release-socket.ts';
import { ZapHandler } from '../../workers/bus/zap-handler.ts';
import { createHopTick, stampHopTick } from './hop-tick.ts';
import { HOP_TOPIC } from './hop-topic.ts';

export interface BusHopPublisherData {
  readonly endpoint: string;
  readonly heartbeatMs: number;
  readonly sendHighWaterMark: number;
  readonly curve: CurveServer | null;
  readonly ticks: number;
}

const PAUSE_MS = 1;

const port = parentPort!;
const { endpoint, curve, ticks, ...options } = workerData as BusHopPublisherData;
const context = curve === null ? null : createBusContext();
const zap =
  context === null || curve === null
    ? null
    : new ZapHandler({ context, allowed: curve.allowed, onRefused: () => {} });
await zap?.start();
void zap?.serve();
const socket = createTickPublisher({ ...options, endpoint, curve, context });
let isStopping = false;
port.on('message', () => {
  isStopping = true;
  void leave();
});
await socket.bind(endpoint);
port.postMessage(socket.lastEndpoint);

const tick = createHopTick();
let isSending = false;
try {
  // Read to the end: over inproc a peer's socket is gone only when this one has heard of it, and it hears when it is read.
  for await (const _subscription of socket) {
    if (!isSending) void sendAll();
    isSending = true;
  }
} catch (error) {
  if (!isStopping) throw error;
}

async function sendAll(): Promise<void> {
  for (let sent = 1; sent <= ticks && !isStopping; sent++) {
    await delay(PAUSE_MS);
    stampHopTick(tick, sent);
    // A copy: ZeroMQ sends from this memory later.
    await socket.send([
      HOP_TOPIC,
      Buffer.from(new Uint8Array(tick.buffer, tick.byteOffset, tick.byteLength)),
    ]);
  }
}

async function leave(): Promise<void> {
  await releaseSocket(socket);
  await zap?.close();
  port.close();
}
