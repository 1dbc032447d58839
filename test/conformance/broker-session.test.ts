/** The broker session in the database changes while clients are connected, as logins and logouts in OpenAlgo change it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Fernet } from '../../src/main/auth/fernet.ts';
import {
  type DatabaseWrite,
  type EngineFixture,
  FIXTURE_CREDENTIALS,
  startEngineFixture,
} from '../support/engine-fixture.ts';
import { gaps, SYMBOLS, subscribedClients, untilTicksFlow } from '../support/feed-scene.ts';
import type { TestClient } from '../support/test-client.ts';
import { tickTransport } from '../support/tick-source-flags.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const POLL = '--database-poll=0.05';
const FLAGS = [POLL, '--reconnect-max-ms=100'];
const NO_SESSION =
  '{"status": "error", "code": "BROKER_ERROR", "message": "No broker configuration found for user"}';
const NO_ADAPTER = '{"status": "error", "code": "BROKER_ERROR", "message": "Broker adapter not found"}';
/** As OpenAlgo leaves the row behind at a logout and at the daily end of the session. */
const LOGOUT =
  "UPDATE auth SET auth = '', feed_token = NULL, broker = '', user_id = NULL, is_revoked = 1 WHERE name = 'demo'";
const LOGIN =
  "UPDATE auth SET auth = ?, feed_token = ?, broker = 'angel', user_id = ?, is_revoked = 0 WHERE name = 'demo'";
const SUBSCRIBE = { action: 'subscribe', symbol: 'SBIN', exchange: 'NSE', mode: 1 };

/** An engine whose exchange takes every token, so that a test sees by the client code which login is in use. */
function start(t: TestContext, flags: readonly string[] = FLAGS) {
  return startEngineFixture(t, { exchange: { checkCredentials: false }, flags });
}

function addUser(fixture: EngineFixture, name: string): void {
  fixture.writeDatabase((db, encrypt) => {
    db.prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)').run(
      name,
      'not needed: the encrypted copy can be read',
      encrypt(`key of ${name}`),
    );
  });
}

function addSession(
  ...[db, encrypt, name, clientCode]: [...Parameters<DatabaseWrite>, string, string]
): void {
  db.prepare(
    "INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES (?, ?, ?, 'angel', ?, 0)",
  ).run(name, encrypt(`${name}.AUTH`), encrypt(`${name}.FEED`), clientCode);
}

/** An LTP frame of an NSE share. */
function ltpFrame(token: string, paise: number): Buffer {
  const frame = Buffer.alloc(51);
  frame[0] = 1;
  frame[1] = 1;
  frame.write(token, 2, 'ascii');
  frame.writeBigInt64LE(1n, 27);
  frame.writeBigInt64LE(BigInt(Date.now()), 35);
  frame.writeBigInt64LE(BigInt(paise), 43);
  return frame;
}

async function adapterStatus(client: TestClient): Promise<unknown> {
  return (await client.ask({ action: 'get_broker_info' })).message.adapter_status;
}

async function untilAdapterIs(client: TestClient, status: string): Promise<void> {
  await until(`an adapter that is ${status}`, async () => (await adapterStatus(client)) === status);
}

test('C-04 a good key whose broker row is revoked is told so, and the connection outlives the grace time', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: [...FLAGS, '--ws-auth-grace-seconds=0.3'],
    prepare: (db) => db.exec(LOGOUT),
  });
  const client = await fixture.client({ authenticate: false });
  const stranger = await fixture.client({ authenticate: false });
  assert.equal((await client.ask({ action: 'authenticate', api_key: fixture.key })).text, NO_SESSION);
  assert.equal((await client.ask(SUBSCRIBE)).text, NO_ADAPTER);
  assert.equal((await stranger.untilClosed()).code, 4401);
  assert.equal(client.closed, null);
  // The login comes later: the same connection may subscribe then.
  fixture.writeDatabase((db, encrypt) => {
    db.prepare(LOGIN).run(encrypt('DEMO.AUTH.TOKEN'), encrypt('DEMO.FEED.TOKEN'), 'DEMO01');
  });
  await untilAdapterIs(client, 'connected');
  assert.equal((await client.ask(SUBSCRIBE)).message.status, 'success');
});

