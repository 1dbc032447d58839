/** The writing thread of the self-load: bursts of ticks into a ring, as a feed worker writes them. */
import { parentPort, workerData } from 'node:worker_threads';
import { DoorbellRinger } from '../../workers/ring/doorbell.ts';
import { RingWriter } from '../../workers/ring/ring-writer.ts';
import { createHopTick, stampHopTick } from './hop-tick.ts';

export interface SelfLoadWriterData {
  readonly ring: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  /** One each millisecond. */
  readonly bursts: number;
  readonly ticksPerBurst: number;
}

const { ring, doorbells, bursts, ticksPerBurst } = workerData as SelfLoadWriterData;
const writer = new RingWriter(ring, 1);
const ringer = new DoorbellRinger(doorbells);
const tick = createHopTick();
const nobody = new Int32Array(new SharedArrayBuffer(4));
let written = 0;
for (let burst = 0; burst < bursts; burst++) {
  // A timer of the event loop takes turns that are no part of the hop.
  Atomics.wait(nobody, 0, 0, 1);
  for (let i = 0; i < ticksPerBurst; i++) {
    stampHopTick(tick, ++written);
    writer.write(tick, tick.length);
    ringer.ring();
  }
}
parentPort?.postMessage(written);
