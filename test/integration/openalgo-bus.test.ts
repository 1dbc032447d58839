/** OpenAlgo's own bus: its processes connect and publish as they always did, and the right clients get what is theirs. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ToOpenAlgoBus } from '../../src/workers/worker-messages.ts';
import {
  type EngineFixture,
  type EngineFixtureOptions,
  startEngineFixture,
} from '../support/engine-fixture.ts';
import { OpenAlgoPublisher } from '../support/openalgo-publisher.ts';
import type { Message, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const FLAGS = ['--openalgo-bus=on', '--zmq-port=0'];
const ALICE_KEY = 'the key of al_ice';
/** Long enough for a busy machine; the deployed proxy sleeps 1 s after what it does not understand. */
const NO_PAUSE_MS = 700;

interface BusFixture extends EngineFixture {
  readonly publisher: OpenAlgoPublisher;
}

/** With a second user, who is logged in at no broker. */
async function startBusFixture(t: TestContext, options: EngineFixtureOptions = {}): Promise<BusFixture> {
  const fixture = await startEngineFixture(t, {
    ...options,
    flags: [...FLAGS, ...(options.flags ?? [])],
    prepare: (db, encrypt) => {
      db.prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)').run(
        'al_ice',
        'unused',
        encrypt(ALICE_KEY),
      );
      options.prepare?.(db, encrypt);
    },
  });
  const publisher = await OpenAlgoPublisher.connect(t, fixture.started.openalgoBusEndpoint!);
  return { ...fixture, publisher };
}

/** Python's spelling, which is what OpenAlgo sends and clients get. */
function orderText(userId: string, orderId: string): string {
  return (
    `{"type": "order_update", "user_id": "${userId}", "mode": "live", "broker": "angel", "orderid": "${orderId}", ` +
    '"symbol": "RELIANCE", "exchange": "NSE", "action": "BUY", "quantity": 10, "price": 2500.50, "trigger_price": 0.0, ' +
    '"rejection_reason": "\\u20b9"}'
  );
}

function orders(client: TestClient): Message[] {
  return client.received.map(({ message }) => message).filter(({ type }) => type === 'order_update');
}

function failWorker({ engine }: EngineFixture): void {
  engine.openalgoBus!.worker.post({ type: 'nonsense' } as never as ToOpenAlgoBus);
}

test('order updates reach every subscribed client of their user verbatim, and nobody else', async (t) => {
  const { client, publisher } = await startBusFixture(t);
  const [first, second, other] = [await client(), await client({ framing: 'msgpack' }), await client()];
  const alice = await client({ authenticate: false });
  const auth = await alice.ask({ action: 'authenticate', api_key: ALICE_KEY });
  assert.equal(auth.message.code, 'BROKER_ERROR', 'orders need no broker session');
  for (const each of [first, second, alice]) await each.ask({ action: 'subscribe_orders' });
  publisher.send('ANGEL_demo_orders', orderText('demo', '1'));
  publisher.send('ANALYZE_demo_orders', orderText('demo', '2'));
  publisher.send('ZERODHA_demo_orders', orderText('al_ice', '3'));
  publisher.send('ANGEL_nobody_orders', orderText('nobody', '4'));
  publisher.send('ANGEL_demo_orders', orderText('demo', '5'));
  await until('the last order', () => [first, second].every((each) => orders(each).length === 3));
  await until("the other user's order", () => orders(alice).length === 1);
  const texts = first.received
    .filter(({ message }) => message.type === 'order_update')
    .map(({ text }) => text);
  assert.deepEqual(
    texts,
    ['1', '2', '5'].map((id) => orderText('demo', id)),
  );
  assert.ok(second.received.at(-1)!.isBinary);
  assert.deepEqual(orders(second), orders(first));
  assert.deepEqual(
    orders(alice).map(({ orderid }) => orderid),
    ['3'],
  );
  assert.deepEqual(orders(other), []);
});

test('order subscriptions are confirmed each time, need a key, outlive unsubscribe_all, and end when asked', async (t) => {
  const { client, publisher } = await startBusFixture(t);
  const stranger = await client({ authenticate: false });
  for (const action of ['subscribe_orders', 'unsubscribe_orders']) {
    const { message } = await stranger.ask({ action });
    assert.deepEqual(message, {
      status: 'error',
      code: 'NOT_AUTHENTICATED',
      message: 'You must authenticate first',
    });
  }
  const one = await client();
  for (let i = 0; i < 2; i++) {
    assert.equal(
      (await one.ask({ action: 'subscribe_orders', request_id: 'o1' })).text,
      '{"type": "subscribe_orders", "status": "success", "message": "Subscribed to order updates", "request_id": "o1"}',
    );
  }
  await one.ask({ action: 'unsubscribe_all' });
  publisher.send('ANGEL_demo_orders', orderText('demo', '1'));
  await until('the order', () => orders(one).length === 1);
  for (let i = 0; i < 2; i++) {
    assert.equal(
      (await one.ask({ action: 'unsubscribe_orders' })).text,
      '{"type": "unsubscribe_orders", "status": "success", "message": "Unsubscribed from order updates"}',
    );
  }
  const witness = await client();
  await witness.ask({ action: 'subscribe_orders' });
  publisher.send('ANGEL_demo_orders', orderText('demo', '2'));
  await until('the order', () => orders(witness).length === 1);
  await one.ask({ action: 'ping' });
  assert.equal(orders(one).length, 1);
});

