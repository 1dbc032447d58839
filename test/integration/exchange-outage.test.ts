/** What an exchange may do to its clients: hang, reset, refuse, be away for a while. Clients of ours stay connected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIXTURE_CREDENTIALS, startEngineFixture } from '../support/engine-fixture.ts';
import {
  assertWholeTicks,
  exchangeAgain,
  gaps,
  SYMBOLS,
  subscribedClients,
  untilFeedIs,
  untilSubscribedOnce,
  untilTicksFlow,
} from '../support/feed-scene.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const LOAD = { exchange: { ticksPerSecond: 2000 } };

async function assertOutages(clients: readonly TestClient[], perSymbol: number): Promise<void> {
  for (const client of clients) {
    assert.equal(client.closed, null);
    const outages = () => gaps(client).filter(({ reason }) => reason === 'outage');
    // Ticks that flow may be those of before, where this machine has other things to do.
    await until('word of the outages', () => outages().length >= perSymbol * SYMBOLS.length);
    assert.equal(outages().length, perSymbol * SYMBOLS.length, 'one gap message per instrument and outage');
    assert.equal(new Set(client.ticks().map(({ epoch }) => epoch)).size, 1, 'an outage begins no new epoch');
  }
}

test('C-24 connections reset again and again under load: ticks resume, each outage is told once per instrument', async (t) => {
  const fixture = await startEngineFixture(t, { ...LOAD, flags: ['--reconnect-max-ms=100'] });
  const { exchange } = fixture;
  const clients = await subscribedClients(fixture);
  for (let round = 1; round <= 5; round++) {
    const accepted = exchange.counters.connectionsAccepted;
    exchange.dropAll();
    await until('a new connection', () => exchange.counters.connectionsAccepted > accepted);
    await untilSubscribedOnce(exchange);
    await untilTicksFlow(clients);
    await assertOutages(clients, round);
  }
  assertWholeTicks(clients);
  assert.equal(exchange.counters.connectionsAccepted, 6, 'one connection per outage');
});

test('C-24 an exchange that hangs with its sockets open is left for a new connection', async (t) => {
  const fixture = await startEngineFixture(t, {
    ...LOAD,
    flags: ['--feed-ping-interval=0.05', '--feed-dead-after=0.3', '--reconnect-max-ms=100'],
  });
  const { exchange } = fixture;
  const clients = await subscribedClients(fixture);
  const accepted = exchange.counters.connectionsAccepted;
  exchange.pause(true);
  await until('an attempt to reconnect', () => fixture.engine.feeds[0]!.state === 'reconnecting');
  await until('new connections', () => exchange.counters.connectionsAccepted > accepted);
  exchange.pause(false);
  await untilSubscribedOnce(exchange);
  await untilTicksFlow(clients);
  await assertOutages(clients, 1);
});

test('C-24 an exchange that is closed and comes back on its port is found again, and the gap is told', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--reconnect-max-ms=100'] });
  const clients = await subscribedClients(fixture);
  await fixture.exchange.close();
  await untilFeedIs(fixture, 'reconnecting');
  // What clients wish while the exchange is away is carried out when it is back.
  for (const client of clients) await client.subscribe('NSE', 'SBIN', 3);
  for (const client of clients) {
    for (const mode of [1, 2, 3])
      await client.ask({ action: 'unsubscribe', symbol: 'TCS', exchange: 'NSE', mode });
  }
  const exchange = await exchangeAgain(t, fixture);
  await until('the subscriptions', () => exchange.connections[0]?.subscriptions.length === SYMBOLS.length);
  await until('ticks', () => {
    exchange.step(SYMBOLS.length);
    return clients.every((client) => client.ticks('SBIN').length > 0 && gaps(client).length > 1);
  });
  for (const client of clients) {
    assert.equal(client.closed, null);
    assert.deepEqual(
      gaps(client)
        .map(({ symbol, reason }) => `${symbol} ${reason}`)
        .sort(),
      ['INFY outage', 'RELIANCE outage'],
    );
  }
});

test('C-24 a handshake that is refused for now is tried again, and clients do not notice', async (t) => {
  const flags = ['--reconnect-max-ms=100', '--slot-wait-min=0.05', '--slot-wait-max=0.1'];
  const fixture = await startEngineFixture(t, { flags });
  const { exchange } = fixture;
  const clients = await subscribedClients(fixture);
  for (const status of [429, 500, 503]) exchange.refuseNext({ status });
  exchange.dropAll();
  await untilSubscribedOnce(exchange);
  assert.equal(exchange.counters.connectionsRefused, 3);
  await untilTicksFlow(clients, exchange);
  await assertOutages(clients, 1);
});

test('C-24 tokens that the broker refuses are never tried twice; after each new login the feed goes on', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--database-poll=0.1'] });
  const { engine, exchange } = fixture;
  const clients = await subscribedClients(fixture);
  await exchange.close();
  let latest = exchange;
  for (let login = 1; login <= 2; login++) {
    const authToken = `AUTH.${login}`;
    const feedToken = `FEED.${login}`;
    await latest.close();
    latest = await exchangeAgain(t, fixture, { ...FIXTURE_CREDENTIALS, authToken, feedToken });
    await untilFeedIs(fixture, 'refused');
    assert.match(engine.feeds[0]!.detail, /401 \(Invalid Header - Invalid Auth token\)/);
    fixture.writeDatabase((db, encrypt) => {
      db.prepare('UPDATE auth SET auth = ?, feed_token = ?').run(encrypt(authToken), encrypt(feedToken));
    });
    await untilSubscribedOnce(latest);
    assert.equal(latest.counters.connectionsRefused, 1);
    await untilTicksFlow(clients, latest);
  }
  await assertOutages(clients, 2);
});
