/** What is in a recording: brokers, instruments, how much, of which time, and what is missing. */
import {
  parseRecordedBroker,
  parseRecordedLoss,
  parseRecordedWishes,
  type RecordedInstrument,
} from '../../codec/recording/recorded-wishes.ts';
import { RECORDED } from '../../codec/recording/recording-layout.ts';
import { type BlockPlace, readRecords } from '../../codec/recording/recording-reader.ts';
import { MODE } from '../../codec/tick.ts';

const KINDS_TO_READ =
  (1 << RECORDED.FEED) |
  (1 << RECORDED.OPENED) |
  (1 << RECORDED.CLOSED) |
  (1 << RECORDED.WISHES) |
  (1 << RECORDED.DROPPED);

export interface RecordedBroker {
  readonly name: string;
  /** Everything that was ever asked for, by exchange and symbol. */
  readonly instruments: readonly RecordedInstrument[];
  /** The 20-level overlay was asked for. */
  readonly hasDeepDepth: boolean;
}

export interface RecordingSummary {
  readonly brokers: readonly RecordedBroker[];
  readonly feeds: number;
  /** Messages of brokers. */
  readonly messages: number;
  /** Messages that came and were not recorded. */
  readonly lost: number;
  /** ns since 1970; both 0 without messages. */
  readonly firstTime: bigint;
  readonly lastTime: bigint;
}

interface Collected {
  readonly instruments: Map<string, RecordedInstrument>;
  hasDeepDepth: boolean;
}

/** Reads the blocks that say something beside the broker's messages. */
export function summarise(blocks: readonly BlockPlace[]): RecordingSummary {
  const brokerOfFeed = new Map<number, string>();
  const brokers = new Map<string, Collected>();
  let messages = 0;
  let lost = 0;
  for (const block of blocks) {
    messages += block.records;
    if ((block.kinds & KINDS_TO_READ) === 0) continue;
    for (const { kind, payload } of readRecords(block)) {
      if (kind !== RECORDED.BINARY && kind !== RECORDED.TEXT) messages--;
      if (kind === RECORDED.DROPPED) lost += parseRecordedLoss(payload)?.messages ?? 0;
      if (kind === RECORDED.FEED) {
        const broker = parseRecordedBroker(payload);
        if (broker !== null) brokerOfFeed.set(block.feed, broker);
      }
      const broker = brokerOfFeed.get(block.feed);
      if (kind === RECORDED.WISHES && broker !== undefined) {
        let collected = brokers.get(broker);
        if (collected === undefined) {
          collected = { instruments: new Map(), hasDeepDepth: false };
          brokers.set(broker, collected);
        }
        collect(payload, collected);
      }
    }
  }
  const played = blocks.filter(
    ({ kinds }) => (kinds & ((1 << RECORDED.BINARY) | (1 << RECORDED.TEXT))) !== 0,
  );
  return {
    brokers: [...brokers].map(([name, { instruments, hasDeepDepth }]) => ({
      name,
      instruments: [...instruments.values()],
      hasDeepDepth,
    })),
    feeds: new Set(blocks.map(({ feed }) => feed)).size,
    messages,
    lost,
    firstTime: played.reduce(
      (least, { firstTime }) => (least === 0n || firstTime < least ? firstTime : least),
      0n,
    ),
    lastTime: played.reduce((most, { lastTime }) => (lastTime > most ? lastTime : most), 0n),
  };
}

function collect(payload: Uint8Array, collected: Collected): void {
  for (const { mode, ...instrument } of parseRecordedWishes(payload)?.wishes ?? []) {
    collected.instruments.set(`${instrument.exchange}\0${instrument.symbol}`, instrument);
    if (mode === MODE.DEEP_DEPTH) collected.hasDeepDepth = true;
  }
}

/** For people: `1,234 messages of 5 instruments (angel), 00:10:00 from 2026-11-20 10:15:00 (India)`. */
export function describeSummary({
  brokers,
  feeds,
  messages,
  lost,
  firstTime,
  lastTime,
}: RecordingSummary): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const instruments = brokers.reduce((sum, broker) => sum + broker.instruments.length, 0);
  const seconds = Number((lastTime - firstTime) / 1_000_000_000n);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
    String(Math.floor(part)).padStart(2, '0'),
  );
  const began = new Date(Number(firstTime / 1_000_000n)).toLocaleString('sv-SE', {
    timeZone: 'Asia/Kolkata',
  });
  const names = brokers.map(({ name }) => name).join(', ') || 'no broker';
  const span = firstTime === 0n ? '' : `, ${clock.join(':')} from ${began} (India)`;
  const missing = lost === 0 ? '' : `; ${count(lost)} messages are missing, the disk was too slow or full`;
  const connections = feeds === 1 ? '1 connection' : `${feeds} connections`;
  return `${count(messages)} messages of ${count(instruments)} instruments (${names}, ${connections})${span}${missing}`;
}
