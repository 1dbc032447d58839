/** Limits of clients that are made others while clients are connected: each holds for those too, and nobody is disconnected by it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const KIB = 1024;
/** The answer has six times the bytes. */
const SIXFOLD = '\x7f'.repeat(4000);
const WAIT = /(\d+) ms$/;

const pingOf = (bytes: number) => JSON.stringify({ action: 'ping', _pingId: 'x'.repeat(bytes - 40) });
const named = (symbol: string) => ({ symbol, exchange: 'NSE' });

/** What a subscribe is refused with, as one text; '' where it is not. */
async function refusal(client: TestClient, symbol: string): Promise<string> {
  const { message } = await client.ask({ action: 'subscribe', ...named(symbol), mode: 1 });
  return message.status === 'success' ? '' : JSON.stringify(message);
}

test('limits of requests and subscriptions hold for clients that are connected, from the reload on', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--proxy-workers=2', '--ws-ping-interval=0.1'] });
  const { reload, client } = fixture;
  const [first, second] = [await client(), await client()];
  assert.equal(await refusal(first, 'RELIANCE'), '');

  await t.test('subscriptions of a client, of a key, of all, and their forms', async () => {
    for (const option of [
      'TICKWIRE_MAX_SUBSCRIPTIONS_PER_CLIENT',
      'TICKWIRE_MAX_SUBSCRIPTIONS_PER_KEY',
      'TICKWIRE_MAX_SUBSCRIPTIONS',
      'TICKWIRE_MAX_STREAMS',
    ]) {
      await reload(`${option}=1`);
      assert.match(await refusal(first, 'TCS'), new RegExp(`may hold 1 \\(.*${option}\\)`));
    }
    await reload();
    for (const each of [first, second]) assert.equal(await refusal(each, 'TCS'), '');
  });

  await t.test('symbols of a request, long or short', async () => {
    await reload('TICKWIRE_MAX_BATCH=1');
    const symbols = Array.from({ length: 500 }, (_, i) => named(`NONE${i}`));
    for (const count of [2, 500]) {
      const { message } = await first.ask({ action: 'unsubscribe', symbols: symbols.slice(0, count) });
      assert.equal(message.code, 'BATCH_TOO_LARGE');
    }
  });

  await t.test('requests at once, and a second', async () => {
    const pings = async () => {
      const from = first.received.length;
      for (let i = 0; i < 3; i++) first.send({ action: 'ping' });
      const answers = () =>
        first.received
          .slice(from)
          .flatMap(({ message }) => (message.type === 'market_data' ? [] : [message]));
      await until('the answers', () => answers().length >= 3);
      return answers().find(({ type }) => type !== 'pong');
    };
    await reload('TICKWIRE_REQUESTS_PER_SECOND=1');
    assert.equal(await pings(), undefined);
    await reload('TICKWIRE_REQUESTS_PER_SECOND=1', 'TICKWIRE_REQUEST_BURST=2');
    const refused = await pings();
    // At 500 a second it would be 2 ms.
    assert.ok(Number(WAIT.exec(String(refused?.message))?.[1]) > 100, JSON.stringify(refused));
    await reload('TICKWIRE_REQUESTS_PER_SECOND=0', 'TICKWIRE_REQUEST_BURST=2');
    assert.equal(await pings(), undefined);
    await reload();
  });

  await t.test('bytes of requests that wait', async () => {
    const isServed = async () => {
      const each = await client({ authenticate: false });
      each.send({ action: 'authenticate', api_key: fixture.key });
      for (let i = 0; i < 2; i++) each.sendRaw(pingOf(8 * KIB));
      const pongs = () => each.received.filter(({ message }) => message.type === 'pong').length;
      await until('an answer', () => each.closed !== null || pongs() === 2);
      return each.closed === null;
    };
    assert.ok(await isServed());
    await reload('TICKWIRE_MAX_INBOUND_BYTES=1');
    await until('a client that may not wait', async () => !(await isServed()));
  });

  await t.test('the time without a key, and without a request', async () => {
    const silent = await client({ authenticate: false });
    const idle = await client();
    await reload('WS_AUTH_GRACE_SECONDS=0.1');
    assert.equal((await silent.untilClosed()).reason, 'auth timeout');
    assert.equal(idle.closed, null);
    await reload('TICKWIRE_IDLE_TIMEOUT=0.1');
    assert.equal((await idle.untilClosed()).reason, 'idle');
  });

  for (const each of [first, second]) assert.equal(each.closed, null);
});

