/** Subscriptions of the client library, against a server that does what the test says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect, openClient, readAll } from '../../support/client-scene.ts';
import { type Scripted, ScriptedServer, scriptedTick } from '../../support/scripted-server.ts';
import { until } from '../../support/until.ts';

const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };
const status = (name: string) => ({
  type: 'feed_status',
  status: name,
  since: 1,
  reason: 'said so',
  broker: 'angel',
  instruments: [RELIANCE],
});

test('what is subscribed together is asked for together, in portions, and each symbol hears its own answer', async (t) => {
  const server = await ScriptedServer.start(t);
  server.script = ({ action, symbols }) => {
    if (action !== 'subscribe') return null;
    const subscriptions = (symbols as Scripted[]).map((each) =>
      each.symbol === 'S7'
        ? { ...each, status: 'error', code: 'NOT_ENTITLED', message: 'no right', broker: 'angel' }
        : { ...each, status: 'success', mode: 'LTP', broker: 'angel' },
    );
    return [{ type: 'subscribe', status: 'partial', subscriptions }];
  };
  const { client, errors } = openClient(t, server.url);
  const all = Array.from({ length: 250 }, (_, i) => client.subscribe(`NSE:S${i}`, 'ltp'));
  const results = await Promise.allSettled(all.map((each) => each.confirmed()));
  assert.deepEqual(results.filter(({ status: each }) => each === 'rejected').length, 1);
  await assert.rejects(all[7]!.confirmed(), { code: 'NOT_ENTITLED', instrument: 'NSE:S7' });
  await assert.rejects(readAll(all[7]!), { code: 'NOT_ENTITLED' });
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['NOT_ENTITLED'],
  );
  const sizes = server.connections[0]!.asked('subscribe').map(({ symbols }) => (symbols as unknown[]).length);
  assert.deepEqual(sizes, [100, 100, 50]);
});

test('a server that takes fewer at once, or slower, or not now, gets what it can take, and all is subscribed in the end', async (t) => {
  const server = await ScriptedServer.start(t);
  const refusals = [
    { status: 'error', code: 'BATCH_TOO_LARGE', message: 'A request may name 60 symbols' },
    { status: 'error', code: 'RATE_LIMITED', message: 'Too many requests', retry_after_ms: 20 },
  ];
  server.script = ({ action }) => {
    const refusal = action === 'subscribe' ? refusals.shift() : undefined;
    return refusal === undefined ? null : [refusal];
  };
  const { client, errors } = openClient(t, server.url);
  const all = Array.from({ length: 100 }, (_, i) => client.subscribe(`NSE:S${i}`, 'ltp'));
  await Promise.all(all.map((each) => each.confirmed()));
  const sizes = server.connections[0]!.asked('subscribe').map(({ symbols }) => (symbols as unknown[]).length);
  assert.deepEqual(sizes, [100, 50, 50, 50]);
  assert.deepEqual(errors, []);
});

test('a feed host that is away delays a subscription, which says so and does not end', async (t) => {
  const server = await ScriptedServer.start(t);
  const away = { ...RELIANCE, status: 'error', code: 'FEED_UNAVAILABLE', message: 'host a is away' };
  // The second one forgets what it was asked for.
  const answers = [[away], []];
  server.script = ({ action }) => {
    const subscriptions = action === 'subscribe' ? answers.shift() : undefined;
    return subscriptions === undefined ? null : [{ type: 'subscribe', status: 'partial', subscriptions }];
  };
  const { client } = openClient(t, server.url);
  await client.ready();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const ltp = client.subscribe('NSE:RELIANCE', 'ltp');
  for (const expected of ['FEED_UNAVAILABLE', 'BAD_MESSAGE']) {
    const code = await new Promise((resolve) => ltp.on('error', (error) => resolve(error.code)));
    assert.deepEqual([code, ltp.staleReason], [expected, 'disconnected']);
    t.mock.timers.tick(3000);
  }
  await ltp.confirmed();
});

test('a value is fresh only while the feed is live and a tick has come since it was not', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const { subscription, stale } = collect(client.subscribe('NSE:RELIANCE', 'ltp'));
  const own = await server.connection(0, 'subscribe');
  const stages: readonly [Scripted, string | null][] = [
    [status('connecting'), 'connecting'],
    [status('live'), 'no_tick'],
    [scriptedTick(1, { snapshot: true, stale: true }), 'old_tick'],
    [scriptedTick(2), null],
    [status('recovering'), 'recovering'],
    [status('live'), 'old_tick'],
    [scriptedTick(3), null],
    [status('stale'), 'stale'],
    [scriptedTick(4), 'stale'],
    [status('live'), null],
    [{ status: 'error', code: 'BROKER_REFUSED', message: 'limit', ...RELIANCE }, 'broker_refused'],
    [scriptedTick(5), null],
    [status('market_closed'), 'market_closed'],
  ];
  for (const [message, reason] of stages) {
    own.send(message);
    await until(`${reason} after ${JSON.stringify(message)}`, () => subscription.staleReason === reason);
  }
  own.socket.terminate();
  await until('the loss', () => subscription.staleReason === 'disconnected');
  const told = stages.map(([, reason]) => reason).filter((reason, i, all) => reason !== all[i - 1]);
  assert.deepEqual(stale, ['no_tick', ...told, 'disconnected']);
  assert.equal(subscription.last?.seq, 5);
});

test('gaps and receipts come with the tick that they are about, of their own mode and instrument', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const ltp = collect(client.subscribe('NSE:RELIANCE', 'ltp'));
  const quote = collect(client.subscribe('NSE:RELIANCE', 'quote'));
  await Promise.all([ltp, quote].map((each) => each.subscription.confirmed()));
  const own = server.connections[0]!;
  const lost = {
    type: 'gap',
    ...RELIANCE,
    reason: 'lost',
    epoch: 1,
    missed: 2,
    last_epoch: 1,
    last_seq: 1,
    next_seq: 4,
  };
  const receipt = {
    type: 'receipt',
    ...RELIANCE,
    mode: 1,
    merged: 3,
    first_epoch: 1,
    first_seq: 4,
    epoch: 1,
    last_seq: 6,
    low: 9,
    high: 11,
  };
  own.sendTogether(
    scriptedTick(1),
    { ...lost, symbol: 'TCS' },
    lost,
    { ...lost, reason: 'conflated', mode: 2, missed: 1 },
    { ...lost, reason: 'impossible', mode: 2, missed: -5 },
    receipt,
    { type: 'weather', is: 'fine' },
    scriptedTick(6),
    scriptedTick(6, {}, 2),
    scriptedTick(7),
  );
  await until('the ticks', () => ltp.ticks.length === 3 && quote.ticks.length === 1);
  const gap = { reason: 'lost', missed: 2, lastEpoch: 1, lastSeq: 1, epoch: 1, nextSeq: 4 };
  assert.deepEqual(
    ltp.ticks.map((tick) => tick.gap),
    [null, gap, null],
  );
  assert.deepEqual(
    quote.gaps.map(({ missed }) => missed),
    [2, 1, null],
  );
  assert.deepEqual(quote.ticks[0]!.gap, { ...gap, reason: 'impossible', missed: null });
  const merged = {
    merged: 3,
    firstEpoch: 1,
    firstSeq: 4,
    epoch: 1,
    lastSeq: 6,
    low: 9,
    high: 11,
    by: 'server',
  };
  assert.deepEqual(
    ltp.ticks.map((tick) => tick.receipt),
    [null, merged, null],
  );
  assert.equal(quote.ticks[0]!.receipt, null);
});

test('numbers that jump without a word are a gap, and those of two sources are not mixed up', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const { ticks, gaps } = collect(client.subscribe('NSE:RELIANCE', 'ltp'));
  const own = await server.connection(0, 'subscribe');
  own.sendTogether(
    scriptedTick(5),
    scriptedTick(70, { epoch: 2 }),
    scriptedTick(6),
    scriptedTick(71, { epoch: 2 }),
    scriptedTick(9),
    scriptedTick(9, { snapshot: true }),
  );
  await until('the ticks', () => ticks.length === 6);
  const gap = { reason: 'unannounced', missed: 2, lastEpoch: 1, lastSeq: 6, epoch: 1, nextSeq: 9 };
  assert.deepEqual(gaps, [gap]);
  assert.deepEqual(
    ticks.map((tick) => tick.gap),
    [null, null, null, null, gap, null],
  );
});

test('more than five levels are asked for and read in their own form, beside the five of the same instrument, and come back', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const five = collect(client.subscribe('NSE:RELIANCE', 'depth'));
  const twenty = collect(client.subscribe('NSE:RELIANCE', 'depth', { levels: 20 }));
  await Promise.all([five, twenty].map((each) => each.subscription.confirmed()));
  const own = server.connections[0]!;
  assert.deepEqual(
    own.asked('subscribe').map(({ mode, depth }) => [mode, depth]),
    [
      [3, 5],
      [4, 20],
    ],
  );
  const level = { price: 2500.25, quantity: 100, orders: 3 };
  const data = {
    ...RELIANCE,
    ltp: 2500.5,
    depth: { buy: [level], sell: [] },
    timestamp: '2025-04-16T10:30:45.123Z',
  };
  const form = {
    type: 'market_data',
    mode: 4,
    topic: 'RELIANCE.NSE',
    depth_level: 20,
    actual_depth_level: 5,
  };
  own.send({ ...form, data, epoch: 1, seq: 1 });
  await until('the tick', () => twenty.ticks.length === 1);
  const { mode, levels, buy, sell, receivedAt, time, volume, broker } = twenty.ticks[0]!;
  assert.deepEqual([mode, levels, buy, sell, broker], ['depth', 5, [level], [], 'angel']);
  assert.deepEqual([receivedAt, time, volume], [Date.UTC(2025, 3, 16, 10, 30, 45, 123), null, null]);
  assert.equal(five.ticks.length, 0);
  server.script = (request, connection) => {
    if (request.action !== 'authenticate') return null;
    const entry = { ...RELIANCE, status: 'success', broker: 'angel' };
    const subscriptions = [
      { ...entry, mode: 'Depth' },
      { ...entry, mode: 4, depth_level: 20 },
    ];
    connection.sendTogether(
      { type: 'auth', status: 'success', features: request.features, session: 'first' },
      { type: 'session', status: 'resumed', away_ms: 1, subscriptions, orders: false },
    );
    return [];
  };
  own.socket.terminate();
  await until(
    'their return',
    () =>
      twenty.stale.filter((reason) => reason === 'disconnected').length === 1 &&
      twenty.subscription.staleReason !== 'disconnected',
  );
  await client.subscribe('NSE:TCS', 'ltp').confirmed();
  assert.deepEqual(
    server.connections[1]!.asked('subscribe').map(({ symbols }) => symbols),
    [[{ symbol: 'TCS', exchange: 'NSE' }]],
  );
});

test('subscriptions to the same share one stream; the late one begins with the known value, and the last one ends it', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const first = client.subscribe('NSE:RELIANCE', 'ltp');
  const own = await server.connection(0, 'subscribe');
  own.send(scriptedTick(1));
  await until('the tick', () => first.last !== null);
  const second = collect(client.subscribe('NSE:RELIANCE', 'ltp'));
  await until('its first', () => second.ticks.length === 1);
  assert.deepEqual([second.ticks[0]!.isSnapshot, second.ticks[0]!.seq], [true, 1]);
  await first.unsubscribe();
  assert.deepEqual(
    (await readAll(first)).map(({ seq }) => seq),
    [1],
  );
  assert.deepEqual([own.asked('subscribe').length, own.asked('unsubscribe').length], [1, 0]);
  await second.subscription.unsubscribe();
  assert.deepEqual(
    own.asked('unsubscribe').map(({ symbols }) => symbols),
    [[{ ...RELIANCE, mode: 1 }]],
  );
  own.send(scriptedTick(2));
  await client.subscribe('NSE:RELIANCE', 'ltp').confirmed();
  assert.equal(second.ticks.length, 1);
});

test('a right that is taken away ends the subscription with its code, and order updates come while they are wanted', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client, errors } = openClient(t, server.url);
  const orders: unknown[] = [];
  client.on('order', (order) => void orders.push(order));
  client.subscribeOrders();
  const ltp = client.subscribe('NSE:RELIANCE', 'ltp');
  const own = await server.connection(0, 'subscribe_orders');
  own.send({ type: 'order_update', orderid: '1', order_status: 'complete' });
  const ended = { type: 'subscription_ended', status: 'error', code: 'NOT_ENTITLED', message: 'no depth' };
  own.send({ ...ended, subscriptions: [{ ...RELIANCE, mode: 1, missing: 'mode 1' }] });
  await assert.rejects(readAll(ltp), { code: 'NOT_ENTITLED' });
  assert.deepEqual(orders, [{ type: 'order_update', orderid: '1', order_status: 'complete' }]);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['NOT_ENTITLED'],
  );
  own.socket.terminate();
  await server.connection(1, 'subscribe_orders');
  client.unsubscribeOrders();
  await server.connection(1, 'unsubscribe_orders');
});

test('a loop that is left can be taken up again, two at once cannot, and callbacks that come late get what waited', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const ltp = client.subscribe('NSE:RELIANCE', 'ltp', { overflow: 'end', buffer: 3 });
  const own = await server.connection(0, 'subscribe');
  for (const seq of [1, 2, 3]) own.send(scriptedTick(seq));
  for await (const tick of ltp) {
    assert.equal(tick.seq, 1);
    assert.throws(() => ltp[Symbol.asyncIterator](), { code: 'ALREADY_READ' });
    break;
  }
  await until('the ticks', () => ltp.last?.seq === 3);
  const { ticks } = collect(ltp);
  assert.deepEqual(
    ticks.map(({ seq }) => seq),
    [2, 3],
  );
  for (const seq of [4, 5, 6, 7, 8]) own.send(scriptedTick(seq));
  await until('the ticks', () => ticks.length === 7);
  const given = ltp[Symbol.asyncIterator]();
  const inVain = given.next();
  await given.return?.();
  assert.deepEqual(await inVain, { done: true, value: undefined });
  const later = ltp[Symbol.asyncIterator]().next();
  own.send(scriptedTick(9));
  assert.equal((await later).value?.seq, 9);
});

test('what is dropped while the server is asked for it is never asked for again, whatever the answer, and dropping ends with it', async (t) => {
  const server = await ScriptedServer.start(t);
  server.script = ({ action }) => (action === 'subscribe' ? [] : null);
  const { client, errors } = openClient(t, server.url);
  const TCS = { symbol: 'TCS', exchange: 'NSE' };
  const unavailable = { status: 'error', code: 'FEED_UNAVAILABLE', message: 'no feed' };
  const answers: readonly Scripted[] = [
    unavailable,
    { type: 'subscribe', status: 'partial', subscriptions: [{ ...TCS, ...unavailable, mode: 'LTP' }] },
    { status: 'error', code: 'RATE_LIMITED', message: 'Too many requests', retry_after_ms: 20 },
  ];
  const first = await server.connection();
  for (const [nth, answer] of answers.entries()) {
    const dropped = client.subscribe('NSE:TCS', 'ltp');
    await until('the request', () => first.asked('subscribe').length === nth + 1);
    let isLeft = false;
    void dropped.unsubscribe().then(() => {
      isLeft = true;
    });
    first.send(answer);
    await until(`the end of dropping it after ${JSON.stringify(answer)}`, () => isLeft);
  }
  server.script = () => null;
  await client.subscribe('NSE:RELIANCE', 'ltp').confirmed();
  const last = first.asked('subscribe').slice(answers.length);
  assert.deepEqual(
    last.map(({ symbols }) => symbols),
    [[RELIANCE]],
  );
  assert.deepEqual(errors, []);
});

test('dropping is over when somebody subscribes again before the server is told', async (t) => {
  const server = await ScriptedServer.start(t);
  const { client } = openClient(t, server.url);
  const dropped = client.subscribe('NSE:RELIANCE', 'ltp');
  await dropped.confirmed();
  let isLeft = false;
  void dropped.unsubscribe().then(() => {
    isLeft = true;
  });
  await client.subscribe('NSE:RELIANCE', 'ltp').confirmed();
  await until('the end of dropping it', () => isLeft);
  assert.deepEqual(server.connections[0]!.asked('unsubscribe'), []);
});
