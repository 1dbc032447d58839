/** The published design's side of the protocol: its ticks, its errors, its depth levels, in both framings. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import type { Message, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

const DESIGN = { path: '/?dialect=design' };
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function start(t: TestContext, depth20 = true): Promise<EngineFixture> {
  return startEngineFixture(t, { flags: depth20 ? ['--angel-depth20'] : [] });
}

/** The next tick of a mode after `exchange.step()`. */
async function nextTick({ exchange }: EngineFixture, client: TestClient, mode: number): Promise<Message> {
  const from = client.received.length;
  exchange.step(30);
  const found = await client.next(
    `a tick of mode ${mode}`,
    ({ message }) => message.type === 'market_data' && message.mode === mode,
    from,
  );
  return found.message;
}

const request = (mode: unknown, more: object = {}) => ({
  action: 'subscribe',
  symbol: 'RELIANCE',
  exchange: 'NSE',
  mode,
  ...more,
});

test('LTP and Quote ticks of the design have its keys, a topic and an ISO time, and are the same in msgpack', async (t) => {
  const fixture = await start(t);
  const json = await fixture.client(DESIGN);
  const msgpack = await fixture.client({ ...DESIGN, framing: 'msgpack' });
  for (const each of [json, msgpack]) for (const mode of [1, 2]) await each.ask(request(mode));
  const ltp = await nextTick(fixture, json, 1);
  assert.deepEqual(Object.keys(ltp), ['type', 'mode', 'topic', 'data']);
  assert.deepEqual(Object.keys(ltp.data!), ['symbol', 'exchange', 'ltp', 'timestamp']);
  assert.equal(ltp.topic, 'RELIANCE.NSE');
  assert.match(String(ltp.data?.timestamp), ISO);
  const quote = await nextTick(fixture, json, 2);
  const keys = [
    'symbol',
    'exchange',
    'ltp',
    'change',
    'change_percent',
    'volume',
    'open',
    'high',
    'low',
    'close',
  ];
  keys.push('last_trade_quantity', 'avg_trade_price', 'timestamp');
  assert.deepEqual(Object.keys(quote.data!), keys);
  await until('as many ticks in msgpack', () => msgpack.ticks().length === json.ticks().length);
  assert.deepEqual(msgpack.ticks(), json.ticks());
});

test('a mode 4 subscription is served with the levels that were asked for, and says what the broker can', async (t) => {
  const fixture = await start(t);
  const client = await fixture.client(DESIGN);
  const { message } = await client.ask(request(4, { depth_level: 20, request_id: 'd1' }));
  assert.equal(message.status, 'success');
  assert.equal(message.request_id, 'd1');
  const [entry] = message.subscriptions as Message[];
  assert.deepEqual(entry, {
    symbol: 'RELIANCE',
    exchange: 'NSE',
    status: 'success',
    mode: 4,
    topic: 'RELIANCE.NSE',
    depth_level: 20,
    actual_depth_level: 20,
    broker_supported: true,
    supported_depths: [5, 20],
    broker: 'angel',
  });
  await untilUpstream(fixture.exchange, ['1:2885:3', '1:2885:4']);
  const tick = await nextTick(fixture, client, 4);
  assert.deepEqual(Object.keys(tick), ['type', 'mode', 'depth_level', 'topic', 'data']);
  assert.deepEqual(Object.keys(tick.data!), [
    'symbol',
    'exchange',
    'ltp',
    'depth',
    'timestamp',
    'broker_supported',
  ]);
  const { buy, sell } = tick.data!.depth as { buy: unknown[]; sell: unknown[] };
  assert.deepEqual([tick.depth_level, buy.length, sell.length], [20, 20, 20]);
  assert.ok(Number(tick.data?.ltp) > 0, 'the LTP comes from the depth tick beside it');
  client.send({ action: 'unsubscribe', symbol: 'RELIANCE', exchange: 'NSE', mode: 4 });
  await untilUpstream(fixture.exchange, []);
});

test('fewer levels than asked for come with a notice in the confirmation and in every tick', async (t) => {
  const fixture = await start(t);
  const client = await fixture.client(DESIGN);
  const { message } = await client.ask(request('Depth', { depth_level: 50 }));
  const notice = 'Angel broker only supports up to 20 depth levels for NSE';
  const [entry] = message.subscriptions as Message[];
  assert.deepEqual(
    [entry?.depth_level, entry?.actual_depth_level, entry?.broker_supported, entry?.broker_message],
    [50, 20, false, notice],
  );
  const tick = await nextTick(fixture, client, 4);
  assert.deepEqual([tick.depth_level, tick.actual_depth_level], [50, 20]);
  assert.deepEqual([tick.data?.broker_supported, tick.data?.broker_message], [false, notice]);
});