test('what a client chose when it came before the login holds once the login is there', async (t) => {
  const fixture = await startEngineFixture(t, { flags: FLAGS, prepare: (db) => db.exec(LOGOUT) });
  const client = await fixture.client({ authenticate: false });
  const authenticate = { action: 'authenticate', api_key: fixture.key, features: ['sequence', 'snapshot'] };
  assert.equal((await client.ask(authenticate)).text, NO_SESSION);
  fixture.writeDatabase((db, encrypt) => {
    const { authToken, feedToken, clientCode } = FIXTURE_CREDENTIALS;
    db.prepare(LOGIN).run(encrypt(authToken), encrypt(feedToken), clientCode);
  });
  await untilAdapterIs(client, 'connected');
  assert.equal((await client.ask(SUBSCRIBE)).message.status, 'success');
  const { message } = await client.next('a tick', ({ message: { type } }) => type === 'market_data');
  assert.equal(typeof message.seq, 'number');
});

test('a client that becomes another user holds nothing of the first, and ends without harm to others', async (t) => {
  const fixture = await start(t);
  addUser(fixture, 'eve');
  fixture.writeDatabase((db, encrypt) => addSession(db, encrypt, 'eve', 'EVE01'));
  const other = await fixture.client();
  const client = await fixture.client({ features: ['sequence'] });
  await client.subscribe('NSE', 'SBIN', 1);
  await untilUpstream(fixture.exchange, ['1:3045:1']);
  assert.equal((await client.ask({ action: 'authenticate', api_key: 'key of eve' })).message.type, 'auth');
  await untilUpstream(fixture.exchange, []);
  await client.subscribe('NSE', 'SBIN', 2);
  await client.ask({ action: 'unsubscribe', symbol: 'SBIN', exchange: 'NSE', mode: 1 });
  client.terminate();
  await untilUpstream(fixture.exchange, []);
  assert.equal((await other.ask({ action: 'ping' })).message.type, 'pong');
});

async function assertNewTokensAreTakenUp(fixture: EngineFixture, announce: () => void): Promise<void> {
  const clients = await subscribedClients(fixture);
  const [first] = fixture.exchange.connections;
  assert.equal(first!.clientCode, 'DEMO01');
  const upstream = first!.subscriptions.length;
  fixture.writeDatabase((db, encrypt) => {
    db.prepare(LOGIN).run(encrypt('NEW.AUTH'), encrypt('NEW.FEED'), 'DEMO02');
  });
  announce();
  await until('one connection of the new login', () => {
    const [connection, ...others] = fixture.exchange.connections;
    return others.length === 0 && connection?.clientCode === 'DEMO02';
  });
  await until('the subscriptions', () => fixture.exchange.connections[0]?.subscriptions.length === upstream);
  await untilTicksFlow(clients, fixture.exchange);
  assert.equal(fixture.exchange.counters.connectionsAccepted, 2);
  for (const client of clients) {
    assert.equal(client.closed, null);
    assert.equal(new Set(client.ticks().map(({ epoch }) => epoch)).size, 1, 'the streams go on');
    assert.deepEqual(
      gaps(client)
        .map(({ symbol, reason }) => `${symbol} ${reason}`)
        .sort(),
      SYMBOLS.map((symbol) => `${symbol} outage`).sort(),
    );
  }
}

test('C-21 new tokens and an invalidation: everything is subscribed again at once, clients do nothing', async (t) => {
  const fixture = await start(t, ['--database-poll=3600', '--reconnect-max-ms=100']);
  await assertNewTokensAreTakenUp(fixture, () => fixture.engine.checkAccounts('demo'));
});

test('C-21 new tokens without an invalidation: everything is subscribed again by polling, clients do nothing', async (t) => {
  await assertNewTokensAreTakenUp(await start(t), () => {});
});

