/** Where a pool of connections finds room for what is wished for, while tokens move between them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import type { FeedEvents } from '../../src/main/brokers/feed-events.ts';
import { FeedPool } from '../../src/main/brokers/feed-pool.ts';
import type { FeedRunner } from '../../src/main/brokers/feed-runner.ts';
import { SlotOwners } from '../../src/workers/ring/slot-owners.ts';
import { RELIANCE } from '../support/sample-tick.ts';

const MAX_PAIRS = 10;
const CONNECTIONS = 3;
const TOKENS = MAX_PAIRS * CONNECTIONS;
const NAMES = { maxConnections: 'connections', maxPairs: 'pairs', maxDeepPairs: 'deep pairs' };

/** A connection that is live at once, and whose worker does only what the test says. */
class ScenicConnection implements Pick<FeedRunner, 'feed' | 'isLive' | 'isRunning' | 'ringPosition'> {
  readonly feed: number;
  readonly isLive = true;
  readonly isRunning = true;
  readonly ringPosition = 0;
  /** Modes by slot, as the broker was asked. */
  readonly carried = new Map<number, Mode | 0>();
  /** Slots that it was asked to hand over. */
  readonly asked: number[] = [];

  constructor(feed: number) {
    this.feed = feed;
  }

  apply: FeedRunner['apply'] = (changes) => {
    for (const { instrument, mode } of changes) {
      if (mode === 0) this.carried.delete(instrument.slot);
      else this.carried.set(instrument.slot, mode);
      assert.ok(this.carried.size <= MAX_PAIRS, 'the broker was asked for too much');
    }
  };
  handOver: FeedRunner['handOver'] = (slots) => void this.asked.push(...slots);
  take = () => {};
  stop = async () => {};
}

function setUp(t: TestContext) {
  const connections: ScenicConnection[] = [];
  /** How often it was said that there is room again. */
  const told = { rooms: 0 };
  let events: FeedEvents | undefined;
  const asRunner = (connection: Partial<FeedRunner>) => connection as FeedRunner;
  const pool = new FeedPool({
    quota: { maxConnections: CONNECTIONS, maxPairs: MAX_PAIRS, maxDeepPairs: 2 },
    names: NAMES,
    owners: new SlotOwners(SlotOwners.create(TOKENS + 1)),
    moveAfterMs: 0,
    log: pino({ level: 'silent' }),
    create: (given) => {
      events = given;
      const connection = new ScenicConnection(connections.length);
      connections.push(connection);
      setImmediate(() => given.onState(asRunner(connection)));
      return asRunner(connection);
    },
    onRefused: () => {},
    onRoom: () => {
      told.rooms++;
    },
  });
  t.after(() => pool.stop());
  const subscribe = (slot: number): boolean => {
    const instrument = { ...RELIANCE, slot, token: `${slot}` };
    if (pool.claim(instrument, MODE.LTP) !== null) return false;
    pool.apply([{ instrument, mode: MODE.LTP, deep: false }]);
    return true;
  };
  return { pool, connections, subscribe, events: () => events!, asRunner, told };
}

/** Two connections that are full, and a third to which tokens move so that all carry as many. */
async function evening(t: TestContext) {
  const scene = setUp(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (let slot = 0; slot <= 2 * MAX_PAIRS; slot++) assert.ok(scene.subscribe(slot));
  await new Promise(setImmediate);
  t.mock.timers.tick(1);
  assert.ok(scene.pool.isMoving);
  return scene;
}

test('while tokens move to make connections equally full, all that the quota allows can be subscribed', async (t) => {
  const { pool, subscribe, connections } = await evening(t);
  for (let slot = 2 * MAX_PAIRS + 1; slot < TOKENS; slot++) assert.ok(subscribe(slot), `token ${slot}`);
  assert.equal(subscribe(TOKENS), false);
  assert.deepEqual(
    connections.map(({ carried }) => carried.size),
    [MAX_PAIRS, MAX_PAIRS, MAX_PAIRS],
  );
  assert.equal(pool.isMoving, false);
});

test('tokens that move give way to what is wished for one by one, before another connection is opened', async (t) => {
  const { pool, subscribe, connections } = setUp(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (let slot = 0; slot <= MAX_PAIRS; slot++) assert.ok(subscribe(slot));
  await new Promise(setImmediate);
  t.mock.timers.tick(1);
  const coming = connections[1]!.carried.size - 1;
  assert.ok(coming > 1);
  for (let slot = MAX_PAIRS + 1; slot <= 2 * MAX_PAIRS - coming; slot++) assert.ok(subscribe(slot));
  assert.deepEqual([connections.length, connections[1]!.carried.size], [2, MAX_PAIRS]);
  assert.ok(pool.isMoving);
});

test('what is refused while tokens are handed over is wished for again when they have moved', async (t) => {
  const { subscribe, connections, events, asRunner, told } = await evening(t);
  const [, , taker] = connections;
  const coming = [...taker!.carried.keys()].filter((slot) => slot < 2 * MAX_PAIRS);
  events().onCarries(asRunner(taker!), coming);
  let slot = 2 * MAX_PAIRS + 1;
  while (subscribe(slot)) slot++;
  assert.ok(slot < TOKENS);
  // As connections come up it is looked again whatever moves.
  t.mock.timers.tick(1);
  assert.equal(subscribe(slot), false);
  const before = told.rooms;
  for (const giver of connections) events().onHandedOver(asRunner(giver), giver.asked.splice(0));
  t.mock.timers.tick(1);
  assert.equal(told.rooms, before + 1);
  assert.ok(subscribe(slot));
});
