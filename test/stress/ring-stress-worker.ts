/** The threads of the ring stress test: a writer at full speed, and readers of several tempers. */
import { parentPort, workerData } from 'node:worker_threads';
import { MAX_DEEP_TICK_BYTES } from '../../src/codec/tick-message.ts';
import { KIND, LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';

export const SLOTS = 64;
/** Words of a message: epoch, number within the epoch, slot, then words that depend on these and on their place. */
const EPOCH = 0;
const NUMBER = 1;
const SLOT = 2;
const FIRST_PATTERN = 3;

/** What the test asks of the threads, in one shared word each. */
export const CONTROL = { WRITER_ENDS: 0, READERS_END: 1 } as const;

/** fast: drains all the time. slow: sleeps after each portion. paused: is busy with something else for 30 ms, often. */
export type Temper = 'fast' | 'slow' | 'paused';

export interface StressTask {
  readonly role: 'writer' | Temper;
  readonly epoch: number;
  readonly ring: SharedArrayBuffer;
  readonly lastValues: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

/** Latest state of each slot: epoch × 2^32 + number within the epoch, 0 for none. */
export type LastStates = number[];

export interface WriterReport {
  readonly states: LastStates;
}

export interface ReaderReport {
  readonly delivered: number;
  readonly lost: number;
  readonly laps: number;
  readonly torn: number;
  readonly disordered: number;
  readonly healed: number;
  readonly epochs: readonly number[];
  readonly states: LastStates;
}

const TWO_POW_32 = 4294967296;

function pattern(epoch: number, number: number, i: number): number {
  return Math.imul(number + i, 0x9e3779b1) ^ (epoch << 24);
}

function lengthOf(number: number): number {
  return FIRST_PATTERN + (Math.imul(number, 0x85ebca6b) >>> 25);
}

/** The state that a message carries, or -1 when it is not one message as the writer made it. */
function stateOf(words: Int32Array, wordCount: number): number {
  const epoch = words[EPOCH]!;
  const number = words[NUMBER]!;
  if (wordCount !== lengthOf(number) || words[SLOT] !== slotOf(number)) return -1;
  for (let i = FIRST_PATTERN; i < wordCount; i++) if (words[i] !== pattern(epoch, number, i)) return -1;
  return epoch * TWO_POW_32 + number;
}

function slotOf(number: number): number {
  return (Math.imul(number, 0xc2b2ae35) >>> 16) % SLOTS;
}

function write(task: StressTask, control: Int32Array): WriterReport {
  const writer = new RingWriter(task.ring, task.epoch);
  const table = new LastValueTable(task.lastValues);
  const states: LastStates = new Array(SLOTS).fill(0);
  const words = new Int32Array(256);
  words[EPOCH] = task.epoch;
  parentPort?.postMessage('writing');
  for (let number = 1; Atomics.load(control, CONTROL.WRITER_ENDS) === 0; number++) {
    const slot = slotOf(number);
    const wordCount = lengthOf(number);
    words[NUMBER] = number;
    words[SLOT] = slot;
    for (let i = FIRST_PATTERN; i < wordCount; i++) words[i] = pattern(task.epoch, number, i);
    table.write(slot, KIND.BASE, words, wordCount);
    writer.write(words, wordCount);
    states[slot] = task.epoch * TWO_POW_32 + number;
  }
  return { states };
}

function read(task: StressTask, control: Int32Array): ReaderReport {
  const temper = task.role;
  const reader = new RingReader(task.ring, { from: 'oldest' });
  const table = new LastValueTable(task.lastValues);
  const value = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  const states: LastStates = new Array(SLOTS).fill(0);
  const epochs = new Set<number>();
  const never = new Int32Array(new SharedArrayBuffer(4));
  let [delivered, torn, disordered, healed, laps, last] = [0, 0, 0, 0, 0, 0];

  const onRecord = (wordCount: number): void => {
    const state = stateOf(reader.words, wordCount);
    if (state === -1) torn++;
    if (state <= last) disordered++;
    last = state;
    const slot = reader.words[SLOT]!;
    states[slot] = Math.max(states[slot]!, state);
    delivered++;
  };
  const heal = (): void => {
    laps = reader.laps;
    for (let slot = 0; slot < SLOTS; slot++) {
      const wordCount = table.read(slot, KIND.BASE, value);
      if (wordCount === 0) continue;
      const state = stateOf(value, wordCount);
      if (state === -1 || value[SLOT] !== slot) torn++;
      if (state > states[slot]!) {
        states[slot] = state;
        healed++;
      }
    }
  };

  parentPort?.postMessage('reading');
  for (;;) {
    const ends = Atomics.load(control, CONTROL.READERS_END) === 1;
    const drained = reader.drain(onRecord, temper === 'slow' ? 20 : 1000);
    if (reader.laps > laps) heal();
    epochs.add(reader.epoch());
    if (ends && drained === 0) break;
    if (ends) continue;
    if (drained === 0 || temper === 'slow') Atomics.wait(never, 0, 0, 1);
    if (temper === 'paused') for (const end = performance.now() + 30; performance.now() < end; );
  }
  return { delivered, lost: reader.lost, laps, torn, disordered, healed, epochs: [...epochs], states };
}

if (parentPort !== null) {
  const task: StressTask = workerData;
  const control = new Int32Array(task.control);
  parentPort.postMessage(task.role === 'writer' ? write(task, control) : read(task, control));
}
