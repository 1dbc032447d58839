/** A feed worker may die in any state: the next one takes its place, and clients read of it in a gap message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { type EngineFixture, FIXTURE_CREDENTIALS, startEngineFixture } from '../support/engine-fixture.ts';
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
import { until } from '../support/until.ts';

async function killFeedWorker({ engine }: EngineFixture): Promise<void> {
  const restarts = engine.feeds[0]!.restarts;
  await engine.pool.threads[0]!.terminate();
  await until('the loss to be noticed', () => engine.feeds[0]!.restarts > restarts);
}

test('feed workers killed again and again under load: ticks resume whole, clients stay and read of each restart', async (t) => {
  const fixture = await startEngineFixture(t, { exchange: { ticksPerSecond: 2000 } });
  const clients = await subscribedClients(fixture);
  for (let round = 1; round <= 3; round++) {
    const lastEpoch = Number(clients[0]!.ticks().at(-1)!.epoch);
    await killFeedWorker(fixture);
    await untilSubscribedOnce(fixture.exchange);
    for (const client of clients) {
      // Of every symbol: ticks of the killed worker may still have been on their way to the client.
      await until('ticks of a higher epoch', () =>
        SYMBOLS.every((symbol) => Number(client.ticks(symbol).at(-1)?.epoch) > lastEpoch),
      );
      assert.equal(client.closed, null);
      const restarts = gaps(client).filter(({ reason }) => reason === 'restart');
      assert.equal(restarts.length, round * SYMBOLS.length, 'one gap message per instrument and restart');
    }
  }
  assertWholeTicks(clients);
  assert.equal(fixture.engine.pool.threads.length, 1, 'killed workers leave nothing in the pool');
});

test('a feed worker that is killed while it reconnects is replaced by one that goes on trying', async (t) => {
  const fixture = await startEngineFixture(t);
  const clients = await subscribedClients(fixture);
  await fixture.exchange.close();
  await untilFeedIs(fixture, 'reconnecting');
  await killFeedWorker(fixture);
  const exchange = await exchangeAgain(t, fixture);
  await untilSubscribedOnce(exchange);
  await untilTicksFlow(clients, exchange);
  assert.equal(clients[0]!.closed, null);
});

test('a feed worker that is killed while its tokens are refused comes back with new tokens, and not before', async (t) => {
  const renewed = { ...FIXTURE_CREDENTIALS, authToken: 'RENEWED.AUTH', feedToken: 'RENEWED.FEED' };
  const fixture = await startEngineFixture(t, { exchange: { credentials: renewed } });
  const { engine, exchange } = fixture;
  const client = await fixture.client();
  await client.subscribe('NSE', 'RELIANCE');
  await untilFeedIs(fixture, 'refused');
  await engine.pool.threads[0]!.terminate();
  await until('the end of the thread', () => engine.pool.threads.length === 0);
  assert.equal(engine.feeds[0]!.restarts, 0);
  fixture.writeDatabase((db, encrypt) => {
    db.prepare('UPDATE auth SET auth = ?, feed_token = ?').run(
      encrypt(renewed.authToken),
      encrypt(renewed.feedToken),
    );
  });
  await until('a tick', () => exchange.step() ?? client.ticks().length > 0);
  assert.equal(exchange.counters.connectionsRefused, 1, 'the refused tokens were tried once');
});

test('an engine stops in time although its feed worker was killed a moment before', async (t) => {
  const fixture = await startEngineFixture(t);
  await subscribedClients(fixture);
  void fixture.engine.pool.threads[0]!.terminate();
  const from = performance.now();
  await fixture.engine.stop();
  assert.ok(performance.now() - from < 4000);
  assert.equal(fixture.engine.pool.threads.length, 0);
});

test('a feed thread that fails when its work is done ends nothing, and the log says so', async (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  const { engine } = await startEngineFixture(t, { log });
  // As piscina says it of a thread without a task.
  engine.pool.emit('error', new Error('late'));
  assert.match(lines.join(''), /late.*a feed thread failed at its end/);
});
