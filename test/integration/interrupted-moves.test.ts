/** Instruments that are on their way to another connection when something ends: nothing stays behind, nothing is untold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIXTURE_CREDENTIALS } from '../support/engine-fixture.ts';
import {
  assertTold,
  assertUnbroken,
  type PoolScene,
  startPoolScene,
  subscribeStocks,
  untilEachOnce,
  untilSettled,
  untilTicks,
} from '../support/pool-scene.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const STOCKS = 16;
const ALL_SLOTS = Array.from({ length: STOCKS }, (_, slot) => slot);

/** Two connections with eight stocks each and room for four more. */
async function twoConnections(t: Parameters<typeof startPoolScene>[0]): Promise<PoolScene> {
  return startPoolScene(t, 12, { flags: ['--max-websocket-connections=2', '--database-poll=0.1'] });
}

/** Starts to move what fits from the fuller connection to the other. */
function startMoves({ engine }: PoolScene): void {
  const pool = engine.feedPools[0]!;
  const fullest = pool.rooms().toSorted((a, b) => b.pairs - a.pairs)[0]!;
  const moving = pool.moveAway(fullest.feed, ALL_SLOTS);
  assert.ok(moving.length > 0, 'something moves');
}

async function untilSpread(scene: PoolScene): Promise<void> {
  await until('both connections', () => scene.engine.feeds.filter(({ isLive }) => isLive).length === 2);
  await untilSettled(scene);
  await untilEachOnce(scene.exchange, STOCKS);
}

test('feed workers killed while instruments move between them: all are carried once, and clients read of what they missed', async (t) => {
  const scene = await twoConnections(t);
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, STOCKS);
  await untilSpread(scene);
  for (let round = 0; round < 6; round++) {
    await untilTicks(client, STOCKS);
    startMoves(scene);
    // Now the giver, now the taker; now at once, now when the taker has its first ticks.
    if (round % 3 === 2)
      await until('a move under way', () => scene.loads().reduce((a, b) => a + b) > STOCKS);
    const restarts = () => scene.engine.feeds.reduce((sum, feed) => sum + feed.restarts, 0);
    const before = restarts();
    await scene.engine.pool.threads[round % 2]!.terminate();
    await until('the loss to be noticed', () => restarts() > before);
    await untilSpread(scene);
  }
  await untilTicks(client, STOCKS);
  assertTold(client, STOCKS);
  assert.equal(client.closed, null);
});

test('connections reset while instruments move between them: all are carried once, and clients read of what they missed', async (t) => {
  const scene = await twoConnections(t);
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, STOCKS);
  await untilSpread(scene);
  for (let round = 0; round < 8; round++) {
    await untilTicks(client, STOCKS);
    startMoves(scene);
    if (round % 4 > 1) await until('a move under way', () => scene.loads().reduce((a, b) => a + b) > STOCKS);
    const accepted = scene.exchange.counters.connectionsAccepted;
    scene.exchange.connections[round % 2]!.reset();
    // The loss itself lasts some ms, and may pass between two looks.
    await until('a new connection', () => scene.exchange.counters.connectionsAccepted > accepted);
    await untilSpread(scene);
  }
  await untilTicks(client, STOCKS);
  assertTold(client, STOCKS);
});

test('new tokens while instruments move: the connections are made anew, and all are carried once', async (t) => {
  const scene = await twoConnections(t);
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, STOCKS);
  await untilSpread(scene);
  for (let login = 1; login <= 3; login++) {
    await untilTicks(client, STOCKS);
    const credentials = { ...FIXTURE_CREDENTIALS, authToken: `AUTH.${login}`, feedToken: `FEED.${login}` };
    scene.exchange.acceptCredentials(credentials);
    const accepted = scene.exchange.counters.connectionsAccepted;
    startMoves(scene);
    scene.writeDatabase((db, encrypt) => {
      const tokens = [encrypt(credentials.authToken), encrypt(credentials.feedToken)];
      db.prepare('UPDATE auth SET auth = ?, feed_token = ?').run(...tokens);
    });
    scene.engine.checkAccounts();
    await until('new connections', () => scene.exchange.counters.connectionsAccepted >= accepted + 2);
    await untilSpread(scene);
  }
  await untilTicks(client, STOCKS);
  assertTold(client, STOCKS);
});

test('wishes that end while instruments move leave nothing behind, and come again as if nothing had been', async (t) => {
  const scene = await twoConnections(t);
  for (let round = 0; round < 5; round++) {
    const client = await scene.client({ features: ['sequence'] });
    await subscribeStocks(client, 0, STOCKS);
    await untilSpread(scene);
    await untilTicks(client, STOCKS);
    startMoves(scene);
    if (round % 2 === 0) client.terminate();
    else client.send({ action: 'unsubscribe_all' });
    await untilUpstream(scene.exchange, []);
    await untilSettled(scene);
    client.terminate();
  }
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, STOCKS);
  await untilSpread(scene);
  await untilTicks(client, STOCKS);
  assertUnbroken(client, STOCKS);
});