test('a client that accepts no fewer levels, or asks for a level that nobody has, reads why', async (t) => {
  const fixture = await start(t, false);
  for (const options of [DESIGN, {}]) {
    const client = await fixture.client(options);
    const { message } = await client.ask(request(4, { depth_level: 20, depth_fallback: false }));
    assert.deepEqual(message, {
      type: 'error',
      code: 'UNSUPPORTED_DEPTH_LEVEL',
      message: 'Depth level 20 is not supported by broker Angel for exchange NSE',
      symbol: 'RELIANCE',
      exchange: 'NSE',
      requested_mode: 4,
      requested_depth: 20,
      supported_depths: [5],
    });
    const { message: wrong } = await client.ask(request(4, { depth_level: 7 }));
    assert.equal(wrong.code, 'INVALID_DEPTH_LEVEL');
    assert.equal(wrong.message, 'Invalid depth level 7; expected 5, 20, 30, 50');
  }
  await untilUpstream(fixture.exchange, []);
});

test('C-12 a deployed client may subscribe in mode 4: that subscription alone has the design’s form', async (t) => {
  const fixture = await start(t);
  const client = await fixture.client();
  await client.ask(request(3));
  const { message } = await client.ask(request(4));
  assert.equal((message.subscriptions as Message[])[0]?.actual_depth_level, 5);
  const deployed = await nextTick(fixture, client, 3);
  assert.equal(deployed.symbol, 'RELIANCE');
  assert.equal(typeof deployed.data?.timestamp, 'number');
  const design = await nextTick(fixture, client, 4);
  assert.equal(design.symbol, undefined);
  assert.match(String(design.data?.timestamp), ISO);
  const { message: all } = await client.ask({ action: 'unsubscribe_all' });
  assert.equal((all.successful as unknown[]).length, 2);
  await untilUpstream(fixture.exchange, []);
});

test('asking for another number of levels takes the place of the subscription before', async (t) => {
  const fixture = await start(t);
  const client = await fixture.client(DESIGN);
  await client.ask(request(4, { depth_level: 20 }));
  await client.ask(request(4, { depth_level: 5 }));
  await untilUpstream(fixture.exchange, ['1:2885:3']);
  const tick = await nextTick(fixture, client, 4);
  assert.equal(tick.depth_level, 5);
});

test('errors of the design carry a type and name the request; the URL decides it before authentication', async (t) => {
  const { client } = await start(t);
  const stranger = await client({ ...DESIGN, authenticate: false });
  const { message: early } = await stranger.ask(request(1));
  assert.deepEqual(early, {
    type: 'error',
    code: 'NOT_AUTHENTICATED',
    message: 'You must authenticate first',
  });
  const each = await client(DESIGN);
  const { message: mode } = await each.ask(request(3));
  assert.deepEqual(mode, {
    type: 'error',
    code: 'INVALID_MODE',
    message: 'Invalid mode 3; expected 1 (LTP), 2 (Quote), or 4 (Depth)',
  });
  const { message: unknown } = await each.ask({ ...request(2), symbol: 'NOPE' });
  assert.deepEqual(unknown, {
    type: 'error',
    code: 'SYMBOL_NOT_FOUND',
    message: 'Symbol NOPE not found for exchange NSE',
    symbol: 'NOPE',
    exchange: 'NSE',
    requested_mode: 2,
  });
  const symbols = [
    { symbol: 'RELIANCE', exchange: 'NSE' },
    { symbol: 'NOPE', exchange: 'NSE' },
  ];
  const { message: batch } = await each.ask({ action: 'subscribe', symbols, mode: 1 });
  assert.equal(batch.status, 'partial');
  assert.equal((batch.subscriptions as Message[])[1]?.code, 'SYMBOL_NOT_FOUND');
});

test('the dialect may be chosen in the authenticate request too, and is echoed', async (t) => {
  const { client, key } = await start(t);
  const each = await client({ authenticate: false });
  const answer = await each.ask({ action: 'authenticate', api_key: key, dialect: 'design' });
  assert.equal(answer.message.dialect, 'design');
  const { message } = await each.ask(request(1));
  assert.equal((message.subscriptions as Message[])[0]?.topic, 'RELIANCE.NSE');
});

test('an operator may make the design the dialect of clients that choose none', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--dialect=design'] });
  const each = await fixture.client();
  const { message } = await each.ask(request('Depth'));
  assert.equal((message.subscriptions as Message[])[0]?.mode, 4);
  const deployed = await fixture.client({ path: '/?dialect=openalgo' });
  const { message: plain } = await deployed.ask(request('Depth'));
  assert.equal((plain.subscriptions as Message[])[0]?.mode, 'Depth');
});
