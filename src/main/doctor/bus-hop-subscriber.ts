/** The receiving thread of the bus hop. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CurvePeer, createTickSubscriber, subscribeTopic } from '../../workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../workers/bus/release-socket.ts';
import { ageOfHopTick } from './hop-tick.ts';
import { HOP_TOPIC } from './hop-topic.ts';
import { Latencies } from './latencies.ts';

export interface BusHopSubscriberData {
  readonly endpoint: string;
  readonly heartbeatMs: number;
  readonly receiveHighWaterMark: number;
  readonly curve: CurvePeer | null;
  /** As many are sent. */
  readonly ticks: number;
}

/** This part meets code that is not compiled yet. */
const WARM_UP_PART = 0.1;

const port = parentPort!;
const { endpoint, ticks, ...options } = workerData as BusHopSubscriberData;
const socket = createTickSubscriber({ ...options, endpoint });
const latencies = new Latencies();
let isStopping = false;
port.on('message', () => {
  isStopping = true;
  void releaseSocket(socket).then(() => port.close());
});
socket.connect(endpoint);
subscribeTopic(socket, HOP_TOPIC);
let received = 0;
try {
  for await (const [, bytes] of socket) {
    // The bytes may lie at any address; the words of a tick must not.
    const words = new Int32Array(new Uint8Array(bytes!).buffer);
    if (++received > ticks * WARM_UP_PART) latencies.note(ageOfHopTick(words));
    if (received === ticks) port.postMessage(latencies.summary());
  }
} catch (error) {
  if (!isStopping) throw error;
}
