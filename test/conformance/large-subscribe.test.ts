/** A whole watchlist in one request: confirmed at once, and asked for upstream in few requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { until } from '../support/until.ts';
import { upstreamSubscriptions } from '../support/upstream-subscriptions.ts';

const SYMBOLS = 3000;
/** What a user notices. The engine needs far less; the bound allows for a machine that does other things too. */
const MAX_ANSWER_MS = 3000;
const MAX_REQUESTS_PER_CONNECTION = 15;

test('3,000 symbols in one request are confirmed within a moment, and become at most 15 requests per upstream connection', async (t) => {
  const { client, exchange } = await startEngineFixture(t, {
    prepare: (db) => {
      const insert = db.prepare(
        `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token) VALUES (?, ?, ?, 'NSE', 'NSE', ?)`,
      );
      db.exec('BEGIN');
      for (let i = 0; i < SYMBOLS; i++)
        insert.run(`STOCK${i}`, `STOCK${i}-EQ`, `STOCK${i}`, `${700_000 + i}`);
      db.exec('COMMIT');
    },
  });
  const each = await client();
  const symbols = Array.from({ length: SYMBOLS }, (_, i) => ({ symbol: `STOCK${i}`, exchange: 'NSE' }));
  const began = performance.now();
  const { message } = await each.ask({ action: 'subscribe', symbols, mode: 2 });
  const took = performance.now() - began;
  t.diagnostic(`${SYMBOLS} symbols confirmed in ${took.toFixed(0)} ms`);
  assert.equal(message.status, 'success');
  assert.equal((message.subscriptions as unknown[]).length, SYMBOLS);
  assert.ok(took < MAX_ANSWER_MS, `${took} ms`);
  await until('all of them upstream', () => upstreamSubscriptions(exchange).length === SYMBOLS);
  const { requests } = exchange.counters;
  const connections = exchange.connections.length;
  t.diagnostic(`${requests} requests over ${connections} connections`);
  assert.ok(requests <= MAX_REQUESTS_PER_CONNECTION * connections);
  await until('a tick of each', () => new Set(each.ticks().map(({ symbol }) => symbol)).size === SYMBOLS);
});
