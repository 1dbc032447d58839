/** An engine whose account has several small connections, and what clients and the exchange must see of their moves. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { DEMO_INSTRUMENTS } from '../../src/main/instruments/demo-instruments.ts';
import type { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import {
  type EngineFixture,
  type EngineFixtureOptions,
  FIXTURE_CREDENTIALS,
  startEngineFixture,
} from './engine-fixture.ts';
import { EVERY_TICK } from './every-tick.ts';
import { connectStream } from './stream-client.ts';
import type { Message, TestClient } from './test-client.ts';
import { until } from './until.ts';
import { untilUpstream } from './upstream-subscriptions.ts';

/** NSE stocks of the demo database, in its order. */
export const STOCKS: readonly { readonly symbol: string; readonly token: string }[] = DEMO_INSTRUMENTS.filter(
  ({ exchange }) => exchange === 'NSE',
);

export interface PoolScene extends EngineFixture {
  /** Pairs per connection as the exchange has them, ascending. */
  loads(): number[];
}

/** @param pairs that each of three connections may carry */
export async function startPoolScene(
  t: TestContext,
  pairs: number,
  options: EngineFixtureOptions = {},
): Promise<PoolScene> {
  const fixture = await startEngineFixture(t, {
    ...options,
    exchange: { ticksPerSecond: 3000, ...options.exchange },
    flags: [
      `--max-symbols-per-websocket=${pairs}`,
      '--feed-move-after=0.3',
      '--reconnect-max-ms=100',
      ...EVERY_TICK,
      ...(options.flags ?? []),
    ],
  });
  return { ...fixture, loads: () => loadsOf(fixture.exchange) };
}

function loadsOf(exchange: SimulatedExchange): number[] {
  return exchange.connections.map(({ subscriptions }) => subscriptions.length).sort((a, b) => a - b);
}

/** Subscribes the stocks from one to before another in mode 3. */
export async function subscribeStocks(client: TestClient, from: number, to: number): Promise<void> {
  for (const { symbol } of STOCKS.slice(from, to)) {
    const answer = await client.subscribe('NSE', symbol, 3);
    assert.equal(answer.status, 'success', JSON.stringify(answer));
  }
}

/** The exchange sends each of the stocks up to `to` on exactly one connection, in mode 3 alone. */
export async function untilEachOnce(exchange: SimulatedExchange, to: number, from = 0): Promise<void> {
  await untilUpstream(
    exchange,
    STOCKS.slice(from, to).map(({ token }) => `1:${token}:3`),
  );
}

export async function untilLoads(scene: PoolScene, expected: readonly number[]): Promise<void> {
  let found: number[] = [];
  try {
    await until('', () => {
      found = scene.loads();
      return found.join() === expected.join();
    });
  } catch (cause) {
    throw new Error(`the connections were to carry [${expected}], they carry [${found}]`, { cause });
  }
}

/** No instrument moves any more. */
export async function untilSettled({ engine }: EngineFixture): Promise<void> {
  await until('the end of the moves', () => engine.feedPools.every(({ isMoving }) => !isMoving));
}

/** The client has a tick of each of the stocks after those that it has. */
export async function untilTicks(client: TestClient, to: number, from = 0): Promise<void> {
  const start = client.received.length;
  await until('ticks of every stock', () => {
    const seen = new Set(client.received.slice(start).map(({ message }) => message.symbol));
    return STOCKS.slice(from, to).every(({ symbol }) => seen.has(symbol));
  });
}

/** Every tick of every stock came once and in order, and nothing was told of a gap. */
export function assertUnbroken(client: TestClient, to: number, from = 0): void {
  const gaps = client.received.filter(({ message }) => message.type === 'gap').map(({ message }) => message);
  assert.deepEqual(gaps, []);
  assertInOrder(client, to, from);
}

/** Sequence numbers of every stock rise by one in one epoch. */
export function assertInOrder(client: TestClient, to: number, from = 0): void {
  const ticks = Map.groupBy(client.ticks(), ({ symbol }) => symbol);
  for (const { symbol } of STOCKS.slice(from, to)) {
    const own = ticks.get(symbol) ?? [];
    assert.ok(own.length > 0, `no tick of ${symbol}`);
    assert.equal(new Set(own.map(({ epoch }) => epoch)).size, 1, `${symbol} has one epoch`);
    const first = Number(own[0]!.seq);
    const broken = own.findIndex(({ seq }, i) => seq !== first + i);
    assert.equal(broken, -1, `${symbol} goes from ${own[broken - 1]?.seq} to ${own[broken]?.seq}`);
  }
}

/** Ticks of every stock are in order, and whatever is missing was told before the next tick. */
export function assertTold(client: TestClient, to: number): void {
  const own = Map.groupBy(
    client.received.map(({ message }) => message),
    ({ symbol }) => symbol,
  );
  for (const { symbol } of STOCKS.slice(0, to)) {
    let last: Message | null = null;
    let isTold = true;
    for (const message of own.get(symbol) ?? []) {
      if (message.type === 'gap') isTold = true;
      if (message.type !== 'market_data') continue;
      const isNext = last?.epoch === message.epoch && Number(message.seq) === Number(last?.seq) + 1;
      assert.ok(isNext || isTold, `${symbol}: ${last?.epoch}/${last?.seq}, ${message.epoch}/${message.seq}`);
      isTold = false;
      last = message;
    }
  }
}

/** A client of the exchange itself, beside the engine: what it gets of the stocks is what there was. */
export async function tapExchange(
  { exchangeUrl, exchange }: EngineFixture,
  to: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { authToken, feedToken, apiKey, clientCode } = FIXTURE_CREDENTIALS;
  const stream = await connectStream(exchangeUrl, {
    authorization: authToken,
    'x-api-key': apiKey,
    'x-client-code': clientCode,
    'x-feed-token': feedToken,
  });
  const sent = new Map(STOCKS.slice(0, to).map(({ token }) => [token, [] as number[]]));
  stream.socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return;
    const token = data.subarray(2, 27).toString('latin1').replace(/\0.*$/, '');
    sent.get(token)?.push(Number(data.readBigInt64LE(27)));
  });
  stream.request(3, 1, [...sent.keys()]);
  await until('the tap', () => exchange.connections.some(({ subscriptions }) => subscriptions.length === to));
  return sent;
}

/** From its first to its last tick of each stock the client got all that the exchange sent, once and in order. */
export function assertNothingLost(
  client: TestClient,
  sent: ReadonlyMap<string, readonly number[]>,
  to: number,
): void {
  const ticks = Map.groupBy(client.ticks(), ({ symbol }) => symbol);
  for (const { symbol, token } of STOCKS.slice(0, to)) {
    const got = (ticks.get(symbol) ?? []).map(({ stamps }) => (stamps as ExchangeStamps).exchange_seq);
    const all = sent.get(token)!;
    const from = all.indexOf(got[0]!);
    assert.ok(from >= 0 && got.length > 0, `the first tick of ${symbol} was not sent`);
    assert.deepEqual(got, all.slice(from, from + got.length), `ticks of ${symbol}`);
  }
}

interface ExchangeStamps {
  readonly exchange_seq: number;
}
