/** The reading thread of the hop: drains as a proxy worker does, and notes when each record was due and when it came. */
import { parentPort, workerData } from 'node:worker_threads';
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { drainRing, type RingOptions } from './drain-ring.ts';
import { dueUsOf } from './hop-message.ts';

export interface HopReaderData extends RingOptions {
  /** Records that were due earlier are not recorded. */
  readonly measureFromUs: number;
}

export interface HopReaderResult {
  readonly received: number;
  readonly lost: number;
  readonly latency: LatencySummary;
  /** Cores that this thread kept busy since the first record, or since its start when none came; null where Node does not tell. */
  readonly cores: number | null;
}

const { ring, doorbells, strategy, spinUs, measureFromUs } = workerData as HopReaderData;
const latency = new LatencyRecorder();
const look = () => ({ cpu: process.threadCpuUsage?.(), atMs: performance.now() });
let before = look();
let received = 0;
const { reader, stop } = drainRing({ ring, doorbells, strategy, spinUs }, (words) => {
  if (received++ === 0) before = look();
  const dueUs = dueUsOf(words);
  if (dueUs >= measureFromUs) latency.record(monotonicUs() - dueUs);
});

function coresSince({ cpu, atMs }: ReturnType<typeof look>): number | null {
  if (cpu === undefined) return null;
  const { user, system } = process.threadCpuUsage(cpu);
  return (user + system) / 1000 / (performance.now() - atMs);
}

/** Told how many were written: leaves when it has them all, or has lost some. */
parentPort?.on('message', (written: number) => {
  const cores = coresSince(before);
  const check = setInterval(() => {
    if (received + reader.lost < written) return;
    clearInterval(check);
    void stop();
    const result: HopReaderResult = { received, lost: reader.lost, latency: latency.summary(), cores };
    parentPort?.postMessage(result);
    parentPort?.close();
  }, 5);
});
parentPort?.postMessage('ready');