test('limits of connections and keys hold for those who come from the reload on, and who is there stays', async (t) => {
  const fixture = await startEngineFixture(t, { flags: ['--trusted-proxies=none', '--proxy-workers=2'] });
  const { reload, client, wsUrl } = fixture;
  const first = await client();
  const comes = () =>
    client().then(
      () => 'served',
      (error: Error) => error.message,
    );
  await reload('TICKWIRE_MAX_CONNECTIONS=1');
  assert.match(await comes(), /503/);
  await reload('TICKWIRE_MAX_CONNECTIONS_PER_ADDRESS=1');
  assert.match(await comes(), /429/);
  await reload('TICKWIRE_MAX_CONNECTIONS_PER_KEY=1');
  assert.match(await comes(), /TOO_MANY_CONNECTIONS/);
  await reload();
  assert.equal(await comes(), 'served');

  const { hostname, port } = new URL(wsUrl);
  const open = async () => {
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  await reload('TICKWIRE_MAX_HANDSHAKES=1');
  await until('a socket that is closed, since another one waits', async () => {
    const sockets = [await open(), await open()];
    const closed = sockets.map((socket) => once(socket.resume(), 'close').then(() => true));
    const isClosed = await Promise.race([...closed, first.ask({ action: 'ping' }).then(() => false)]);
    for (const socket of sockets) socket.destroy();
    return isClosed;
  });

  await reload('TICKWIRE_AUTH_ATTEMPTS=1', 'TICKWIRE_AUTH_WINDOW=30');
  const guesser = await client({ authenticate: false });
  await guesser.ask({ action: 'authenticate', api_key: 'wrong' });
  const again = await until('the block', async () => {
    const { message } = await guesser.ask({ action: 'authenticate', api_key: 'wrong' });
    return message.code === 'TOO_MANY_ATTEMPTS' ? message : null;
  });
  assert.ok(Number(/in (\d+) s/.exec(String(again.message))?.[1]) <= 30, String(again.message));
  assert.equal((await first.ask({ action: 'ping' })).message.type, 'pong');
});

test('who has fallen behind is told by the thresholds that are in force, and a worker that is started again goes by them', async (t) => {
  const off = 'ltp=0,quote=0,depth=0';
  const flags = ['--max-backpressure-bytes=268435456', '--request-burst=100000'];
  const { reload, client, engine, exchange } = await startEngineFixture(t, { flags });
  const proxy = engine.readers.at(-1)!;
  const counter = (name: string) => proxy.counters[name] ?? 0;
  const slow = (policy: string, bytes: string, age: string) => [
    `TICKWIRE_SLOW_POLICY=${policy}`,
    `TICKWIRE_CONFLATE_BYTES=${bytes}`,
    `TICKWIRE_CONFLATE_AGE=${age}`,
  ];
  await reload(...slow('disconnect', off, off));
  // Each leaves more unread than the kernel takes, and all but the last one hold a subscription in a mode of their own.
  const clients = await Promise.all(Array.from({ length: 4 }, () => client()));
  for (const [i, each] of clients.entries()) {
    if (i < 3) await each.subscribe('NSE', 'RELIANCE', i + 1);
    each.socket.pause();
    for (let sent = 0; sent < 700; sent++) each.send({ action: 'ping', timestamp: SIXFOLD });
  }
  await until('a backlog', () => counter('backlogBytes') > 4 * KIB * KIB);
  const isLeft = (count: number) => until(`${count} clients`, () => counter('clients') === count);

  await reload(...slow('disconnect', 'ltp=65536,quote=0,depth=0', off));
  await isLeft(3);
  await reload(...slow('disconnect', off, 'ltp=0,quote=50ms,depth=0'));
  await isLeft(2);
  const conflate = slow('conflate', 'ltp=0,quote=0,depth=65536', off);
  await reload(...conflate);
  let [ticks, published] = [counter('ticks'), counter('published')];
  await until('ticks that are not sent to it one by one', () => {
    exchange.step();
    if (counter('ticks') === ticks) return false;
    const isConflated = counter('published') === published;
    [ticks, published] = [counter('ticks'), counter('published')];
    return isConflated;
  });
  assert.equal(counter('clients'), 2);
  await reload(...conflate, 'TICKWIRE_SLOW_TIMEOUT=0.1');
  await isLeft(1);
  await reload(...conflate, 'TICKWIRE_MAX_OUTBOUND_BYTES=1048576', 'TICKWIRE_MAX_BATCH=1');
  await isLeft(0);
  for (const each of clients) {
    each.socket.resume();
    assert.ok([1006, 4008].includes((await each.untilClosed()).code));
  }

  proxy.post({ type: 'nonsense' } as never);
  await until('the worker that takes its place', () => proxy.restarts === 1 && proxy.isRunning);
  const late = await until('a connection', () => client().catch(() => null));
  const { message } = await late.ask({
    action: 'subscribe',
    symbols: [named('TCS'), named('INFY')],
    mode: 1,
  });
  assert.equal(message.code, 'BATCH_TOO_LARGE');
});
