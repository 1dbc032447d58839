/** The intake of a proxy worker on feed hosts that a test plays, in the test's own thread. */
import type { TestContext } from 'node:test';
import { MAX_DEEP_TICK_BYTES, readInt64, WORD } from '../../src/codec/tick-message.ts';
import { BusIntake } from '../../src/workers/bus-source/bus-intake.ts';
import type { Pump } from '../../src/workers/proxy/proxy-intake.ts';
import type { FromReader } from '../../src/workers/worker-messages.ts';
import { HEARTBEAT_MS } from './fake-feed-host.ts';
import { until } from './until.ts';

export const CONTROL_TIMEOUT_MS = 400;

export interface BusIntakeScene {
  readonly intake: BusIntake;
  readonly pump: Pump;
  /** What was told unasked, as texts; links as `up tcp://… detail`. */
  readonly news: string[];
  /** Ticks that clients would get, as `slot epoch/seq`. */
  readonly ticks: string[];
  untilUp(links: number): Promise<void>;
  /** Flags of a slot's last value, null when there is none. */
  lastFlags(slot: number): number | null;
}

export interface BusIntakeTimes {
  readonly connectAnewMs?: number;
  /**
   * A connection of which nothing was heard for three of them is given up by ZeroMQ, and what was on its way is lost. The
   * short default is for tests of just that: on a busy machine it happens by itself.
   */
  readonly heartbeatMs?: number;
}

/** @param news gets what is told unasked */
export function createBusIntake(
  feeds: readonly (readonly string[])[],
  news: string[],
  { connectAnewMs, heartbeatMs = HEARTBEAT_MS }: BusIntakeTimes = {},
): BusIntake {
  return new BusIntake({
    task: {
      kind: 'bus',
      feeds,
      receiveHighWaterMark: 1000,
      heartbeatMs,
      controlTimeoutMs: CONTROL_TIMEOUT_MS,
      curve: null,
    },
    offers: {
      page: { html: '', watch: [], demoKey: null, simulated: false, replayed: false },
      supportedBrokers: [],
      capabilities: [],
    },
    port: {
      postMessage: (message: FromReader) => {
        if (message.type === 'link') news.push(`${message.state} ${message.endpoint} ${message.detail}`);
      },
    },
    events: {
      onAccount: (owner, { hasSession, isConnected }) =>
        void news.push(`account ${owner} ${hasSession} ${isConnected}`),
      onKeyStandings: (standings) =>
        void news.push(...standings.map(({ keyId, status }) => `key ${keyId} ${status}`)),
      onFeedStatus: ({ status, reason, slots }) => void news.push(`${status} ${slots}: ${reason}`),
      onRequestRefused: ({ slots, message }) => void news.push(`refused ${slots}: ${message}`),
      onOrderUpdate: (owner, text) => void news.push(`order ${owner} ${text}`),
      onMoved: () => {},
      onBrokerChanged: (owner, broker) => void news.push(`${owner} is at ${broker}`),
      onSlotFreed: (slot) => void news.push(`freed ${slot}`),
    },
    fail: (error) => {
      throw error;
    },
    ...(connectAnewMs === undefined ? {} : { connectAnewMs }),
  });
}

export function startBusIntake(
  t: TestContext,
  feeds: readonly (readonly string[])[],
  times?: BusIntakeTimes,
): BusIntakeScene {
  const news: string[] = [];
  const ticks: string[] = [];
  const intake = createBusIntake(feeds, news, times);
  const onTick = (words: Int32Array) =>
    void ticks.push(`${words[WORD.SLOT]} ${readInt64(words, WORD.EPOCH)}/${readInt64(words, WORD.SEQ)}`);
  const pump = intake.createPump({
    drain: () => intake.source.drain(onTick, 512),
    onError: (error) => {
      throw error;
    },
  });
  t.after(async () => {
    await pump.stop();
    await intake.close();
  });
  pump.start();
  const into = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  return {
    intake,
    pump,
    news,
    ticks,
    untilUp: async (links) => {
      await until(`${links} links`, () => intake.counters().linksUp === links);
    },
    lastFlags: (slot) => (intake.source.readLast(slot, false, into) === 0 ? null : into[WORD.FLAGS]!),
  };
}
