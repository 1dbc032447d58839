/** One engine, a user at Angel One and a user at Zerodha, each with an exchange of its own. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Logger, pino } from 'pino';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { SimulatedExchangeOptions } from '../../src/main/simulator/simulator-options.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { EVERY_TICK } from '../support/every-tick.ts';
import { addKiteAccount, KITE_CLIENT_KEY, KITE_CREDENTIALS, KITE_EXCHANGE } from '../support/kite-account.ts';
import type { Message, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

interface Scene extends EngineFixture {
  readonly kite: SimulatedExchange;
  readonly kiteUrl: string;
}

interface SceneOptions {
  readonly flags?: readonly string[];
  /** Of Kite's exchange. */
  readonly exchange?: SimulatedExchangeOptions;
  readonly log?: Logger;
}

async function start(t: TestContext, { flags = [], exchange, log }: SceneOptions = {}): Promise<Scene> {
  const kite = new SimulatedExchange({ ...KITE_EXCHANGE, ...exchange });
  const { url } = await kite.listen();
  t.after(() => kite.close());
  const fixture = await startEngineFixture(t, {
    flags: [`--zerodha-ws-url=${url}`, ...flags],
    prepare: addKiteAccount,
    ...(log === undefined ? {} : { log }),
  });
  return { ...fixture, kite, kiteUrl: url };
}

/** Token of RELIANCE and of the NIFTY index, as segment, token and mode, at each broker. */
const RELIANCE = { angel: '1:2885', kite: '1:738561' };
const NIFTY = { angel: '1:99926000', kite: '9:256265' };

async function latest(client: TestClient, symbol: string, mode: number, exchange: SimulatedExchange) {
  const from = client.received.length;
  return until(`a tick of ${symbol} in mode ${mode}`, () => {
    exchange.step(5);
    return client.received
      .slice(from)
      .map(({ message }) => message)
      .findLast((message) => message.symbol === symbol && message.mode === mode);
  });
}

function data(message: Message): Record<string, unknown> {
  assert.ok(message.data);
  return message.data;
}

test('a client of each account gets the ticks of its own broker, of the same instrument, from one engine', async (t) => {
  const scene = await start(t);
  const { exchange, kite } = scene;
  const atAngel = await scene.client();
  const atKite = await scene.client({ key: KITE_CLIENT_KEY, framing: 'msgpack' });
  for (const client of [atAngel, atKite]) {
    for (const mode of [1, 2, 3]) {
      assert.equal((await client.subscribe('NSE', 'RELIANCE', mode)).status, 'success');
    }
    assert.equal((await client.subscribe('NSE_INDEX', 'NIFTY', 3)).status, 'success');
  }
  await untilUpstream(exchange, [`${RELIANCE.angel}:3`, `${NIFTY.angel}:3`]);
  await untilUpstream(kite, [`${RELIANCE.kite}:3`, `${NIFTY.kite}:3`]);

  const angelTick = await latest(atAngel, 'RELIANCE', 3, exchange);
  const kiteTick = await latest(atKite, 'RELIANCE', 3, kite);
  assert.deepEqual([angelTick.broker, kiteTick.broker], ['angel', 'zerodha']);
  assert.deepEqual(Object.keys(data(kiteTick)), Object.keys(data(angelTick)), 'the same message for both');
  assert.equal(typeof data(angelTick).upper_circuit, 'number');
  assert.equal(data(kiteTick).upper_circuit, null);
  const { low, high, ltp, oi, depth } = data(kiteTick) as Record<string, number> & {
    depth: { buy: unknown[] };
  };
  assert.ok(low! <= ltp! && ltp! <= high! && Math.abs(ltp! - 1418.6) < 150, `${low} ${ltp} ${high}`);
  assert.equal(typeof oi, 'number');
  assert.equal(depth.buy.length, 5);
  assert.equal(typeof data(await latest(atKite, 'RELIANCE', 1, kite)).ltp, 'number');
  const index = data(await latest(atKite, 'NIFTY', 3, kite));
  assert.deepEqual([index.volume, index.oi, index.depth], [null, null, { buy: [], sell: [] }]);
  assert.ok([...atAngel.ticks()].every(({ broker }) => broker === 'angel'));
  assert.ok([...atKite.ticks()].every(({ broker }) => broker === 'zerodha'));
});