test('an invalidation makes new tokens take effect at once, whoever it names and however it is garbled', async (t) => {
  const { exchange, client, publisher, writeDatabase } = await startBusFixture(t, {
    flags: ['--database-poll=3600'],
    exchange: { checkCredentials: false },
  });
  const one = await client();
  await one.subscribe('NSE', 'RELIANCE');
  const invalidations: readonly (readonly [string, string])[] = [
    ['CACHE_INVALIDATE_ALL_demo', '{"action": "invalidate", "user_id": "demo", "cache_type": "ALL"}'],
    ['CACHE_INVALIDATE_AUTH_demo', 'nonsense'],
  ];
  for (const [i, [topic, payload]] of invalidations.entries()) {
    await until('a connection', () => exchange.counters.connectionsAccepted === i + 1);
    await until('a subscription', () => exchange.connections.at(-1)?.subscriptions.length === 1);
    writeDatabase((db, encrypt) => {
      db.prepare('UPDATE auth SET auth = ? WHERE name = ?').run(encrypt(`TOKEN.${i}`), 'demo');
    });
    publisher.send(topic, payload);
    await until('a connection with the new token', () => exchange.counters.connectionsAccepted === i + 2);
  }
  await until('the subscription on it', () => exchange.connections.at(-1)?.subscriptions.length === 1);
  const { length } = one.ticks();
  await until('ticks', () => exchange.step() ?? one.ticks().length > length + 3);
});

test('C-20 what nobody understands is counted and ignored, without a pause for what comes after it', async (t) => {
  const { engine, client, publisher, fatal } = await startBusFixture(t);
  const one = await client();
  await one.ask({ action: 'subscribe_orders' });
  const from = performance.now();
  publisher.send('ANGEL_demo_positions', orderText('demo', 'p'));
  publisher.send('ANGEL_demo_margins', 'nonsense');
  publisher.sendFrames('ANGEL_demo_orders', orderText('demo', '0'), 'a third frame');
  publisher.sendFrames('ANGEL_demo_orders');
  publisher.send('ANGEL_demo_orders', '{"user_id": "demo"');
  publisher.send('ANGEL_demo_orders', '{"orderid": "without a user"}');
  publisher.send('NSE_RELIANCE_LTP', 'nonsense');
  publisher.send('hello', '{}');
  publisher.sendFrames(Uint8Array.of(0xff, 0xfe), '{}');
  publisher.send('ANGEL_demo_orders', orderText('demo', '1'));
  await until('the order', () => orders(one).length > 0);
  assert.ok(performance.now() - from < NO_PAUSE_MS, `after ${performance.now() - from} ms`);
  assert.deepEqual(
    orders(one).map(({ orderid }) => orderid),
    ['1'],
  );
  await until('the counters', () => engine.openalgoBus!.worker.counters.orders === 1);
  const { messages, ignored, garbage, unwanted, ticks } = engine.openalgoBus!.worker.counters;
  assert.deepEqual([messages, ignored, garbage, unwanted, ticks], [10, 2, 7, 0, 0]);
  assert.equal(engine.openalgoBus!.worker.restarts, 0);
  assert.deepEqual(fatal, []);
});

const LEVELS = [1, 2, 3, 4, 5];
const QUOTE = {
  ltp: 2500.5,
  ltt: 1787371200000,
  volume: 1_000_000,
  open: 2490,
  high: 2510.75,
  low: 2485.25,
  close: 2499,
  average_price: 2498.35,
  total_buy_quantity: 5000,
  total_sell_quantity: 6000,
};
const DEPTH = {
  ...QUOTE,
  last_quantity: 10,
  oi: 4321,
  upper_circuit: 2750,
  lower_circuit: 2250,
  depth: {
    buy: LEVELS.map((n) => ({ price: 2500.5 - n / 20, quantity: 99 + n, orders: n })),
    sell: LEVELS.map((n) => ({ price: 2500.5 + n / 20, quantity: 199 + n, orders: n })),
  },
};

