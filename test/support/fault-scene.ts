/**
 * A running engine with two clients, one that asked for nothing and one that watches, whose upstream is about to be
 * hurt; and the one list of what must hold after every fault, whatever it was. Ticks come only when the test lets the
 * exchange trade, so each can be accounted for.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { STREAM_PATH } from '../../src/codec/angel/handshake-check.ts';
import type { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { SimulatedExchangeOptions } from '../../src/main/simulator/simulator-options.ts';
import type { FeedCredentials, FeedState } from '../../src/workers/worker-messages.ts';
import { alwaysOpen } from './calendar-file.ts';
import {
  type EngineFixture,
  type EngineFixtureOptions,
  FIXTURE_CREDENTIALS,
  startEngineFixture,
} from './engine-fixture.ts';
import {
  assertPlainSawNothing,
  assertSequence,
  assertStatuses,
  ticksOfMode,
  toldStatuses,
} from './fault-aftermath.ts';
import { NetworkGate } from './network-gate.ts';
import { type Handles, openHandles, untilHandlesAreBack } from './open-handles.ts';
import type { TestClient } from './test-client.ts';
import { until } from './until.ts';
import { untilUpstream } from './upstream-subscriptions.ts';

/** What both clients hold, with the broker's address of it. Two exchanges, so that one can fail without the other. */
export const INSTRUMENTS = [
  { exchange: 'NSE', symbol: 'RELIANCE', segment: 1, token: '2885' },
  { exchange: 'NSE', symbol: 'INFY', segment: 1, token: '1594' },
  { exchange: 'NSE', symbol: 'TCS', segment: 1, token: '11536' },
  { exchange: 'MCX', symbol: 'CRUDEOIL18DEC26FUT', segment: 5, token: '438921' },
] as const;

/** Tokens of a new login of the same user. */
export const NEW_LOGIN: FeedCredentials = {
  ...FIXTURE_CREDENTIALS,
  authToken: 'AUTH.NEW',
  feedToken: 'FEED.NEW',
};

/** An outage is short, but long enough to be told: what changes within 20 ms is not. */
const QUICK_FLAGS = [
  '--reconnect-initial-ms=500',
  '--reconnect-max-ms=500',
  '--reconnect-jitter=0',
  '--slot-wait-min=20ms',
  '--slot-wait-max=50ms',
  '--database-poll=100ms',
];

/** Sending, decoding and delivering a handful of ticks, on a machine that does other things too. */
const STEP_TIMEOUT_MS = 200;
const TRADE_TIMEOUT_MS = 10_000;
const FLOW_TURN_MS = 10;

export interface FaultSceneOptions extends Omit<EngineFixtureOptions, 'exchange'> {
  readonly exchange?: SimulatedExchangeOptions;
  /** The engine reaches the exchange through a network that the test can hold and break. */
  readonly throughGate?: boolean;
}

/** What a fault is to have left behind. */
export interface Aftermath {
  /** Outages that each instrument of both clients went through since the scene began. Default 0. */
  readonly outages?: number;
  /** Frames that the exchange sent and that cannot have arrived. Default 0. */
  readonly swallowed?: number;
  /** Connections of the engine. Default 1. */
  readonly connections?: number;
  /**
   * What the watcher was told of each instrument since the start, `?` behind a status that may have been too short.
   * Default: live, and with outages recovering and live again.
   */
  readonly statuses?: readonly string[];
  /** How many requests there may be since the start. Default: one behind each outage, for all instruments. */
  readonly requests?: readonly number[];
  /** The only instrument that the fault concerned. Default: all. */
  readonly only?: string;
}

export class FaultScene {
  readonly fixture: EngineFixture;
  /** Another one takes its place when it was closed. */
  exchange: SimulatedExchange;
  /** There with the option `throughGate`. */
  readonly gate: NetworkGate | null;
  /** Chose no feature: must notice nothing but missing ticks. */
  readonly plain: TestClient;
  /** Chose `sequence`, `stamps` and `status`. */
  readonly watcher: TestClient;
  /** Frames of exchanges that are closed. */
  #framesBefore = 0;
  #flow: NodeJS.Timeout | undefined;
  #requestsAtStart = 0;
  #handles: Handles = {};
  /** ms since 1970: whatever is told of a fault began later. */
  #startedAt = 0;