test('C-21 the same tokens encrypted anew: the feed is not touched', async (t) => {
  const fixture = await start(t);
  const clients = await subscribedClients(fixture);
  addUser(fixture, 'eve');
  const eve = await fixture.client({ authenticate: false });
  assert.equal((await eve.ask({ action: 'authenticate', api_key: 'key of eve' })).text, NO_SESSION);
  // In one transaction with a login that shows: when that one has been seen, so has the other.
  fixture.writeDatabase((db, encrypt) => {
    db.exec('BEGIN');
    db.prepare(LOGIN).run(encrypt('Bearer DEMO.AUTH.TOKEN'), encrypt('DEMO.FEED.TOKEN'), 'DEMO01');
    addSession(db, encrypt, 'eve', 'EVE01');
    db.exec('COMMIT');
  });
  await untilAdapterIs(eve, 'connected');
  assert.deepEqual(
    fixture.exchange.connections.map(({ clientCode }) => clientCode),
    ['DEMO01', 'EVE01'],
  );
  assert.equal(fixture.exchange.counters.connectionsAccepted, 2);
  await untilTicksFlow(clients, fixture.exchange);
  assert.deepEqual(clients.flatMap(gaps), []);
});

test('a logout ends the feed and is told; the next login brings the ticks back without a word from the clients', async (t) => {
  const fixture = await start(t);
  const clients = await subscribedClients(fixture);
  const asking = await fixture.client();
  assert.equal(await adapterStatus(asking), 'connected');
  // Shortly before, so that its key is known to be good.
  const { message } = await asking.ask({ action: 'authenticate', api_key: fixture.key });
  assert.equal(message.status, 'success');
  fixture.writeDatabase((db) => db.exec(LOGOUT));
  await until('the end of the feed', () => fixture.exchange.connections.length === 0);
  await untilAdapterIs(asking, 'disconnected');
  assert.equal((await asking.ask(SUBSCRIBE)).text, NO_ADAPTER);
  assert.equal((await asking.ask({ action: 'authenticate', api_key: fixture.key })).text, NO_SESSION);
  // What is given back meanwhile is not subscribed again.
  for (const client of clients) {
    for (const mode of [1, 2, 3])
      await client.ask({ action: 'unsubscribe', symbol: 'TCS', exchange: 'NSE', mode });
  }
  assert.equal(fixture.engine.feeds[0]!.state, 'refused', 'it does not try again');
  fixture.writeDatabase((db, encrypt) => {
    db.prepare(LOGIN).run(encrypt('NEXT.AUTH'), encrypt('NEXT.FEED'), 'DEMO01');
  });
  await untilUpstream(fixture.exchange, ['1:2885:3', '1:1594:3']);
  assert.equal(fixture.exchange.counters.connectionsAccepted, 2, 'one connection before and one after');
  const from = clients.map((client) => client.ticks().length);
  await until('ticks', () => {
    fixture.exchange.step(4);
    return clients.every((client, i) => client.ticks().length > from[i]! + 4);
  });
  await untilAdapterIs(asking, 'connected');
  assert.equal((await asking.ask(SUBSCRIBE)).message.status, 'success');
  for (const client of [...clients, asking]) assert.equal(client.closed, null);
});

test('a login at a broker without a feed ends the feed, and the login back begins it again', async (t) => {
  const fixture = await start(t);
  const clients = await subscribedClients(fixture);
  fixture.writeDatabase((db) => db.exec("UPDATE auth SET broker = 'unheard' WHERE name = 'demo'"));
  await until('the end of the feed', () => fixture.exchange.connections.length === 0);
  const late = await fixture.client({ authenticate: false });
  assert.deepEqual((await late.ask({ action: 'authenticate', api_key: fixture.key })).message, {
    status: 'error',
    code: 'BROKER_ERROR',
    message: 'Failed to create adapter for broker: unheard',
  });
  fixture.writeDatabase((db) => db.exec("UPDATE auth SET broker = 'angel' WHERE name = 'demo'"));
  await until('the subscriptions', () => fixture.exchange.connections[0]?.subscriptions.length === 3);
  await untilTicksFlow(clients, fixture.exchange);
});

