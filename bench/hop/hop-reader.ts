/** The reading thread of the hop: drains as a proxy worker does, and notes when each record was due and when it came. */
import { parentPort, workerData } from 'node:worker_threads';
import { Doorbell } from '../../src/workers/ring/doorbell.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { DrainLoop } from '../../src/workers/ring/wait-strategy.ts';
import type { WaitStrategyName } from '../../src/workers/worker-messages.ts';
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { dueUsOf } from './hop-message.ts';

export interface HopReaderData {
  readonly ring: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  readonly strategy: WaitStrategyName;
  readonly spinUs: number;
  /** Records that were due earlier are not recorded. */
  readonly measureFromUs: number;
}

export interface HopReaderResult {
  readonly received: number;
  readonly lost: number;
  readonly latency: LatencySummary;
  /** CPU seconds of this thread since its start; null where Node does not tell. */
  readonly cpuSeconds: number | null;
}

const DRAIN_LIMIT = 512;

const { ring, doorbells, strategy, spinUs, measureFromUs } = workerData as HopReaderData;
const reader = new RingReader(ring);
const latency = new LatencyRecorder();
const cpuBefore = process.threadCpuUsage?.();
let received = 0;
const onRecord = () => {
  received++;
  const dueUs = dueUsOf(reader.words);
  if (dueUs >= measureFromUs) latency.record(monotonicUs() - dueUs);
};
const loop = new DrainLoop({
  drain: () => reader.drain(onRecord, DRAIN_LIMIT),
  hasWork: () => reader.hasRecords(),
  doorbell: new Doorbell(doorbells, 0),
  strategy,
  spinUs,
  onError: (error) => {
    throw error;
  },
});
loop.start();

/** Told how many were written: leaves when it has them all, or has lost some. */
parentPort?.on('message', (written: number) => {
  const cpu = cpuBefore === undefined ? null : process.threadCpuUsage(cpuBefore);
  const check = setInterval(() => {
    if (received + reader.lost < written) return;
    clearInterval(check);
    void loop.stop();
    const cpuSeconds = cpu === null ? null : (cpu.user + cpu.system) / 1e6;
    const result: HopReaderResult = { received, lost: reader.lost, latency: latency.summary(), cpuSeconds };
    parentPort?.postMessage(result);
    parentPort?.close();
  }, 5);
});
parentPort?.postMessage('ready');
