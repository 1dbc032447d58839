/**
 * Faults of one of several connections of an account, also in the middle of a move from one to the other. Another program
 * listens to the exchange all the time: what it gets is what there was.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedConnection } from '../../../src/main/simulator/simulated-connection.ts';
import { alwaysOpen } from '../../support/calendar-file.ts';
import { openHandles, untilHandlesAreBack } from '../../support/open-handles.ts';
import {
  assertInOrder,
  type PoolScene,
  STOCKS,
  startPoolScene,
  tapExchange,
  untilLoads,
  untilSettled,
  untilTicks,
} from '../../support/pool-scene.ts';
import type { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const COUNT = 20;
const SLOTS = Array.from({ length: COUNT }, (_, slot) => slot);

/** Long enough to be told whatever else the machine does. */
const LONG_OUTAGE_MS = 500;
const SHORT_OUTAGE_MS = 100;

interface Scene extends PoolScene {
  readonly watcher: TestClient;
  /** Sequence numbers of each token, as the other program got them. */
  readonly sent: ReadonlyMap<string, readonly number[]>;
  /** The engine's connections, oldest first. */
  own(): SimulatedConnection[];
}

/** 20 instruments evenly on two connections that take 12 each, and ticks of all of them. */
async function startScene(t: TestContext, outageMs: number): Promise<Scene> {
  const pool = await startPoolScene(t, 12, {
    // A connection that hangs keeps its slot at the exchange.
    exchange: { ticksPerSecond: 1000, maxConnections: 4 },
    flags: [
      alwaysOpen(t),
      '--max-websocket-connections=2',
      '--feed-ping-interval=50ms',
      '--feed-dead-after=400ms',
      `--reconnect-initial-ms=${outageMs}`,
      `--reconnect-max-ms=${outageMs}`,
      // Nothing leaves a connection because it is lost.
      `--feed-move-after=${10 * outageMs}ms`,
    ],
  });
  const watcher = await pool.client({ features: ['sequence', 'stamps', 'status'] });
  const sent = await tapExchange(pool, COUNT);
  const symbols = STOCKS.slice(0, COUNT).map(({ symbol }) => ({ symbol, exchange: 'NSE' }));
  watcher.send({ action: 'subscribe', symbols, mode: 3 });
  await untilLoads(pool, [10, 10, COUNT]);
  await untilSettled(pool);
  await untilTicks(watcher, COUNT);
  const own = () => pool.exchange.connections.filter(({ subscriptions }) => subscriptions.length < COUNT);
  return { ...pool, watcher, sent, own };
}

/** Each stock is on one of two connections. */
async function untilCarriedOnce(scene: Scene): Promise<void> {
  await until('each stock on one of two live connections', () => {
    const tokens = scene.own().flatMap(({ subscriptions }) => subscriptions.map(({ token }) => token));
    return scene.own().length === 2 && tokens.length === COUNT && new Set(tokens).size === COUNT;
  });
  await untilSettled(scene);
  for (const { mode } of scene.own().flatMap(({ subscriptions }) => subscriptions)) assert.equal(mode, 3);
}

/** What is missing of a stock's ticks is missing where a gap was told. @returns how many gaps there were */
function assertLostOnlyInGaps({ watcher, sent }: Scene, { symbol, token }: (typeof STOCKS)[number]): number {
  const all = sent.get(token)!;
  let at = -1;
  let gaps = 0;
  let isBehindGap = true;
  for (const { message } of watcher.received) {
    if (message.symbol !== symbol) continue;
    if (message.type === 'gap') {
      assert.equal(message.reason, 'outage');
      gaps++;
      isBehindGap = true;
    }
    if (message.type !== 'market_data') continue;
    const place = all.indexOf((message.stamps as { exchange_seq: number }).exchange_seq);
    if (!isBehindGap) assert.equal(place, at + 1, `${symbol}: the tick behind the ${at}th of ${all.length}`);
    // The image of a new connection may be the tick that was the last before the outage.
    else assert.ok(place >= at, `${symbol} goes back from ${at} to ${place}`);
    at = place;
    isBehindGap = false;
  }
  return gaps;
}

