/** OpenAlgo refreshes its instrument table under a running engine: it empties the table, commits, and fills it again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { gaps } from '../support/feed-scene.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const FLAGS = ['--database-poll=0.05'];

function setStatus(db: DatabaseSync, status: string): void {
  db.prepare(
    "UPDATE master_contract_status SET status = ?, last_updated = datetime('now', '+1 second') WHERE broker = 'angel'",
  ).run(status);
}

/** Takes the rows away as OpenAlgo does, and gives back what fills the table again. */
function emptyTable(db: DatabaseSync): void {
  setStatus(db, 'downloading');
  db.exec('CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM symtoken; DELETE FROM symtoken');
}

function refill(db: DatabaseSync, rows = 'SELECT * FROM kept'): void {
  db.exec(`INSERT INTO symtoken ${rows}`);
}

async function untilKnown(client: TestClient, exchange: string, symbol: string): Promise<void> {
  await until(`the instrument ${exchange}:${symbol}`, async () => {
    const { status } = await client.subscribe(exchange, symbol, 1);
    return status === 'success';
  });
}

test('C-23 symtoken emptied and refilled during subscriptions: no feed is lost, and what got another token follows it', async (t) => {
  const fixture = await startEngineFixture(t, { flags: FLAGS });
  const { exchange } = fixture;
  const client = await fixture.client({ features: ['sequence'] });
  for (const symbol of ['RELIANCE', 'INFY', 'TCS']) await client.subscribe('NSE', symbol, 2);
  await untilUpstream(exchange, ['1:2885:2', '1:1594:2', '1:11536:2']);
  await until('ticks', () => ['RELIANCE', 'INFY', 'TCS'].every((symbol) => client.ticks(symbol).length > 0));
  fixture.writeDatabase(emptyTable);
  await until('a look at the empty table', () => fixture.engine.instruments!.refused > 0);
  for (const symbol of ['SBIN', 'RELIANCE']) {
    assert.equal((await client.subscribe('NSE', symbol, 2)).status, 'success');
  }
  // A part of the new table is not the new table.
  fixture.writeDatabase((db) => refill(db, 'SELECT * FROM kept LIMIT 10'));
  await until('a look at the part', () => fixture.engine.instruments!.refused > 1);
  assert.equal((await client.subscribe('NSE', 'TCS', 1)).status, 'success');
  fixture.writeDatabase((db) => {
    db.exec('DELETE FROM symtoken');
    refill(db);
    db.exec("UPDATE symtoken SET token = '3045' WHERE symbol = 'INFY' AND exchange = 'NSE'");
    db.exec("UPDATE symtoken SET token = '1594' WHERE symbol = 'SBIN' AND exchange = 'NSE'");
    db.exec("DELETE FROM symtoken WHERE symbol = 'TCS'");
    db.exec("UPDATE symtoken SET symbol = 'NEWLY' WHERE symbol = 'WIPRO' AND exchange = 'NSE'");
    setStatus(db, 'success');
  });
  const late = await fixture.client();
  await untilKnown(late, 'NSE', 'NEWLY');
  await late.ask({ action: 'unsubscribe_all' });
  // INFY and SBIN have changed places; TCS is no longer listed and stays where it was.
  await untilUpstream(exchange, ['1:2885:2', '1:1594:2', '1:11536:2', '1:3045:2']);
  const from = client.received.length;
  const fresh = (symbol: string) =>
    client.received
      .slice(from)
      .filter(({ message }) => message.type === 'market_data' && message.symbol === symbol);
  await until('ticks of all', () => {
    exchange.step(4);
    return ['RELIANCE', 'INFY', 'SBIN', 'TCS'].every((symbol) => fresh(symbol).length > 0);
  });
  const sbin = Number(client.ticks('INFY').at(-1)!.data!.ltp);
  const infy = Number(client.ticks('SBIN').at(-1)!.data!.ltp);
  const [before] = client.ticks('INFY');
  assert.ok(
    Math.abs(infy / Number(before!.data!.ltp) - 1) < 0.1,
    'the price of token 1594 comes as SBIN now',
  );
  assert.ok(Math.abs(sbin / Number(before!.data!.ltp) - 1) > 0.1, 'and no longer as INFY');
  assert.deepEqual(
    gaps(client)
      .map(({ symbol, reason }) => `${symbol} ${reason}`)
      .sort(),
    ['INFY restart', 'SBIN restart'],
  );
  assert.equal(exchange.counters.connectionsAccepted, 1);
  await client.ask({ action: 'unsubscribe_all' });
  await untilUpstream(exchange, []);
});

test('an instrument with a new token for which there is no room stays on its old one, and follows when there is', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: [...FLAGS, '--max-symbols-per-websocket=2', '--max-websocket-connections=1'],
  });
  const { exchange } = fixture;
  const client = await fixture.client();
  for (const symbol of ['INFY', 'TCS']) await client.subscribe('NSE', symbol, 2);
  await untilUpstream(exchange, ['1:1594:2', '1:11536:2']);
  fixture.writeDatabase((db) => {
    db.exec("UPDATE symtoken SET token = '3045' WHERE symbol = 'INFY' AND exchange = 'NSE'");
    setStatus(db, 'success');
  });
  const other = await fixture.client();
  await until('the new table', async () => {
    // Its token is INFY's now, which is carried: no room is needed for another name of it.
    fixture.writeDatabase((db) => {
      db.exec("UPDATE symtoken SET token = '1594' WHERE symbol = 'SBIN' AND exchange = 'NSE'");
      setStatus(db, 'success');
    });
    return (await other.subscribe('NSE', 'SBIN', 2)).status === 'success';
  });
  await untilUpstream(exchange, ['1:1594:2', '1:11536:2']);
  await client.ask({ action: 'unsubscribe', symbol: 'TCS', exchange: 'NSE', mode: 2 });
  await untilUpstream(exchange, ['1:1594:2', '1:3045:2']);
  const from = client.received.length;
  await until('a tick of INFY', () => {
    exchange.step(2);
    return client.received.slice(from).some(({ message }) => message.symbol === 'INFY');
  });
});

test('an engine that starts while the table is empty answers per symbol and takes the table up when it is there', async (t) => {
  const fixture = await startEngineFixture(t, { flags: FLAGS, prepare: emptyTable });
  const client = await fixture.client();
  const refused = await client.subscribe('NSE', 'RELIANCE', 1);
  assert.equal(refused.status, 'partial');
  assert.match(JSON.stringify(refused), /Symbol RELIANCE not found for exchange NSE/);
  fixture.writeDatabase((db) => {
    refill(db);
    setStatus(db, 'success');
  });
  await untilKnown(client, 'NSE', 'RELIANCE');
  await until('a tick', () => client.ticks('RELIANCE').length > 0);
});

test('a table that lost most of its instruments is not taken over, unless it was stored as a whole', async (t) => {
  const fixture = await startEngineFixture(t, { flags: FLAGS });
  const client = await fixture.client();
  fixture.writeDatabase((db) => {
    db.exec("DELETE FROM symtoken WHERE symbol <> 'INFY'");
    db.exec("UPDATE symtoken SET symbol = 'OTHER' WHERE symbol = 'INFY' AND exchange = 'NSE'");
  });
  await until('a look at the table', () => fixture.engine.instruments!.refused > 0);
  assert.equal((await client.subscribe('NSE', 'SBIN', 1)).status, 'success');
  fixture.writeDatabase((db) => setStatus(db, 'success'));
  await untilKnown(client, 'NSE', 'OTHER');
  assert.equal((await client.subscribe('NSE', 'TCS', 1)).status, 'partial');
});
