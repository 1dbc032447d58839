/**
 * The writing thread of the hop: bursts by the clock. It sleeps until shortly before each is due and spins the rest, so
 * that its own wake-up is not part of what is measured.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DoorbellRinger } from '../../src/workers/ring/doorbell.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { BURST_INTERVAL_US, eventsUpTo, sleepUs } from '../harness/burst-schedule.ts';
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { createHopMessage, setDueUs } from './hop-message.ts';

export interface HopWriterData {
  readonly ring: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  readonly perSecond: number;
  readonly startUs: number;
  /** Lags of bursts that were due earlier are not recorded. */
  readonly measureFromUs: number;
  readonly seconds: number;
}

export interface HopWriterResult {
  readonly written: number;
  /** From the instant at which a burst was due to the first write of it. */
  readonly lag: LatencySummary;
}

const SPIN_US = 150;

const { ring, doorbells, perSecond, startUs, measureFromUs, seconds } = workerData as HopWriterData;
const writer = new RingWriter(ring, 1);
const ringer = new DoorbellRinger(doorbells);
const message = createHopMessage();
const lag = new LatencyRecorder();
const bursts = Math.round((seconds * 1e6) / BURST_INTERVAL_US);
let written = 0;
for (let burst = 0; burst < bursts; burst++) {
  const dueUs = startUs + burst * BURST_INTERVAL_US;
  sleepUs(dueUs - monotonicUs() - SPIN_US);
  let now = monotonicUs();
  while (now < dueUs) now = monotonicUs();
  if (dueUs >= measureFromUs) lag.record(now - dueUs);
  setDueUs(message, dueUs);
  for (const end = eventsUpTo(burst, perSecond); written < end; written++) {
    writer.write(message, message.length);
    ringer.ring();
  }
}
const result: HopWriterResult = { written, lag: lag.summary() };
parentPort?.postMessage(result);
