/**
 * The writing thread of a hop: bursts by the clock. It sleeps until shortly before each is due and spins the rest, so
 * that its own wake-up is not part of what is measured.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readInt64, WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { DoorbellRinger } from '../../src/workers/ring/doorbell.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import { BURST_INTERVAL_US, eventsUpTo, sleepUs } from '../harness/burst-schedule.ts';
import { LatencyRecorder, type LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { createHopMessage, setDueUs } from './hop-message.ts';

export interface HopSchedule {
  readonly perSecond: number;
  /** Instruments that take turns. */
  readonly instruments: number;
  readonly startUs: number;
  /** Lags of bursts that were due earlier are not recorded. */
  readonly measureFromUs: number;
  readonly seconds: number;
}

export interface HopWriterData extends HopSchedule {
  readonly ring: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  /** Of the ring and of every instrument: higher than that of any writer before. */
  readonly epoch: number;
}

export interface HopWriterResult {
  readonly written: number;
  /** From the instant at which a burst was due to the first write of it. */
  readonly lag: LatencySummary;
  /** From the first write of a burst to the last, with the wake-ups of the reader. */
  readonly write: LatencySummary;
}

const SPIN_US = 150;

const { ring, doorbells, epoch, perSecond, instruments, startUs, measureFromUs, seconds } =
  workerData as HopWriterData;
const writer = new RingWriter(ring, epoch);
const ringer = new DoorbellRinger(doorbells);
const messages = Array.from({ length: instruments }, (_, slot) => createHopMessage(slot));
for (const message of messages) writeInt64(message, WORD.EPOCH, epoch);
const lag = new LatencyRecorder();
const write = new LatencyRecorder();
const bursts = Math.round((seconds * 1e6) / BURST_INTERVAL_US);
let written = 0;
let turn = 0;
for (let burst = 0; burst < bursts; burst++) {
  const dueUs = startUs + burst * BURST_INTERVAL_US;
  sleepUs(dueUs - monotonicUs() - SPIN_US);
  let now = monotonicUs();
  while (now < dueUs) now = monotonicUs();
  if (dueUs >= measureFromUs) lag.record(now - dueUs);
  for (const end = eventsUpTo(burst, perSecond); written < end; written++) {
    const message = messages[turn]!;
    turn = turn + 1 === instruments ? 0 : turn + 1;
    setDueUs(message, dueUs);
    writeInt64(message, WORD.SEQ, readInt64(message, WORD.SEQ) + 1);
    writer.write(message, message.length);
    ringer.ring();
  }
  if (dueUs >= measureFromUs) write.record(monotonicUs() - now);
}
const result: HopWriterResult = { written, lag: lag.summary(), write: write.summary() };
parentPort?.postMessage(result);