test('C-22 a row under the legacy salt works; one that cannot be decrypted is told clearly until it can be', async (t) => {
  const pepper = 'fedcba9876543210'.repeat(4);
  const salt = '00112233445566778899aabbccddeeff';
  const legacy = new Fernet(pepper, null);
  const foreign = new Fernet('another pepper '.repeat(4), null);
  const fixture = await startEngineFixture(t, {
    exchange: { checkCredentials: false },
    flags: [...FLAGS, `--api-key-pepper=${pepper}`, `--fernet-salt=${salt}`],
    prepare: (db) => db.prepare(LOGIN).run(foreign.encrypt('A'), foreign.encrypt('B'), 'DEMO01'),
  });
  const client = await fixture.client({ authenticate: false });
  const refused = await client.ask({ action: 'authenticate', api_key: fixture.key });
  assert.equal(refused.message.code, 'BROKER_INIT_ERROR');
  assert.match(String(refused.message.message), /log in to the broker again/);
  assert.deepEqual(Object.keys(refused.message), ['status', 'code', 'message']);
  for (const [next, code] of [
    [legacy, 'LEGACY'],
    [new Fernet(pepper, salt), 'CURRENT'],
  ] as const) {
    fixture.writeDatabase((db) => db.prepare(LOGIN).run(next.encrypt('A'), next.encrypt('B'), code));
    await until(
      `the login under the ${code} salt`,
      () => fixture.exchange.connections[0]?.clientCode === code,
    );
    await untilAdapterIs(client, 'connected');
    assert.equal((await client.ask(SUBSCRIBE)).message.status, 'success');
  }
  // A connection that runs is not cut off because its row can no longer be read.
  fixture.writeDatabase((db) => db.prepare(LOGIN).run(foreign.encrypt('C'), foreign.encrypt('D'), 'OTHER'));
  const late = await fixture.client({ authenticate: false });
  const again = await late.ask({ action: 'authenticate', api_key: fixture.key });
  assert.equal(again.message.code, 'BROKER_INIT_ERROR');
  const before = client.ticks().length;
  await until('ticks', () => {
    fixture.exchange.step();
    return client.ticks().length > before;
  });
});

test('two users with two broker logins get the ticks of their own connection only', async (t) => {
  // A topic of the bus names an instrument of a broker, not the connection that it came over.
  if (tickTransport() !== 'ring') return t.skip('users of one feed host share its topics');
  const fixture = await start(t);
  const { exchange } = fixture;
  fixture.writeDatabase((db, encrypt) => addSession(db, encrypt, 'eve', 'EVE01'));
  addUser(fixture, 'eve');
  const demo = await fixture.client();
  const eve = await fixture.client({ key: 'key of eve' });
  for (const client of [demo, eve]) await client.subscribe('NSE', 'RELIANCE', 1);
  await until(
    'both subscriptions',
    () => exchange.connections.filter((c) => c.subscriptions.length === 1).length === 2,
  );
  await until('the first image', () => [demo, eve].every((client) => client.ticks().length > 0));
  const codes = exchange.connections.map(({ clientCode }) => clientCode);
  assert.deepEqual([...codes].sort(), ['DEMO01', 'EVE01']);
  const send = (code: string, paise: number) => {
    const { socket } = exchange.connections.find(({ clientCode }) => clientCode === code)!;
    socket.send(ltpFrame('2885', paise));
  };
  for (let i = 1; i <= 5; i++) {
    send('DEMO01', 100_000 + i);
    send('EVE01', 200_000 + i);
  }
  const lastPrices = (client: TestClient) =>
    client
      .ticks()
      .map(({ data }) => Number(data!.ltp))
      .slice(-5);
  await until('all ticks', () => lastPrices(demo)[4] === 1000.05 && lastPrices(eve)[4] === 2000.05);
  assert.deepEqual(lastPrices(demo), [1000.01, 1000.02, 1000.03, 1000.04, 1000.05]);
  assert.deepEqual(lastPrices(eve), [2000.01, 2000.02, 2000.03, 2000.04, 2000.05]);
  // One of them logs out; the other does not notice.
  fixture.writeDatabase((db) => db.exec("UPDATE auth SET is_revoked = 1 WHERE name = 'eve'"));
  await untilAdapterIs(eve, 'disconnected');
  assert.equal(await adapterStatus(demo), 'connected');
  send('DEMO01', 100_006);
  await until('the next tick', () => lastPrices(demo)[4] === 1000.06);
});
