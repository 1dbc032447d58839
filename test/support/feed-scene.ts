/** Clients of a running engine whose feed is about to be interrupted, and what they must see afterwards. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { knownDemoInstruments } from '../../src/main/simulator/demo-simulation.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { FeedCredentials, FeedState } from '../../src/workers/worker-messages.ts';
import { type EngineFixture, FIXTURE_CREDENTIALS } from './engine-fixture.ts';
import type { Message, TestClient } from './test-client.ts';
import { until } from './until.ts';

export const SYMBOLS = ['RELIANCE', 'INFY', 'TCS'] as const;

/** A JSON and a msgpack client with every symbol in modes 1 to 3 and sequence numbers, and ticks flowing to both. */
export async function subscribedClients(fixture: EngineFixture): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (const framing of ['json', 'msgpack'] as const) {
    const client = await fixture.client({ framing, features: ['sequence'] });
    for (const symbol of SYMBOLS) {
      for (const mode of [1, 2, 3]) await client.subscribe('NSE', symbol, mode);
    }
    clients.push(client);
  }
  await untilTicksFlow(clients, fixture.exchange);
  return clients;
}

/** Each client has a tick of every symbol in mode 3 after those that it had. */
export async function untilTicksFlow(
  clients: readonly TestClient[],
  exchange?: SimulatedExchange,
): Promise<void> {
  const from = clients.map((client) => client.received.length);
  await until('ticks of every symbol', () => {
    exchange?.step(SYMBOLS.length);
    return clients.every((client, i) =>
      SYMBOLS.every((symbol) =>
        client.received
          .slice(from[i])
          .some(
            ({ message }) =>
              message.type === 'market_data' && message.symbol === symbol && message.mode === 3,
          ),
      ),
    );
  });
}

export function gaps(client: TestClient): Message[] {
  return client.received.map(({ message }) => message).filter(({ type }) => type === 'gap');
}

/** Each symbol is subscribed upstream once, in mode 3, on one connection. */
export async function untilSubscribedOnce(exchange: SimulatedExchange): Promise<void> {
  await until('the subscriptions on one connection', () => {
    const [first, ...others] = exchange.connections;
    return others.length === 0 && first?.subscriptions.length === SYMBOLS.length;
  });
  const { subscriptions } = exchange.connections[0]!;
  assert.deepEqual(
    subscriptions.map(({ mode }) => mode),
    SYMBOLS.map(() => 3),
  );
}

export async function untilFeedIs(fixture: EngineFixture, state: FeedState): Promise<void> {
  await until(`a feed that is ${state}`, () => fixture.engine.feeds[0]?.state === state);
}

/** Another exchange in the place of one that was closed. */
export async function exchangeAgain(
  t: TestContext,
  { exchangeUrl }: EngineFixture,
  credentials: FeedCredentials = FIXTURE_CREDENTIALS,
): Promise<SimulatedExchange> {
  const exchange = new SimulatedExchange({
    ticksPerSecond: 0,
    instruments: knownDemoInstruments(),
    credentials,
  });
  await exchange.listen(Number(new URL(exchangeUrl).port));
  t.after(() => exchange.close());
  return exchange;
}

/** Ticks that both clients got are equal, and every tick is one that the exchange may have sent. */
export function assertWholeTicks([json, msgpack]: readonly TestClient[]): void {
  const keyOf = ({ symbol, mode, epoch, seq }: Message) => `${symbol}/${mode}/${epoch}/${seq}`;
  const byKey = new Map(json!.ticks().map((tick) => [keyOf(tick), tick]));
  let common = 0;
  for (const tick of msgpack!.ticks()) {
    const other = byKey.get(keyOf(tick));
    if (other === undefined) continue;
    common++;
    assert.deepEqual(other, tick);
  }
  assert.ok(common > 0, 'the clients have ticks in common');
  const previous = new Map<unknown, number>();
  for (const { symbol, mode, data } of json!.ticks()) {
    const ltp = Number(data!.ltp);
    const before = previous.get(symbol) ?? ltp;
    assert.ok(Math.abs(ltp - before) < before / 10, `${symbol} went from ${before} to ${ltp}`);
    previous.set(symbol, ltp);
    if (mode === 1) continue;
    assert.ok(Number(data!.low) <= ltp && ltp <= Number(data!.high), JSON.stringify(data));
  }
}