  private constructor(
    fixture: EngineFixture,
    gate: NetworkGate | null,
    plain: TestClient,
    watcher: TestClient,
  ) {
    this.fixture = fixture;
    this.gate = gate;
    this.exchange = fixture.exchange;
    this.plain = plain;
    this.watcher = watcher;
  }

  /** Starts the engine, subscribes both clients and lets every instrument tick. */
  static async start(t: Pick<TestContext, 'after'>, options: FaultSceneOptions = {}): Promise<FaultScene> {
    const flags = [alwaysOpen(t), ...QUICK_FLAGS, ...(options.flags ?? [])];
    const gate = options.throughGate ? await NetworkGate.listen(t) : null;
    const scheme = options.exchange?.tls === undefined ? 'ws' : 'wss';
    const upstream = gate && { upstreamUrl: `${scheme}://127.0.0.1:${gate.port}${STREAM_PATH}` };
    const fixture = await startEngineFixture(t, { ...options, ...upstream, flags });
    if (gate !== null) gate.target = Number(new URL(fixture.exchangeUrl).port);
    const watcher = await fixture.client({ features: ['sequence', 'stamps', 'status'] });
    for (const { exchange, symbol } of INSTRUMENTS) await watcher.subscribe(exchange, symbol, 3);
    // The image of an instrument, which comes once, is not for a client that comes later.
    await until('the images', () => watcher.ticks().length === INSTRUMENTS.length);
    const plain = await fixture.client();
    for (const { exchange, symbol } of INSTRUMENTS) {
      for (const mode of [1, 2, 3]) await plain.subscribe(exchange, symbol, mode);
    }
    const scene = new FaultScene(fixture, gate, plain, watcher);
    t.after(() => scene.flow(0));
    await scene.untilFeedIs('live');
    await scene.trade();
    await scene.untilTold('live');
    scene.#requestsAtStart = scene.exchange.counters.requests;
    scene.#handles = openHandles();
    scene.#startedAt = Date.now();
    return scene;
  }

