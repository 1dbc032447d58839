/** Requests beyond what the broker allows to an account: what fits is served, and who asked for more reads why not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertUnbroken,
  STOCKS,
  startPoolScene,
  subscribeStocks,
  untilEachOnce,
  untilLoads,
  untilTicks,
} from '../support/pool-scene.ts';
import type { Message, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const nameOf = (n: number) => STOCKS[n]!.symbol;
const pairOf = (n: number, mode: number) => `1:${STOCKS[n]!.token}:${mode}`;
const pairs = (from: number, to: number, mode = 3) =>
  Array.from({ length: to - from }, (_, i) => pairOf(from + i, mode));

async function entryOf(client: TestClient, request: object): Promise<Message> {
  const { message } = await client.ask({ action: 'subscribe', exchange: 'NSE', ...request });
  // The design dialect answers a single symbol that fails with an error.
  return (message.subscriptions as Message[] | undefined)?.[0] ?? message;
}

/** 20 levels are the design dialect's. */
const DESIGN = { path: '/?dialect=design' };
const deepOf = (n: number) => ({ symbol: nameOf(n), mode: 4, depth_level: 20 });

test('beyond the quota each symbol reads which limit it met, whose it is and what to do, and fits in when there is room', async (t) => {
  const scene = await startPoolScene(t, 3, { flags: ['--max-websocket-connections=2'] });
  const client = await scene.client();
  await subscribeStocks(client, 0, 6);
  await untilLoads(scene, [3, 3]);
  const refused = await entryOf(client, { symbol: nameOf(6), mode: 1 });
  assert.equal(refused.status, 'error');
  assert.equal(
    refused.message,
    'Maximum capacity reached: 6 pairs are subscribed, the limit is 2 (MAX_WEBSOCKET_CONNECTIONS) connections of 3 ' +
      '(MAX_SYMBOLS_PER_WEBSOCKET) pairs of token and mode. Unsubscribe some first',
  );
  // Another mode of what is carried takes no pair of its own.
  assert.equal((await entryOf(client, { symbol: nameOf(0), mode: 1 })).status, 'success');
  await client.ask({ action: 'unsubscribe', symbol: nameOf(5), exchange: 'NSE', mode: 3 });
  assert.equal((await entryOf(client, { symbol: nameOf(6), mode: 3 })).status, 'success');
  await untilUpstream(scene.exchange, [...pairs(0, 5), pairOf(6, 3)]);
  assert.equal(scene.exchange.counters.requestErrors, 0, 'the broker was never asked for too much');
});

test('a 20-level overlay that does not fit beside its instrument takes it to a connection with room, without a gap', async (t) => {
  const scene = await startPoolScene(t, 4, { flags: ['--max-websocket-connections=2', '--angel-depth20'] });
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, 4);
  await untilTicks(client, 4);
  const deep = await scene.client(DESIGN);
  assert.equal((await entryOf(deep, deepOf(1))).status, 'success');
  await untilUpstream(scene.exchange, [...pairs(0, 4), pairOf(1, 4)]);
  const both = scene.exchange.connections.map(({ subscriptions }) =>
    subscriptions.filter(({ token }) => token === STOCKS[1]!.token).map(({ mode }) => mode),
  );
  assert.deepEqual(both.filter(({ length }) => length > 0).length, 1, 'overlay and instrument lie together');
  await until('deep ticks', () => deep.ticks().length > 0);
  await untilTicks(client, 4);
  assertUnbroken(client, 4);
});

test('an overlay for which there is no room is refused alone: its instrument goes on with five levels', async (t) => {
  const scene = await startPoolScene(t, 4, { flags: ['--max-websocket-connections=1', '--angel-depth20'] });
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, 3);
  const deep = await scene.client(DESIGN);
  assert.equal((await entryOf(deep, deepOf(0))).status, 'success');
  const refused = await entryOf(deep, deepOf(1));
  assert.equal(refused.code, 'MAX_CAPACITY_REACHED');
  assert.match(
    String(refused.message),
    /^Maximum capacity reached: each of 1 \(MAX_WEBSOCKET_CONNECTIONS\) connections carries 4 \(MAX_SYMBOLS_PER_WEBSOCKET\) pairs/,
  );
  await untilTicks(client, 3);
  await untilUpstream(scene.exchange, [...pairs(0, 3), pairOf(0, 4)]);
  await deep.ask({ action: 'unsubscribe', symbol: nameOf(0), exchange: 'NSE', mode: 4 });
  assert.equal((await entryOf(deep, deepOf(1))).status, 'success');
  await untilUpstream(scene.exchange, [...pairs(0, 3), pairOf(1, 4)]);
});

test('what the broker refuses although there seemed to be room is carried by another connection', async (t) => {
  const scene = await startPoolScene(t, 100, { exchange: { maxSubscriptions: 6 } });
  const client = await scene.client({ features: ['sequence'] });
  await subscribeStocks(client, 0, 6);
  await untilTicks(client, 6);
  await subscribeStocks(client, 6, 10);
  await untilEachOnce(scene.exchange, 10);
  await untilTicks(client, 10);
  assertUnbroken(client, 10);
  assert.ok(
    client.received.every(({ message }) => message.type !== 'error'),
    'nobody is told of a refusal',
  );
});

test('what no connection carries is told to those who asked for it', async (t) => {
  const scene = await startPoolScene(t, 100, {
    exchange: { maxSubscriptions: 3 },
    flags: ['--max-websocket-connections=1'],
  });
  const client = await scene.client();
  await subscribeStocks(client, 0, 3);
  await untilTicks(client, 3);
  await client.subscribe('NSE', nameOf(3), 3);
  const told = await client.next('the refusal', ({ message }) => message.code === 'BROKER_REFUSED');
  assert.match(String(told.message.message), new RegExp(`${nameOf(3)}.*E1002`));
  await untilTicks(client, 3);
  // The engine has learned what the connection holds.
  const entry = await entryOf(client, { symbol: nameOf(4), mode: 3 });
  assert.match(
    String(entry.message),
    /the broker refuses more than 3 pairs of token and mode on its connections: another program/,
  );
});