test('at Kite a token has one mode: it follows the highest wish up and down without another subscription', async (t) => {
  const scene = await start(t);
  const { kite } = scene;
  const client = await scene.client({ key: KITE_CLIENT_KEY });
  const other = await scene.client({ key: KITE_CLIENT_KEY });
  await client.subscribe('NSE', 'RELIANCE', 1);
  await untilUpstream(kite, [`${RELIANCE.kite}:1`]);
  await other.subscribe('NSE', 'RELIANCE', 3);
  await untilUpstream(kite, [`${RELIANCE.kite}:3`]);
  await latest(client, 'RELIANCE', 1, kite);
  await latest(other, 'RELIANCE', 3, kite);
  await other.ask({ action: 'unsubscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 3 });
  await untilUpstream(kite, [`${RELIANCE.kite}:1`]);
  await latest(client, 'RELIANCE', 1, kite);
  await client.ask({ action: 'unsubscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 1 });
  await untilUpstream(kite, []);
  assert.equal(kite.counters.requestErrors, 0);
});

test('after an outage of Kite everything is subscribed again once, and the other broker does not notice', async (t) => {
  const scene = await start(t);
  const { exchange, kite } = scene;
  const atAngel = await scene.client();
  const atKite = await scene.client({ key: KITE_CLIENT_KEY, features: ['sequence'] });
  for (const client of [atAngel, atKite]) {
    for (const symbol of ['RELIANCE', 'INFY', 'TCS']) await client.subscribe('NSE', symbol, 3);
  }
  await latest(atKite, 'INFY', 3, kite);
  await latest(atAngel, 'INFY', 3, exchange);
  const before = exchange.counters.connectionsAccepted;
  kite.dropAll();
  await untilUpstream(kite, [`${RELIANCE.kite}:3`, '1:408065:3', '1:2953217:3']);
  await latest(atKite, 'INFY', 3, kite);
  await latest(atAngel, 'INFY', 3, exchange);
  assert.equal(exchange.counters.connectionsAccepted, before);
  assert.equal(kite.connections.length, 1);
});

test('a half-open socket of Kite is noticed by its missing heartbeat and replaced', async (t) => {
  const flags = ['--feed-dead-after=1', '--feed-ping-interval=0.3'];
  const scene = await start(t, { flags, exchange: { heartbeatIntervalMs: 200 } });
  const { kite } = scene;
  const client = await scene.client({ key: KITE_CLIENT_KEY });
  await client.subscribe('NSE', 'RELIANCE', 3);
  await latest(client, 'RELIANCE', 3, kite);
  const heartbeats = kite.counters.heartbeatsSent;
  await until('heartbeats for longer than it takes to be dead', () => {
    return kite.counters.heartbeatsSent > heartbeats + 10;
  });
  assert.equal(kite.counters.connectionsAccepted, 1);
  kite.connections[0]?.hang();
  await until('another connection', () => kite.counters.connectionsAccepted === 2, 10_000);
  await latest(client, 'RELIANCE', 3, kite);
});

test('garbage, texts and orders of Kite disturb nothing and end up in counters, not in front of clients', async (t) => {
  const scene = await start(t);
  const { kite } = scene;
  const client = await scene.client({ key: KITE_CLIENT_KEY });
  await client.subscribe('NSE', 'RELIANCE', 3);
  await latest(client, 'RELIANCE', 3, kite);
  for (const text of [
    '{"type":"order","data":{"user_id":"AB1234"}}',
    '{"type":"message","data":"hello"}',
    'odd',
  ]) {
    kite.sendRaw(text);
  }
  kite.sendRaw(Uint8Array.of(0, 9, 0, 200));
  kite.sendRaw(Uint8Array.of(0));
  kite.sendRaw(new Uint8Array(0));
  await latest(client, 'RELIANCE', 3, kite);
  await until('the counters', () => {
    const { counters = {} } = scene.engine.feeds.find((candidate) => 'orders' in candidate.counters) ?? {};
    return (
      counters.orders === 1 &&
      counters.notices === 1 &&
      counters.unknownText === 1 &&
      counters.truncated === 2
    );
  });
  assert.ok(
    client.received.every(({ message }) =>
      ['market_data', 'subscribe', 'auth'].includes(String(message.type)),
    ),
  );
});

test('wrong tokens are refused by Kite and not tried again until there are others, and no log shows any', async (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const scene = await start(t, { log });
  const { kite } = scene;
  kite.acceptCredentials({ ...KITE_CREDENTIALS, authToken: 'of tomorrow' });
  const client = await scene.client({ key: KITE_CLIENT_KEY });
  await client.subscribe('NSE', 'RELIANCE', 3);
  kite.dropAll();
  await until('a refused feed', () => scene.engine.feeds.some(({ state }) => state === 'refused'));
  const refused = kite.counters.connectionsRefused;
  assert.ok(refused <= 2, `${refused} attempts`);
  scene.writeDatabase((db, encrypt) => {
    db.prepare("UPDATE auth SET auth = ? WHERE broker = 'zerodha'").run(
      encrypt(`${KITE_CREDENTIALS.apiKey}:of tomorrow`),
    );
  });
  scene.engine.checkAccounts();
  await latest(client, 'RELIANCE', 3, kite);
  assert.equal(kite.counters.connectionsRefused, refused);
  assert.ok(
    lines.some((line) => line.includes('HTTP 403')),
    'the refusal is logged',
  );
  for (const secret of [KITE_CREDENTIALS.apiKey, KITE_CREDENTIALS.authToken, 'of tomorrow', 'access_token']) {
    for (const form of [secret, encodeURIComponent(secret)]) {
      assert.ok(!lines.some((line) => line.includes(form)), form);
    }
  }
});

test('with simulated brokers no real one is called, whatever sessions there are: each has an exchange', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: ['--broker=simulated', '--simulate-profile=storm'],
    prepare: addKiteAccount,
  });
  const atAngel = await fixture.client();
  const atKite = await fixture.client({ key: KITE_CLIENT_KEY });
  for (const client of [atAngel, atKite]) await client.subscribe('NSE', 'RELIANCE', 3);
  for (const client of [atAngel, atKite]) await until('ticks', () => client.ticks().length > 2);
  assert.deepEqual([atAngel.ticks()[0]?.broker, atKite.ticks()[0]?.broker], ['angel', 'zerodha']);
});

test('instruments of Kite move between connections: no tick comes twice, in no mode, and no gap is told', async (t) => {
  const scene = await start(t, {
    flags: ['--max-symbols-per-websocket=6', '--feed-move-after=0.3', ...EVERY_TICK],
    exchange: { ticksPerSecond: 1000 },
  });
  const { kite } = scene;
  const client = await scene.client({ key: KITE_CLIENT_KEY, features: ['sequence'] });
  const symbols = ['RELIANCE', 'INFY', 'TCS', 'ITC', 'SBIN', 'LT'];
  for (const symbol of symbols) assert.equal((await client.subscribe('NSE', symbol, 2)).status, 'success');
  assert.equal((await client.subscribe('NSE', 'WIPRO', 2)).status, 'success');
  await until('two connections', () => kite.connections.length === 2);
  const pool = scene.engine.feedPools.find(({ feeds }) => feeds.length === 2);
  assert.ok(pool);
  for (let round = 0; round < 6; round++) {
    const before = pool.moved;
    const moving = pool.moveAway(
      pool.feeds[round % 2]!.feed,
      Array.from({ length: 64 }, (_, slot) => slot),
    );
    await until('the moves', () => pool.moved >= before + moving.length && !pool.isMoving);
    await latest(client, 'RELIANCE', 2, kite);
  }
  assert.ok(pool.moved >= 6, `${pool.moved} moves`);
  const quotes = client.ticks('RELIANCE');
  const seqs = quotes.map(({ seq }) => Number(seq));
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => seqs[0]! + i),
  );
  const contents = quotes.map((quote) => JSON.stringify({ ...data(quote), ltt: 0, timestamp: 0 }));
  assert.equal(
    contents.filter((content, i) => content === contents[i - 1]).length,
    0,
    'no tick twice in a row',
  );
  const volumes = quotes.map((quote) => Number(data(quote).volume));
  assert.ok(
    volumes.every((volume, i) => i === 0 || volume >= volumes[i - 1]!),
    'none out of order',
  );
  assert.ok(client.received.every(({ message }) => message.type !== 'gap'));
});
