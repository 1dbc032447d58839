/**
 * The receiving thread of the bus hop: takes ticks from a ring as a proxy worker does, or from the bus, and notes when
 * each was due and when it came. It serves one run after the other.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Doorbell } from '../../src/workers/ring/doorbell.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { DrainLoop } from '../../src/workers/ring/wait-strategy.ts';
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { ownThread } from '../harness/thread-usage.ts';
import { dueUsOf, dueUsOfBytes } from './hop-message.ts';
import { type HopSubscriberOptions, subscribeHop } from './hop-subscriber.ts';

export type HopReceiverData =
  | {
      readonly kind: 'ring';
      readonly ring: SharedArrayBuffer;
      readonly doorbells: SharedArrayBuffer;
      readonly spinUs: number;
    }
  | ({
      readonly kind: 'bus';
      /** As many sockets, each of which gets everything. */
      readonly subscribers: number;
    } & HopSubscriberOptions);

/** The times of a run: what was due earlier is only counted. */
export interface HopWindow {
  readonly measureFromUs: number;
  readonly endUs: number;
}

export interface HopReceived {
  readonly received: number;
  /** Messages that they came in. */
  readonly messages: number;
  /** Ticks that came within the window, whenever they were due. */
  readonly inWindow: number;
  readonly latency: LatencySummary;
}

export type ToHopReceiver =
  | ({ readonly type: 'begin' } & HopWindow)
  | { readonly type: 'counts' }
  | { readonly type: 'stop' };
export type FromHopReceiver =
  | { readonly type: 'ready'; readonly thread: number }
  | ({ readonly type: 'counts' } & HopReceived);

const DRAIN_LIMIT = 512;

const port = parentPort!;
const post = (message: FromHopReceiver) => port.postMessage(message);
const data = workerData as HopReceiverData;
const latency = new LatencyRecorder();
let window: HopWindow = { measureFromUs: 0, endUs: 0 };
let received = 0;
let messages = 0;
let inWindow = 0;

function note(dueUs: number, nowUs: number): void {
  received++;
  if (dueUs >= window.measureFromUs) latency.record(nowUs - dueUs);
  if (nowUs >= window.measureFromUs && nowUs < window.endUs) inWindow++;
}

/** @returns what ends it */
function readRing({ ring, doorbells, spinUs }: HopReceiverData & { kind: 'ring' }): () => Promise<void> {
  const reader = new RingReader(ring);
  const onRecord = () => {
    messages++;
    note(dueUsOf(reader.words), monotonicUs());
  };
  const loop = new DrainLoop({
    drain: () => reader.drain(onRecord, DRAIN_LIMIT),
    hasWork: () => reader.hasRecords(),
    doorbell: new Doorbell(doorbells, 0),
    strategy: 'backoff',
    spinUs,
    onError: (error) => {
      throw error;
    },
  });
  loop.start();
  return () => loop.stop();
}

/** @returns what ends it */
function readBus(subscribers: number, options: HopSubscriberOptions): () => Promise<void> {
  const ends = Array.from({ length: subscribers }, () =>
    subscribeHop(options, (frames) => {
      messages++;
      const nowUs = monotonicUs();
      for (let i = 1; i < frames.length; i++) note(dueUsOfBytes(frames[i]!), nowUs);
    }),
  );
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}

const stop = data.kind === 'ring' ? readRing(data) : readBus(data.subscribers, data);
port.on('message', async (message: ToHopReceiver) => {
  switch (message.type) {
    case 'begin':
      window = message;
      received = 0;
      messages = 0;
      inWindow = 0;
      latency.reset();
      break;
    case 'counts':
      post({ type: 'counts', received, messages, inWindow, latency: latency.summary() });
      break;
    case 'stop':
      await stop();
      port.close();
  }
});
post({ type: 'ready', thread: ownThread() });
