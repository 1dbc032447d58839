/** Ticks that wait for one another: fewer reads at the client, the same ticks. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { BusClient } from '../support/bus-client.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const TOPIC = formatTopic({ broker: 'angel', exchange: 'NSE', symbol: 'RELIANCE' }, MODE.QUOTE);
const MAX_ROUNDS = 5;
const TICKS_PER_ROUND = 4;

const sequences = (text: string): number[] =>
  [...text.matchAll(/"seq": (\d+)/g)].map(([, sequence]) => Number(sequence));

/** An engine that lets ticks wait for 100 ms, a client of it, and a subscriber of the bus, which waits for none. */
async function startScene(t: TestContext) {
  const { wsUrl, key, exchange, engine, busEndpoint } = await startEngineFixture(t, {
    flags: ['--flush-us=100000'],
  });
  const bus = new BusClient(t, busEndpoint, TOPIC);
  const client = await RawClient.connect(wsUrl);
  t.after(() => client.socket.destroy());
  await client.ask({ action: 'authenticate', api_key: key, features: ['sequence'] }, '"status": "success"');
  const wish = { action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 2 };
  await client.ask(wish, '"status": "success"');
  await until('the wish upstream', () =>
    exchange.connections.some(({ subscriptions }) => subscriptions.length > 0),
  );
  const texts = () => client.frames().map(({ payload }) => payload.toString());
  return {
    engine,
    client,
    /** One tick, which is in the ring when this returns. */
    tick: async () => {
      const before = bus.ticks().length;
      exchange.step(1);
      await until('the tick on the bus', () => bus.ticks().length > before);
    },
    seen: () => sequences(texts().join('\n')),
    published: () => bus.ticks().map(({ seq }) => seq),
  };
}

test('ticks that come one by one reach a client in one read, in their order and without a loss', async (t) => {
  const { client, tick, seen, published } = await startScene(t);
  let most = 0;
  // A machine that is busy with something else may take more than 100 ms for a round.
  for (let round = 0; round < MAX_ROUNDS && most < TICKS_PER_ROUND; round++) {
    const from = client.reads.length;
    for (let i = 0; i < TICKS_PER_ROUND; i++) await tick();
    await until('the ticks', () => seen().length >= published().length);
    const inReads = client.reads.slice(from).map((read) => sequences(read.toString('latin1')).length);
    most = Math.max(most, ...inReads);
  }
  assert.ok(most >= TICKS_PER_ROUND, `at most ${most} in one read`);
  assert.deepEqual(seen(), published());
});

test('ticks that wait when the engine stops are sent before the connection is closed', async (t) => {
  const { engine, client, tick, seen, published } = await startScene(t);
  await tick();
  await until('the first tick', () => seen().length > 0);
  await tick();
  await tick();
  await engine.stop();
  await until('the close', () => client.isClosed);
  assert.deepEqual(seen(), published());
  assert.equal(client.closeFrame()?.code, 1001);
});
