/** The reading thread of the self-load: drains and encodes as a proxy worker does, reads requests beside, and is watched. */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { createTickEncoder } from '../../codec/framing.ts';
import { MODE } from '../../codec/tick.ts';
import { Doorbell } from '../../workers/ring/doorbell.ts';
import { RingReader } from '../../workers/ring/ring-reader.ts';
import { DrainLoop } from '../../workers/ring/wait-strategy.ts';
import type { WaitStrategyName } from '../../workers/worker-messages.ts';
import { ageOfHopTick, HOP_INSTRUMENT } from './hop-tick.ts';
import { Latencies, type LatencySummary } from './latencies.ts';

export interface SelfLoadReaderData {
  readonly ring: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  readonly strategy: WaitStrategyName;
  readonly spinUs: number;
}

export interface SelfLoadResult {
  readonly hop: LatencySummary | null;
  readonly lost: number;
  /** ms that the event loop was late. */
  readonly loopDelay: { readonly p99: number; readonly max: number };
  readonly gc: { readonly count: number; readonly longestMs: number };
}

const DRAIN_LIMIT = 512;
/** Ticks of the first moments meet code that is not compiled yet. */
const WARM_UP_TICKS = 500;
const RESOLUTION_MS = 1;
const REQUEST_MS = 2;
const SYMBOLS = 50;

const { ring, doorbells, strategy, spinUs } = workerData as SelfLoadReaderData;
const port = parentPort!;
const reader = new RingReader(ring);
const encoder = createTickEncoder('json', HOP_INSTRUMENT, MODE.QUOTE, 0);
const send = new Int32Array(2);
const latencies = new Latencies();
let received = 0;
const take = () => {
  if (++received > WARM_UP_TICKS) latencies.note(ageOfHopTick(reader.words));
  encoder.encode(reader.words, reader.doubles, send);
};
const loop = new DrainLoop({
  drain: () => reader.drain(take, DRAIN_LIMIT),
  hasWork: () => reader.hasRecords(),
  doorbell: new Doorbell(doorbells, 0),
  strategy,
  spinUs,
  onError: (error) => {
    throw error;
  },
});
const pauses: number[] = [];
const gc = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pauses.push(duration);
});
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const symbols = Array.from({ length: SYMBOLS }, (_, i) => ({ symbol: `SYMBOL${i}`, exchange: 'NSE' }));
const request = JSON.stringify({ action: 'subscribe', symbols, mode: 2 });
// What a client asks for becomes objects, which are what the collector has to do in such a thread.
const requests = setInterval(() => JSON.parse(request), REQUEST_MS);

loop.start();
gc.observe({ entryTypes: ['gc'] });
delay.enable();
port.postMessage('ready');

/** Told how many ticks were written: answers when it has them all, or has lost some. */
port.on('message', (message: number | 'stop') => {
  if (message === 'stop') {
    port.close();
    return;
  }
  const look = setInterval(() => {
    if (received + reader.lost < message) return;
    clearInterval(look);
    void finish();
  }, REQUEST_MS);
});

async function finish(): Promise<void> {
  delay.disable();
  clearInterval(requests);
  await loop.stop();
  gc.disconnect();
  // The monitor counts from timer to timer: what is beyond its own pace is the delay.
  const late = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  const result: SelfLoadResult = {
    hop: latencies.summary(),
    lost: reader.lost,
    loopDelay: { p99: late(delay.percentile(99)), max: late(delay.max) },
    gc: { count: pauses.length, longestMs: Math.max(0, ...pauses) },
  };
  port.postMessage(result);
}