/** By the times that the publisher gave them. */
function foreignTicks(client: TestClient): Message[] {
  return client.ticks().filter(({ data }) => data?.ltt === QUOTE.ltt);
}

/** The members of a tick's data that `expected` names. */
function pick(tick: Message | undefined, expected: object): object {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, tick?.data?.[key]]));
}

test('ticks of a foreign publisher are served like our own, number by number, in every mode and framing', async (t) => {
  const { client, exchange, publisher } = await startBusFixture(t);
  for (const framing of ['json', 'msgpack'] as const) {
    const clients = await Promise.all([1, 2, 3].map(() => client({ framing })));
    for (const [i, each] of clients.entries()) await each.subscribe('NSE', 'RELIANCE', i + 1);
    const [ltp, quote, depth] = clients as [TestClient, TestClient, TestClient];
    publisher.send('NSE_RELIANCE_DEPTH', { ...DEPTH, symbol: 'RELIANCE', exchange: 'NSE', mode: 3 });
    await until('the depth tick', () => clients.every((each) => foreignTicks(each).length === 1));
    assert.deepEqual(pick(foreignTicks(depth)[0], DEPTH), DEPTH);
    assert.deepEqual(pick(foreignTicks(quote)[0], QUOTE), QUOTE);
    assert.deepEqual(pick(foreignTicks(ltp)[0], { ltp: 1, ltt: 1 }), { ltp: QUOTE.ltp, ltt: QUOTE.ltt });
    publisher.send('NSE_RELIANCE_QUOTE', { ...QUOTE, ltp: 2501.05, last_trade_quantity: 7 });
    publisher.send('NSE_RELIANCE_LTP', { ltp: 2501.1, ltt: QUOTE.ltt });
    await until('the LTP tick', () => foreignTicks(ltp).length === 3 && foreignTicks(quote).length === 2);
    assert.deepEqual(pick(foreignTicks(quote)[1], { ltp: 1, ltq: 1, volume: 1 }), {
      ltp: 2501.05,
      ltq: 7,
      volume: 1_000_000,
    });
    assert.deepEqual(
      foreignTicks(ltp).map(({ data }) => data?.ltp),
      [2500.5, 2501.05, 2501.1],
    );
    for (const [i, each] of clients.entries()) {
      const { type, symbol, exchange: name, mode, broker } = foreignTicks(each)[0]!;
      assert.deepEqual(
        [type, symbol, name, mode, broker],
        ['market_data', 'RELIANCE', 'NSE', i + 1, 'angel'],
      );
      assert.equal(each.received.at(-1)!.isBinary, framing === 'msgpack');
    }
    assert.equal(foreignTicks(depth).length, 1);
    for (const each of clients) each.terminate();
    await until('the end upstream', () => exchange.connections[0]?.subscriptions.length === 0);
  }
});

test("a foreign publisher's ticks and the broker's flow side by side, each with its own sequence", async (t) => {
  const { client, exchange, publisher } = await startBusFixture(t);
  const one = await client({ features: ['sequence'] });
  await one.subscribe('NSE', 'RELIANCE', 1);
  await until('the subscription', () => exchange.connections[0]?.subscriptions.length === 1);
  for (let i = 1; i <= 20; i++) {
    publisher.send('NSE_RELIANCE_LTP', { ltp: 1 + i / 100, ltt: 1787371200000 + i });
    exchange.step();
  }
  const foreign = () => one.ticks().filter(({ data }) => Number(data!.ltp) < 2);
  const own = () => one.ticks().filter(({ data }) => Number(data!.ltp) > 2);
  await until('all ticks', () => foreign().length === 20 && own().length >= 20);
  for (const ticks of [foreign(), own()]) {
    assert.equal(new Set(ticks.map(({ epoch }) => epoch)).size, 1);
    const first = Number(ticks[0]!.seq);
    assert.deepEqual(
      ticks.map(({ seq }) => seq),
      ticks.map((_, i) => first + i),
    );
  }
  assert.ok(one.received.every(({ message }) => message.type !== 'gap'));
});