  /**
   * Lets the exchange send ticks until every instrument has some, and waits until both clients have all of them, each once
   * however often it came in a row.
   *
   * @param swallowed frames that cannot have arrived, since the scene began
   */
  async trade(swallowed = 0): Promise<void> {
    this.flow(0);
    const from = this.watcher.received.length;
    const deadline = performance.now() + TRADE_TIMEOUT_MS;
    do {
      this.exchange.step(INSTRUMENTS.length);
      // An exchange that reorders holds a tick back until the next one of its instrument: then it takes another step.
      await until('', () => this.#missing(swallowed) === 0, STEP_TIMEOUT_MS).catch(() => {});
      const fresh = this.watcher.received.slice(from);
      const isComplete = INSTRUMENTS.every(({ symbol }) =>
        fresh.some(({ message }) => message.type === 'market_data' && message.symbol === symbol),
      );
      if (isComplete && this.#missing(swallowed) === 0) return;
    } while (performance.now() < deadline);
    assert.fail(`${this.#missing(swallowed)} of ${this.watcher.ticks().length} ticks are missing`);
  }

  /** How many ticks have not come to both clients; negative if there are too many. */
  #missing(swallowed: number): number {
    const { framesSent, duplicatesSent } = this.exchange.counters;
    // An image that only repeats the latest tick, as the answer to a question of the watchdog, is no tick.
    const repeats = Math.max(0, this.feedCounter('repeated') - duplicatesSent);
    const sent = this.#framesBefore + framesSent - repeats - swallowed;
    const atWatcher = sent - this.watcher.ticks().length;
    return atWatcher === 0 ? sent - ticksOfMode(this.plain, 3) - INSTRUMENTS.length : atWatcher;
  }

  /** Lets the exchange send so many ticks per second, until the next call or `trade`. */
  flow(ticksPerSecond: number): void {
    clearInterval(this.#flow);
    if (ticksPerSecond === 0) return;
    const perTurn = (ticksPerSecond * FLOW_TURN_MS) / 1000;
    this.#flow = setInterval(() => this.exchange.step(perTurn), FLOW_TURN_MS);
  }

  async untilFeedIs(state: FeedState): Promise<void> {
    await until(`feeds that are ${state}`, () => {
      const { feeds } = this.fixture.engine;
      return feeds.length > 0 && feeds.every((feed) => feed.state === state);
    });
  }

  /** Sum over the connections; workers tell their counters once a second. */
  feedCounter(name: string): number {
    return this.fixture.engine.feeds.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
  }

  /** Waits until a status is the latest that the watcher was told of each instrument. */
  async untilTold(status: string): Promise<void> {
    const latest = () => INSTRUMENTS.map(({ symbol }) => toldStatuses(this.watcher, symbol).at(-1)?.status);
    await until(`the status ${status}`, () => latest().every((each) => each === status));
  }

  /** Writes the session of a new login into the database, as OpenAlgo does it. */
  logIn({ authToken, feedToken }: FeedCredentials): void {
    this.fixture.writeDatabase((db, encrypt) => {
      const update = db.prepare('UPDATE auth SET auth = ?, feed_token = ?, is_revoked = 0');
      update.run(encrypt(authToken), encrypt(feedToken));
    });
  }

  /** Ends the session, as OpenAlgo does it at 03:00 and at a logout. */
  revokeSession(): void {
    this.fixture.writeDatabase((db) => db.exec('UPDATE auth SET is_revoked = 1'));
  }

  /** Another exchange has taken the place of the one that was closed. */
  replaceExchange(exchange: SimulatedExchange): void {
    this.#framesBefore += this.exchange.counters.framesSent;
    this.#requestsAtStart = 0;
    this.exchange = exchange;
  }

  /** The list. */
  async assertRecovered(aftermath: Aftermath = {}): Promise<void> {
    const { outages = 0, swallowed = 0, connections = 1 } = aftermath;
    const statuses = aftermath.statuses ?? (outages === 0 ? ['live'] : ['live', 'recovering', 'live']);
    await this.untilFeedIs('live');
    await this.#assertCarriedOnce(connections);
    const requests = this.exchange.counters.requests - this.#requestsAtStart;
    const allowed = aftermath.requests ?? [outages];
    assert.ok(allowed.includes(requests), `${requests} requests, where ${allowed} were to be`);
    await this.trade(swallowed);
    await this.untilTold('live');
    for (const { symbol } of INSTRUMENTS) {
      const isConcerned = symbol === (aftermath.only ?? symbol);
      assertSequence(this.watcher, symbol, isConcerned ? outages : 0);
      const expected = ['connecting?', ...(isConcerned ? statuses : ['live'])];
      assertStatuses(this.watcher, symbol, expected, this.#startedAt);
    }
    await assertPlainSawNothing(this.plain);
    for (const client of [this.plain, this.watcher]) assert.equal(client.closed, null);
    assert.deepEqual(this.fixture.fatal, []);
    assert.deepEqual(
      this.fixture.engine.feeds.map(({ restarts }) => restarts),
      Array.from({ length: connections }, () => 0),
      'no worker failed',
    );
    await untilHandlesAreBack(this.#handles);
  }

  /** Each wished (token, mode) is on exactly one connection, and no other mode is on any. */
  async #assertCarriedOnce(connections: number): Promise<void> {
    await untilUpstream(
      this.exchange,
      INSTRUMENTS.map(({ segment, token }) => `${segment}:${token}:3`),
    );
    await until('the connections', () => this.exchange.connections.length === connections);
    assert.equal(this.fixture.engine.feeds.length, connections);
  }
}