/** Something moves from the fuller of the two connections to the other. */
async function startMove(
  scene: Scene,
): Promise<{ readonly giver: SimulatedConnection; readonly taker: SimulatedConnection }> {
  const pool = scene.engine.feedPools[0]!;
  const own = scene.own();
  // A connection that was lost has to prove itself before it is given anything.
  const moving = await until('a move', () => {
    const [fuller] = pool.rooms().sort((a, b) => b.pairs - a.pairs);
    const moving = pool.moveAway(fuller!.feed, SLOTS);
    return moving.length > 0 && moving;
  });
  const { token } = STOCKS[moving[0]!]!;
  const carries = ({ subscriptions }: SimulatedConnection) =>
    subscriptions.some((each) => each.token === token);
  return { giver: own.find(carries)!, taker: own.find((each) => !carries(each))! };
}

function statusesOf({ watcher }: Scene, symbol: string): unknown[] {
  return watcher.received
    .filter(
      ({ message: { type, instruments } }) =>
        type === 'feed_status' &&
        (instruments as { symbol: string }[]).some((each) => each.symbol === symbol),
    )
    .map(({ message: { status } }) => status);
}

test('a connection that is reset interrupts what it carried, and nothing of what another one carries', async (t) => {
  const scene = await startScene(t, LONG_OUTAGE_MS);
  const handles = openHandles();
  const [hurt, whole] = scene.own();
  const concerned = new Set(hurt!.subscriptions.map(({ token }) => token));
  hurt!.reset();
  await until('a new connection', () => !scene.own().includes(hurt!) && scene.own().length === 2);
  await untilCarriedOnce(scene);
  await untilTicks(scene.watcher, COUNT);
  assert.ok(scene.own().includes(whole!));
  assertInOrder(scene.watcher, COUNT);
  for (const stock of STOCKS.slice(0, COUNT)) {
    const isConcerned = concerned.has(stock.token);
    await until('the live status', () => statusesOf(scene, stock.symbol).at(-1) === 'live');
    assert.equal(statusesOf(scene, stock.symbol).includes('recovering'), isConcerned, stock.symbol);
    assert.equal(assertLostOnlyInGaps(scene, stock), isConcerned ? 1 : 0, stock.symbol);
  }
  await untilHandlesAreBack(handles);
});

const FAULTS: readonly (readonly [
  what: string,
  hurt: (giver: SimulatedConnection, taker: SimulatedConnection) => void,
])[] = [
  ['the giver is reset', (giver) => giver.reset()],
  ['the taker is reset', (_giver, taker) => taker.reset()],
  ['the giver hangs', (giver) => giver.hang()],
  ['the taker hangs', (_giver, taker) => taker.hang()],
  ['both are reset', (giver, taker) => [giver, taker].map((each) => each.reset())],
];

for (const [what, hurt] of FAULTS) {
  test(`a move in which ${what} ends with each instrument on one connection, and loses nothing without saying so`, async (t) => {
    const scene = await startScene(t, SHORT_OUTAGE_MS);
    const { engine, watcher, exchange } = scene;
    const handles = openHandles();
    for (let round = 0; round < 4; round++) {
      const { giver, taker } = await startMove(scene);
      // The fault hits the move at another moment each time.
      await sleep(3 * round);
      hurt(giver, taker);
      await until(
        'new connections in place of those that were hurt',
        () => scene.own().every(({ isHung }) => !isHung) || scene.own().length > 2,
      );
      for (const connection of exchange.connections) if (connection.isHung) connection.hang(false);
      await untilCarriedOnce(scene);
      await untilTicks(watcher, COUNT);
    }
    assertInOrder(watcher, COUNT);
    for (const stock of STOCKS.slice(0, COUNT)) {
      assert.ok(assertLostOnlyInGaps(scene, stock) <= 4, 'at most one gap for each fault');
    }
    assert.deepEqual(
      engine.feeds.map(({ restarts }) => restarts),
      [0, 0],
    );
    await untilHandlesAreBack(handles);
  });
}