test('foreign ticks that are wanted again go on with their sequence numbers, so that none is taken for an old one', async (t) => {
  const { client, engine, publisher } = await startBusFixture(t);
  const one = await client({ features: ['sequence'] });
  const foreign = () => one.ticks().filter(({ data }) => Number(data!.ltp) < 2);
  await one.subscribe('NSE', 'RELIANCE', 1);
  for (let i = 1; i <= 3; i++) publisher.send('NSE_RELIANCE_LTP', { ltp: 1 + i / 100 });
  await until('the first ticks', () => foreign().length === 3);
  await one.ask({ action: 'unsubscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 1 });
  await until('the end of the interest', () => {
    publisher.send('NSE_RELIANCE_LTP', { ltp: 8 });
    return Number(engine.openalgoBus!.worker.counters.unwanted) > 0;
  });
  const before = foreign().at(-1)!;
  const ended = foreign().length;
  await one.subscribe('NSE', 'RELIANCE', 1);
  publisher.send('NSE_RELIANCE_LTP', { ltp: 1.5 });
  await until('the next tick', () => foreign().length > ended);
  const after = foreign().at(-1)!;
  assert.equal(after.epoch, before.epoch);
  assert.ok(Number(after.seq) > Number(before.seq), `${after.seq} after ${before.seq}`);
});

test('a symbol that the instrument list does not know stays unknown, and its ticks reach nobody', async (t) => {
  const { client, engine, publisher } = await startBusFixture(t);
  const one = await client();
  const answer = await one.subscribe('NSE', 'NOBODY', 1);
  assert.match(JSON.stringify(answer), /Symbol NOBODY not found/);
  publisher.send('NSE_NOBODY_LTP', { ltp: 1 });
  publisher.send('angel_NSE_RELIANCE_LTP', { ltp: 1 });
  await until('the count', () => engine.openalgoBus!.worker.counters.unwanted === 2);
  assert.equal(one.ticks().length, 0);
});

test('after an unsubscribe foreign ticks stop too, and unsubscribe_all names each subscription once', async (t) => {
  const { client, engine, publisher } = await startBusFixture(t);
  const [one, other] = [await client(), await client()];
  for (const each of [one, other]) await each.subscribe('NSE', 'RELIANCE', 1);
  await one.subscribe('NSE', 'INFY', 2);
  await one.ask({ action: 'unsubscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 1 });
  publisher.send('NSE_RELIANCE_LTP', { ltp: 7 });
  await until('the tick of the other', () => other.ticks().some(({ data }) => data!.ltp === 7));
  assert.ok(one.ticks().every(({ data }) => data!.ltp !== 7));
  await one.subscribe('NSE', 'RELIANCE', 3);
  const { message } = await one.ask({ action: 'unsubscribe_all' });
  assert.deepEqual(
    (message.successful as { symbol: string }[]).map(({ symbol }) => symbol),
    ['INFY', 'RELIANCE'],
  );
  other.terminate();
  await until('the end of the interest', () => {
    publisher.send('NSE_RELIANCE_LTP', { ltp: 8 });
    return Number(engine.openalgoBus!.worker.counters.unwanted) > 0;
  });
});

test('the last foreign tick is a snapshot while its publisher is there, and nothing once it is gone', async (t) => {
  const { client, started, publisher } = await startBusFixture(t);
  const holder = await client();
  await holder.subscribe('NSE', 'RELIANCE', 1);
  const second = await OpenAlgoPublisher.connect(t, started.openalgoBusEndpoint!);
  second.send('NSE_RELIANCE_LTP', { ltp: 7, ltt: 1787371200000 });
  const isForeign = ({ data }: Message) => data!.ltp === 7;
  await until('the tick', () => holder.ticks().some(isForeign));
  const joining = await client({ features: ['snapshot'] });
  await joining.subscribe('NSE', 'RELIANCE', 1);
  await until('the snapshot', () =>
    joining.ticks().some((tick) => isForeign(tick) && tick.snapshot === true),
  );
  second.close();
  await until('a join without it', async () => {
    const late = await client({ features: ['snapshot'] });
    await late.subscribe('NSE', 'RELIANCE', 1);
    await late.ask({ action: 'ping' });
    const found = late.ticks().some(isForeign);
    late.terminate();
    return !found;
  });
  publisher.send('NSE_RELIANCE_LTP', { ltp: 8 });
  await until('the tick of the other publisher', () => holder.ticks().some(({ data }) => data!.ltp === 8));
});

test('a worker that fails comes back at its address, and relays orders and ticks as before', async (t) => {
  const fixture = await startBusFixture(t);
  const { client, engine, publisher, fatal } = fixture;
  const one = await client();
  await one.ask({ action: 'subscribe_orders' });
  await one.subscribe('NSE', 'RELIANCE', 1);
  for (let round = 1; round <= 3; round++) {
    failWorker(fixture);
    await publisher.untilSubscribed();
    assert.equal(engine.openalgoBus!.worker.restarts, round);
    publisher.send('ANGEL_demo_orders', orderText('demo', String(round)));
    publisher.send('NSE_RELIANCE_LTP', { ltp: round });
    await until('the order', () => orders(one).length === round);
    await until('the tick', () => one.ticks().some(({ data }) => data!.ltp === round));
  }
  assert.equal(one.closed, null);
  assert.deepEqual(fatal, []);
});
