/**
 * A process of the bus hop. It holds one end of the hop or both: the writer's ring with a reader or with the engine's own
 * bus worker behind it, and the receiving thread. What main does in the engine is done here: it resolves topics.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { loadConfig } from '../../src/main/config.ts';
import { busTask } from '../../src/main/worker-tasks.ts';
import { createDoorbells } from '../../src/workers/ring/doorbell.ts';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import type {
  FromReader,
  FromSupervised,
  ToReader,
  ToSupervised,
} from '../../src/workers/worker-messages.ts';
import { serveParent } from '../harness/child-program.ts';
import { readThreadUsage } from '../harness/thread-usage.ts';
import { hopInstrument } from './hop-message.ts';
import type { FromHopReceiver, HopReceiverData, ToHopReceiver } from './hop-receiver.ts';
import type { HopReceived, HopWindow } from './hop-tally.ts';
import type { HopSchedule, HopWriterData, HopWriterResult } from './hop-writer.ts';

/** CPU of the parts of the hop that this process has run, µs. */
export interface HopCpu {
  /** The bus worker, and what V8 does beside for the whole process. */
  readonly sender: number;
  /** ZeroMQ's own threads. */
  readonly io: number;
  readonly receiver: number;
}

const RING_BYTES = 8 * 2 ** 20;
const { config } = loadConfig({ argv: [], env: {}, cwd: import.meta.dirname });
const memory = {
  ring: createRing(RING_BYTES),
  doorbells: createDoorbells(1),
};
let epoch = 0;
let bus: Worker | undefined;
let busCounters: Readonly<Record<string, number>> = {};
let receiver: Worker | undefined;
let receiverThread = 0;
let cpuBefore: ReturnType<typeof readThreadUsage> = null;

function resolveWishes(worker: Worker, instruments: number) {
  const slots = new Map(Array.from({ length: instruments }, (_, slot) => [hopInstrument(slot).symbol, slot]));
  return (message: FromReader | FromSupervised): void => {
    if (message.type === 'counters') busCounters = message.counters;
    if (message.type === 'left' && message.code !== null) throw new Error(message.message);
    if (message.type !== 'subscribe') return;
    const { id, wishes } = message;
    const outcomes = wishes.map(({ symbol }) => {
      return { status: 'ok', instruments: [hopInstrument(slots.get(symbol)!)] } as const;
    });
    const answer: ToReader = { type: 'subscribed', id, outcomes };
    worker.postMessage(answer);
  };
}

/** Starts the bus worker on the ring of this process. */
async function publish({ endpoint, instruments }: { endpoint: string; instruments: number }): Promise<void> {
  const shared = {
    rings: [{ feed: 0, ring: memory.ring }],
    lastValues: LastValueTable.create(instruments),
    doorbells: memory.doorbells,
  };
  const page = { html: '', watch: [], demoKey: null, simulated: false, replayed: false };
  const workerData = {
    ...busTask(config, shared, 0, { version: '', page, accounts: [], takeovers: 0, curve: null }),
    endpoint,
  };
  bus = new Worker(new URL('../../src/workers/bus/bus-worker.ts', import.meta.url), { workerData });
  bus.on('message', resolveWishes(bus, instruments));
  await once(bus, 'message');
}

interface ReceiveOptions {
  readonly endpoint: string | null;
  readonly instruments: number;
  readonly subscribers: number;
}

/** Starts the receiving thread; without an endpoint on the ring of this process. */
async function receive({ endpoint, instruments, subscribers }: ReceiveOptions): Promise<void> {
  const topics = Array.from({ length: instruments }, (_, slot) =>
    formatTopic(hopInstrument(slot), MODE.QUOTE),
  );
  const data: HopReceiverData =
    endpoint === null
      ? { kind: 'ring', spinUs: config.spinUs, ...memory }
      : {
          kind: 'bus',
          subscribers,
          endpoint,
          topics,
          heartbeatMs: config.busHeartbeatMs,
          receiveHighWaterMark: config.busReceiveHwm,
        };
  receiver = new Worker(new URL('./hop-receiver.ts', import.meta.url), { workerData: data });
  const [ready] = (await once(receiver, 'message')) as [FromHopReceiver];
  if (ready.type === 'ready') receiverThread = ready.thread;
}

/** Instruments that somebody is subscribed to and that are served. */
function held(): number {
  return busCounters.held ?? 0;
}

function tellReceiver(message: ToHopReceiver): void {
  receiver?.postMessage(message);
}

async function counts(): Promise<HopReceived> {
  const answer = once(receiver!, 'message') as Promise<[HopReceived]>;
  tellReceiver({ type: 'counts' });
  const [received] = await answer;
  return received;
}

/** Writes what a schedule says. Resolved when the writing thread has ended. */
async function write(schedule: HopSchedule): Promise<HopWriterResult> {
  const workerData: HopWriterData = { ...schedule, ...memory, epoch: ++epoch };
  const writer = new Worker(new URL('./hop-writer.ts', import.meta.url), { workerData });
  const ended = once(writer, 'exit');
  const [result] = (await once(writer, 'message')) as [HopWriterResult];
  await ended;
  return result;
}

/** From now on CPU counts. */
function beginCpu(): void {
  cpuBefore = readThreadUsage(process.pid);
}

/** CPU since `beginCpu` of the threads that are there now: the writing one has ended. Null where the system does not tell. */
function cpu(): HopCpu | null {
  const threads = readThreadUsage(process.pid);
  if (threads === null) return null;
  const sums = { sender: 0, io: 0, receiver: 0 };
  for (const [thread, { name, cpuUs }] of threads) {
    // The main thread has no part in the hop.
    if (thread === process.pid) continue;
    const used = cpuUs - (cpuBefore?.get(thread)?.cpuUs ?? 0);
    if (name.startsWith('ZMQbg')) sums.io += used;
    else if (thread === receiverThread || bus === undefined) sums.receiver += used;
    else sums.sender += used;
  }
  return sums;
}

/** One after the other: over inproc the receiver's thread holds memory that goes back to the bus worker's when it ends. */
async function close(): Promise<void> {
  const stop: ToSupervised & ToHopReceiver = { type: 'stop' };
  for (const thread of [receiver, bus]) {
    if (thread === undefined) continue;
    const ended = once(thread, 'exit');
    thread.postMessage(stop);
    await ended;
  }
}

const handlers = {
  publish,
  receive,
  held: (_: null) => held(),
  begin: (window: HopWindow) => tellReceiver({ type: 'begin', ...window }),
  counts: (_: null) => counts(),
  write,
  beginCpu: (_: null) => beginCpu(),
  cpu: (_: null) => cpu(),
  close: (_: null) => close(),
};
export type HopHost = typeof handlers;
serveParent(handlers);
