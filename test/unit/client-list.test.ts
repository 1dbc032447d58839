import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readLiveRequest } from '../../src/main/dashboard/live-request.ts';
import { ClientList } from '../../src/main/ops/client-list.ts';
import type { ClientRow, ToClientReport } from '../../src/workers/client-messages.ts';

function row(connection: number, backlogBytes: number, subscriptions: number): ClientRow {
  const who = {
    address: '10.0.0.1',
    user: 'u',
    keyId: null,
    role: null,
    framing: 'json',
    dialect: 'openalgo',
    connectedAt: 0,
  } as const;
  return { connection, ...who, subscriptions, backlogBytes, conflated: 0, slow: false, sentBytes: 0 };
}

function scene(t: TestContext, running: readonly number[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const restarts = new Map<number, number>();
  const asked: { readonly reader: number; readonly message: ToClientReport }[] = [];
  const list = new ClientList({
    running: () => running,
    restarts: (reader) => restarts.get(reader) ?? 0,
    post: (reader, message) => void asked.push({ reader, message }),
  });
  const describe = (reader: number, clients: readonly ClientRow[], total = clients.length) => {
    const { message } = asked.find((each) => each.reader === reader)!;
    list.onMessage(reader, { type: 'clientsDescribed', id: message.id, clients, total, holders: [total] });
  };
  return { list, asked, describe, restarts };
}

test('the clients of all workers are one list: furthest behind first, then those that hold most, and no more than asked', async (t) => {
  const { list, describe } = scene(t, [1, 2]);
  const listing = list.describe(3, [{ exchange: 'NSE', symbol: 'A' }]);
  describe(1, [row(5, 900, 1), row(6, 0, 40)], 70);
  describe(2, [row(5, 1000, 1), row(9, 0, 50)], 30);
  const { clients, total, holders } = await listing;
  assert.deepEqual(
    clients.map(({ id }) => id),
    ['2-5', '1-5', '2-9'],
  );
  assert.deepEqual([total, holders], [100, [100]]);
});

test('the key of a client is named as the commands name it, also on a proxy host', async (t) => {
  const { list, describe } = scene(t, [1]);
  const ids = ['own:3f9a1c2b', '0/own:3f9a1c2b', 'openalgo:alice', '12/openalgo:3/alice', null];
  const listing = list.describe(10, []);
  describe(
    1,
    ids.map((keyId, i) => ({ ...row(i, 0, 0), keyId })),
  );
  assert.deepEqual(
    (await listing).clients.map(({ keyId }) => keyId),
    ['3f9a1c2b', '3f9a1c2b', 'openalgo:alice', 'openalgo:3/alice', null],
  );
});

test('a worker that leaves or has no time is not waited for', async (t) => {
  const { list, describe } = scene(t, [1, 2, 3]);
  const listing = list.describe(10, []);
  describe(1, [row(1, 0, 0)]);
  list.onWorkerGone(2);
  t.mock.timers.tick(1500);
  assert.equal((await listing).total, 1);
  // Late, and of no use to anybody.
  describe(3, [row(2, 0, 0)]);
});

test('a client is looked for in its own worker, and nobody is said to be disconnected who is not', async (t) => {
  const { list, asked } = scene(t, [1, 2]);
  const done = list.disconnect('2-7');
  assert.deepEqual(
    asked.map(({ reader, message }) => [reader, message.type, 'connection' in message && message.connection]),
    [[2, 'disconnectClient', 7]],
  );
  list.onMessage(1, { type: 'clientDisconnected', id: 1, isFound: true });
  list.onMessage(2, { type: 'clientDisconnected', id: 1, isFound: true });
  assert.equal(await done, 'done');
  const gone = list.disconnect('1-7');
  list.onMessage(1, { type: 'clientDisconnected', id: 2, isFound: false });
  assert.equal(await gone, 'unknown');
  assert.equal(await list.disconnect('9-7'), 'unknown');
  const silent = list.disconnect('1-8');
  t.mock.timers.tick(1500);
  assert.equal(await silent, 'silent');
});

test('what a client is subscribed to is asked of its own worker, and who is gone or not told of is said to be', async (t) => {
  const { list, asked } = scene(t, [1, 2]);
  const listing = { subscriptions: [], total: 3 };
  const told = list.subscriptions('2-7', 500);
  assert.deepEqual(asked, [
    { reader: 2, message: { type: 'describeSubscriptions', id: 1, connection: 7, limit: 500 } },
  ]);
  list.onMessage(2, { type: 'subscriptionsDescribed', id: 1, listing });
  assert.equal(await told, listing);
  const gone = list.subscriptions('1-7', 500);
  list.onMessage(1, { type: 'subscriptionsDescribed', id: 2, listing: null });
  assert.equal(await gone, 'unknown');
  assert.equal(await list.subscriptions('9-7', 500), 'unknown');
  const silent = list.subscriptions('1-8', 500);
  t.mock.timers.tick(1500);
  assert.equal(await silent, 'silent');
});

test('without a worker the list is empty at once', async (t) => {
  const { list } = scene(t, []);
  assert.deepEqual(await list.describe(10, []), { clients: [], total: 0, holders: [] });
});

test('who was listed before a worker was started again is never taken for somebody who came to it later', async (t) => {
  const { list, asked, describe, restarts } = scene(t, [1, 2]);
  const before = list.describe(10, []);
  describe(1, [row(17, 0, 0)]);
  // It fails before the other one has answered.
  list.onWorkerGone(1);
  restarts.set(1, 1);
  describe(2, []);
  const [listed] = (await before).clients;
  assert.equal(listed?.id, '1-17');
  asked.length = 0;
  assert.equal(await list.disconnect('1-17'), 'unknown');
  assert.equal(asked.length, 0);
  const after = list.describe(10, []);
  describe(1, [row(17, 0, 0)]);
  describe(2, []);
  const [later] = (await after).clients;
  assert.notEqual(later?.id, listed?.id);
  const request = { do: 'disconnect', id: later?.id };
  assert.deepEqual(readLiveRequest(request), request);
  asked.length = 0;
  const done = list.disconnect(later!.id);
  assert.partialDeepStrictEqual(asked, [
    { reader: 1, message: { type: 'disconnectClient', connection: 17 } },
  ]);
  list.onMessage(1, { type: 'clientDisconnected', id: asked[0]!.message.id, isFound: true });
  assert.equal(await done, 'done');
});
