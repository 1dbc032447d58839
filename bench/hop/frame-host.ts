/** A process of the frame hop: the thread that has the generator's socket and, behind a feed worker, the one that reads its ring. */
import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { EXCHANGE_TYPE } from '../../src/codec/angel/frame-layout.ts';
import { MODE } from '../../src/codec/tick.ts';
import { BROKERS } from '../../src/main/brokers/broker-registry.ts';
import { loadConfig } from '../../src/main/config.ts';
import { workerScript } from '../../src/main/worker-script.ts';
import { feedOptions, feedWatch } from '../../src/main/worker-tasks.ts';
import { createDoorbells } from '../../src/workers/ring/doorbell.ts';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import { SlotOwners } from '../../src/workers/ring/slot-owners.ts';
import type { FeedTask, ToFeedWorker } from '../../src/workers/worker-messages.ts';
import { benchSymbols, benchToken, EXCHANGE } from '../end-to-end/bench-instruments.ts';
import type { StreamMode } from '../end-to-end/tick-format.ts';
import { serveParent } from '../harness/child-program.ts';
import { readThreadUsage } from '../harness/thread-usage.ts';
import type { FrameReceiverData, FromFrameReceiver, ToFrameReceiver } from './frame-receiver.ts';
import type { FrameWay } from './frame-stage.ts';
import type { HopReceived, HopWindow } from './hop-tally.ts';

/** µs of CPU. */
export interface FrameCpu {
  /** The thread that has the generator's socket. */
  readonly socket: number;
  /** The thread that reads the ring; 0 where there is none. */
  readonly reader: number;
}

export interface FrameHostOptions {
  readonly way: FrameWay;
  readonly url: string;
  readonly instruments: number;
}

const BROKER = 'angel';
const MODE_NUMBER = { ltp: MODE.LTP, quote: MODE.QUOTE, depth: MODE.DEPTH } as const;

const { config } = loadConfig({ argv: [], env: {}, cwd: import.meta.dirname });
let receiver: Worker | undefined;
let receiverThread = 0;
let feed: { readonly port: MessagePort; readonly thread: number } | undefined;
let instruments: FeedInstruments = [];
let mode: StreamMode = 'quote';
let cpuBefore: ReturnType<typeof readThreadUsage> = null;

type FeedInstruments = Extract<
  ToFeedWorker,
  { readonly type: 'subscribe' }
>['wishes'][number]['instrument'][];

/** @returns the number of the thread that the system knows */
async function untilReady(worker: Worker): Promise<number> {
  const [ready] = (await once(worker, 'message')) as [FromFrameReceiver];
  return ready.type === 'ready' ? ready.thread : 0;
}

async function startReceiver(workerData: FrameReceiverData): Promise<void> {
  receiver = new Worker(new URL('./frame-receiver.ts', import.meta.url), { workerData });
  receiverThread = await untilReady(receiver);
}

async function startFeed(url: string, count: number): Promise<void> {
  const broker = BROKERS.get(BROKER)!;
  const memory = { ring: createRing(config.ringBytes), doorbells: createDoorbells(1) };
  const { waitStrategy: strategy, spinUs } = config;
  await startReceiver({ way: 'feed worker', ...memory, strategy, spinUs });
  const task: FeedTask = {
    ...memory,
    feed: 0,
    broker: BROKER,
    module: workerScript(broker.feedModule).href,
    url,
    credentials: { authToken: 'bench', feedToken: 'bench', apiKey: 'bench', clientCode: 'bench' },
    epoch: 1,
    lastValues: LastValueTable.create(count),
    slotOwners: SlotOwners.create(count),
    options: feedOptions(config, broker),
    recorder: null,
    watch: feedWatch(config, null),
  };
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./frame-feed.ts', import.meta.url), {
    workerData: { task, port: port2 },
    transferList: [port2],
  });
  worker.on('error', (error) => {
    throw error;
  });
  feed = { port: port1, thread: await untilReady(worker) };
  instruments = benchSymbols(count).map((symbol, slot) => ({
    slot,
    broker: BROKER,
    exchange: EXCHANGE,
    symbol,
    segment: EXCHANGE_TYPE.NSE_CM,
    token: benchToken(slot),
  }));
}

async function open({ way, url, instruments: count }: FrameHostOptions): Promise<void> {
  if (way === 'feed worker') await startFeed(url, count);
  else await startReceiver({ way, url, instruments: count });
}

function tellReceiver(message: ToFrameReceiver): void {
  receiver?.postMessage(message);
}

function tellFeed(message: ToFeedWorker): void {
  feed?.port.postMessage(message);
}

function wishes() {
  return instruments.map((instrument) => ({ instrument, mode: MODE_NUMBER[mode] }));
}

/** The generator knows when it is so. */
function subscribe(chosen: StreamMode): void {
  mode = chosen;
  tellReceiver({ type: 'subscribe', mode });
  tellFeed({ type: 'subscribe', wishes: wishes(), epoch: 1 });
}

function unsubscribe(): void {
  tellReceiver({ type: 'unsubscribe' });
  tellFeed({ type: 'unsubscribe', wishes: wishes() });
}

async function counts(): Promise<HopReceived> {
  const answer = once(receiver!, 'message') as Promise<[HopReceived]>;
  tellReceiver({ type: 'counts' });
  const [received] = await answer;
  return received;
}

/** From now on CPU counts. */
function begin(window: HopWindow): void {
  tellReceiver({ type: 'begin', ...window });
  cpuBefore = readThreadUsage(process.pid);
}

/** CPU since `begin`; null where the system does not tell. */
function cpu(): FrameCpu | null {
  const threads = readThreadUsage(process.pid);
  if (threads === null) return null;
  const used = (thread: number) => (threads.get(thread)?.cpuUs ?? 0) - (cpuBefore?.get(thread)?.cpuUs ?? 0);
  if (feed === undefined) return { socket: used(receiverThread), reader: 0 };
  return { socket: used(feed.thread), reader: used(receiverThread) };
}

const handlers = {
  open,
  subscribe,
  unsubscribe: (_: null) => unsubscribe(),
  begin,
  counts: (_: null) => counts(),
  cpu: (_: null) => cpu(),
};
export type FrameHost = typeof handlers;
serveParent(handlers);
