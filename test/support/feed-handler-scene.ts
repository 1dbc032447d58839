/** A broker's feed handler without a thread of its own: what it reports, and the ticks that it writes. */
import type { TestContext } from 'node:test';
import { type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { readInt64, WORD } from '../../src/codec/tick-message.ts';
import { EpochClock } from '../../src/workers/epoch-clock.ts';
import { createFeedHandler } from '../../src/workers/feed/angel-feed.ts';
import type { FeedHandler, FeedModule, FeedWatchdog } from '../../src/workers/feed/feed-handler.ts';
import { TickWriter } from '../../src/workers/feed/tick-writer.ts';
import { createDoorbells, DoorbellRinger } from '../../src/workers/ring/doorbell.ts';
import { LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import type { FeedCredentials, FeedOptions, FromFeedWorker } from '../../src/workers/worker-messages.ts';
import { QUICK_FEED_OPTIONS } from './quick-feed-options.ts';
import { until } from './until.ts';
import { WATCHDOG_OPTIONS } from './watchdog-scene.ts';

export const SCENE_CREDENTIALS: FeedCredentials = {
  authToken: 'AUTH-TOKEN',
  feedToken: 'FEED-TOKEN',
  apiKey: 'API-KEY',
  clientCode: 'CLIENT',
};

export interface SceneTick {
  readonly slot: number;
  readonly seq: number;
  readonly ltp: number;
  readonly exchangeTimeMs: number;
  readonly flags: number;
}

export interface FeedHandlerScene {
  readonly handler: FeedHandler;
  readonly reports: FromFeedWorker[];
  /** `tick SLOT` and `repeat SLOT`, in their order. */
  readonly signsOfLife: string[];
  /** All ticks so far. */
  ticks(): readonly SceneTick[];
  reportsOf<T extends FromFeedWorker['type']>(type: T): Extract<FromFeedWorker, { readonly type: T }>[];
  untilLive(): Promise<void>;
}

/** Instruments of NSE with tokens 1000, 1001 … in slots 0, 1 … */
export function instrumentsNumbered(count: number, segment = 1): Instrument[] {
  return Array.from({ length: count }, (_, slot) => ({
    slot,
    broker: 'angel',
    exchange: 'NSE',
    symbol: `S${slot}`,
    segment,
    token: String(1000 + slot),
  }));
}

export function wishesFor(instruments: readonly Instrument[], mode: Mode) {
  return instruments.map((instrument) => ({ instrument, mode }));
}

export function feedHandlerScene(
  t: TestContext,
  url: string,
  {
    credentials = SCENE_CREDENTIALS,
    options = {},
    module = { createFeedHandler },
    slots = 2048,
  }: {
    readonly credentials?: FeedCredentials;
    readonly options?: Partial<FeedOptions>;
    readonly module?: FeedModule;
    readonly slots?: number;
  } = {},
): FeedHandlerScene {
  const ring = createRing(1024 * 1024);
  const lastValues = LastValueTable.create(slots);
  const doorbells = createDoorbells(1);
  const clock = new EpochClock();
  const writer = new TickWriter(
    new RingWriter(ring, 1),
    new LastValueTable(lastValues),
    new DoorbellRinger(doorbells),
    clock,
  );
  const reports: FromFeedWorker[] = [];
  const signsOfLife: string[] = [];
  const handler = module.createFeedHandler(
    {
      feed: 0,
      broker: 'angel',
      module: '',
      url,
      credentials,
      epoch: 1,
      ring,
      lastValues,
      doorbells,
      slotOwners: new SharedArrayBuffer(0),
      options: { ...QUICK_FEED_OPTIONS, ...options },
      recorder: null,
      watch: { options: WATCHDOG_OPTIONS, calendar: null },
    },
    {
      writer,
      clock,
      report: (message) => void reports.push(message),
      fail: (error) => {
        throw error;
      },
    },
  );
  const watchdog: FeedWatchdog = {
    onAdded: () => {},
    onEnded: () => {},
    onState: () => {},
    onTick: ({ instrument }) => void signsOfLife.push(`tick ${instrument.slot}`),
    onRepeat: ({ instrument }) => void signsOfLife.push(`repeat ${instrument.slot}`),
  };
  handler.watchdog = watchdog;
  t.after(() => handler.stop());
  const reader = new RingReader(ring, { from: 'oldest' });
  const ticks: SceneTick[] = [];
  const reportsOf: FeedHandlerScene['reportsOf'] = (type) =>
    reports.filter((report): report is Extract<FromFeedWorker, { readonly type: typeof type }> => {
      return report.type === type;
    });
  return {
    handler,
    reports,
    signsOfLife,
    reportsOf,
    ticks: () => {
      reader.drain(() => {
        const { words } = reader;
        ticks.push({
          slot: words[WORD.SLOT]!,
          seq: readInt64(words, WORD.SEQ),
          ltp: readInt64(words, WORD.LTP),
          exchangeTimeMs: readInt64(words, WORD.EXCHANGE_TIME_MS),
          flags: words[WORD.FLAGS]!,
        });
      }, Number.POSITIVE_INFINITY);
      return ticks;
    },
    untilLive: async () => {
      const isLive = () => reports.findLast(({ type }) => type === 'state');
      await until('a live feed', () => {
        const latest = isLive();
        return latest?.type === 'state' && latest.state === 'live';
      });
    },
  };
}

/** The frame of an LTP packet of an NSE instrument. Times in ms, the price in paise. */
export function ltpFrame(values: {
  readonly token: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly ltp: number;
}): Buffer {
  const frame = Buffer.alloc(51);
  frame[0] = MODE.LTP;
  frame[1] = 1;
  frame.write(values.token, 2);
  frame.writeBigInt64LE(BigInt(values.seq), 27);
  frame.writeBigInt64LE(BigInt(values.timeMs), 35);
  frame.writeBigInt64LE(BigInt(values.ltp), 43);
  return frame;
}
