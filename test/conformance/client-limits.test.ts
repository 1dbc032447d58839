/** Each limit of clients, met: its code, its message, and that whoever is within it notices nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** A client that a reverse proxy on this machine brings, which adds a line to those that the client wrote. */
function from(...addresses: string[]) {
  return { authenticate: false, headers: { 'x-forwarded-for': addresses } };
}

/**
 * How a handshake is refused; null when the client was let in and then closed: the workers learn of a full address a moment
 * after main.
 */
async function refusal(wsUrl: string, address: string) {
  const socket = new WebSocket(wsUrl, { headers: { 'x-forwarded-for': address } });
  socket.on('error', () => {});
  // Main answers about the key behind what it says of the connection.
  socket.on('open', () => socket.send('{"action": "authenticate", "api_key": "wrong"}'));
  const response = await new Promise<IncomingMessage | null>((resolve, reject) => {
    socket.on('unexpected-response', (_request, answer) => resolve(answer));
    socket.on('message', () => reject(new Error(`a client of ${address} was let in`)));
    socket.on('close', (code) => {
      if (code === 4423) resolve(null);
      else reject(new Error(`a client of ${address} was closed with ${code}`));
    });
  });
  if (response === null) return null;
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, retryAfter: Number(response.headers['retry-after']), body };
}

function refusedHandshake(wsUrl: string, address: string) {
  return until('a refused handshake', () => refusal(wsUrl, address));
}

/** Waits until one more client finds room. */
async function untilRoom({ client }: EngineFixture, address: string): Promise<TestClient> {
  let found: TestClient | undefined;
  await until('room for another client', async () => {
    found = await client(from(address)).catch(() => undefined);
    return found;
  });
  return found!;
}

const SYMBOLS = ['RELIANCE', 'INFY', 'TCS', 'SBIN'].map((symbol) => ({ symbol, exchange: 'NSE' }));

test('limits of connections, over two proxy workers', async (t) => {
  const fixture = await startEngineFixture(t, {
    flags: [
      '--proxy-workers=2',
      '--max-connections=5',
      '--max-connections-per-address=2',
      '--max-connections-per-key=1',
      '--auth-attempts=2',
    ],
  });
  const { client, key, wsUrl } = fixture;

  await t.test('an address beyond its limit reads HTTP 429 and why; others come in', async () => {
    const first = await client(from('9.9.9.9', '198.51.100.1'));
    const second = await client(from('', '198.51.100.1'));
    const refused = await refusedHandshake(wsUrl, '198.51.100.1');
    assert.equal(refused.status, 429);
    assert.ok(refused.retryAfter > 0);
    assert.match(refused.body, /TOO_MANY_CONNECTIONS.*TICKWIRE_MAX_CONNECTIONS_PER_ADDRESS/);
    const other = await client(from('198.51.100.2'));
    first.terminate();
    const third = await untilRoom(fixture, '198.51.100.1');
    for (const each of [second, third, other]) each.terminate();
  });

  await t.test(
    'beyond the limit of all a client reads HTTP 503, and comes in when one has left',
    async () => {
      const addresses = ['a', 'b', 'c', 'd', 'e'].map((_, i) => `203.0.113.${i}`);
      const clients = await Promise.all(addresses.map((address) => untilRoom(fixture, address)));
      const refused = await refusedHandshake(wsUrl, '203.0.113.99');
      assert.equal(refused.status, 503);
      assert.match(refused.body, /TOO_MANY_CONNECTIONS.*TICKWIRE_MAX_CONNECTIONS\b/);
      clients[0]!.terminate();
      clients[0] = await untilRoom(fixture, '203.0.113.99');
      for (const each of clients) each.terminate();
    },
  );

  await t.test('a second client of a key is told so and closed; the first one stays', async () => {
    const first = await untilRoom(fixture, '192.0.2.1');
    const second = await untilRoom(fixture, '192.0.2.2');
    assert.equal((await first.ask({ action: 'authenticate', api_key: key })).message.type, 'auth');
    const { message } = await second.ask({ action: 'authenticate', api_key: key });
    assert.equal(message.code, 'TOO_MANY_CONNECTIONS');
    assert.deepEqual(await second.untilClosed(), { code: 4422, reason: 'too many connections of this key' });
    assert.equal((await first.ask({ action: 'authenticate', api_key: key })).message.type, 'auth');
    first.terminate();
  });

  await t.test(
    'who tries keys is blocked at every worker, with a good key too; other addresses are not',
    async () => {
      const guess = (each: TestClient, text: string) => each.ask({ action: 'authenticate', api_key: text });
      const wrong = await untilRoom(fixture, '192.0.2.66');
      for (const text of ['guess 1', 'guess 2'])
        assert.equal((await guess(wrong, text)).message.message, 'Invalid API key');
      const blocked = await until('the block', async () => {
        const { message } = await guess(wrong, key);
        return message.code === 'TOO_MANY_ATTEMPTS' ? message : undefined;
      });
      assert.match(String(blocked.message), /again in \d+ s/);
      assert.deepEqual(await wrong.untilClosed(), { code: 4429, reason: 'too many wrong keys' });
      const honest = await untilRoom(fixture, '192.0.2.67');
      await until('a place for the key', async () => {
        const { message } = await guess(honest, key);
        return message.type === 'auth' || undefined;
      });
    },
  );
});

test('limits of subscriptions', async (t) => {
  const { client } = await startEngineFixture(t, {
    flags: ['--max-subscriptions-per-client=3', '--max-subscriptions-per-key=5', '--max-batch=4'],
  });
  const entries = (message: Record<string, unknown>) => message.subscriptions as Record<string, unknown>[];
  const first = await client();
  const second = await client();

  await t.test('what is beyond the limit of a client is refused symbol by symbol', async () => {
    const { message } = await first.ask({ action: 'subscribe', symbols: SYMBOLS, mode: 1 });
    assert.deepEqual(
      entries(message).map(({ status }) => status),
      ['success', 'success', 'success', 'error'],
    );
    assert.match(String(entries(message)[3]!.message), /3 \(TICKWIRE_MAX_SUBSCRIPTIONS_PER_CLIENT\)/);
    // What it holds already is nothing new.
    const again = await first.ask({ action: 'subscribe', symbols: SYMBOLS.slice(0, 3), mode: 1 });
    assert.equal(again.message.status, 'success');
  });

  await t.test(
    'what is beyond the limit of a key is refused, and free again when another client gives it up',
    async () => {
      const ask = () => second.ask({ action: 'subscribe', symbols: SYMBOLS.slice(0, 3), mode: 2 });
      const refused = entries((await ask()).message)[2]!;
      assert.match(String(refused.message), /API key may hold 5/);
      const { message } = await first.ask({ action: 'unsubscribe', symbols: SYMBOLS.slice(0, 1), mode: 1 });
      assert.equal(message.status, 'success');
      assert.equal((await ask()).message.status, 'success');
      first.terminate();
      const third = await client({ path: '?dialect=design' });
      const { message: granted } = await until('room of the client that has left', async () => {
        const answer = await third.ask({ action: 'subscribe', symbols: SYMBOLS.slice(0, 2), mode: 1 });
        return answer.message.status === 'success' ? answer : undefined;
      });
      assert.equal(granted.type, 'subscribe');
      const single = await third.ask({ action: 'subscribe', symbol: 'SBIN', exchange: 'NSE', mode: 1 });
      assert.equal(single.message.code, 'SUBSCRIPTION_LIMIT');
    },
  );

  await t.test('a longer list than allowed is refused as a whole', async () => {
    const each = await client();
    const symbols = [...SYMBOLS, { symbol: 'ITC', exchange: 'NSE' }];
    for (const action of ['subscribe', 'unsubscribe']) {
      const { message } = await each.ask({ action, symbols, mode: 1 });
      assert.equal(message.code, 'BATCH_TOO_LARGE');
      assert.match(String(message.message), /4 symbols \(TICKWIRE_MAX_BATCH\), this one names 5/);
    }
  });
});

test('sockets that ask for nothing take no more room than they may, and clients come in when they are gone', async (t) => {
  const { client, wsUrl } = await startEngineFixture(t, { flags: ['--max-handshakes=3'] });
  const { hostname, port } = new URL(wsUrl);
  const steady = await client();
  const sockets = Array.from({ length: 10 }, () => connect(Number(port), hostname));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  let closed = 0;
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('close', () => closed++);
  }
  await until('seven closed sockets', () => closed === 7);
  assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
  for (const socket of sockets) socket.destroy();
  await until('room for a client', async () => {
    const socket = new WebSocket(wsUrl);
    t.after(() => socket.terminate());
    return new Promise<boolean>((resolve) => {
      socket.on('open', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
  });
});

test('limits of the rate of requests', async (t) => {
  const { client, wsUrl } = await startEngineFixture(t, {
    flags: ['--requests-per-second=20', '--request-burst=100'],
  });
  const steady = await client();

  await t.test(
    'who asks too fast is told when to go on, and is served then; who floods is closed',
    async () => {
      const each = await client();
      for (let i = 0; i < 150; i++) each.send({ action: 'ping', _pingId: i });
      const { message } = await each.next('a refusal', (got) => got.message.code === 'RATE_LIMITED');
      assert.ok(Number(message.retry_after_ms) > 0);
      await until('a pong again', async () => {
        const answer = await each.ask({ action: 'ping', _pingId: 'later' });
        return answer.message.type === 'pong' || undefined;
      });
      for (let i = 0; i < 400; i++) each.send({ action: 'ping' });
      assert.deepEqual(await each.untilClosed(), { code: 4429, reason: 'too many requests' });
    },
  );

  await t.test('a long request counts as many short ones', async () => {
    const each = await client();
    const long = { action: 'ping', junk: 'x'.repeat(512 * 90) };
    assert.equal((await each.ask(long)).message.type, 'pong');
    assert.equal((await each.ask(long)).message.code, 'RATE_LIMITED');
  });

  for (const kind of ['ping', 'pong'] as const) {
    await t.test(`who floods with WebSocket's own ${kind}s is closed too, and nobody else`, async () => {
      const socket = new WebSocket(wsUrl);
      await once(socket, 'open');
      for (let i = 0; i < 400; i++) socket[kind]();
      const [code] = (await once(socket, 'close')) as [number];
      assert.equal(code, 4429);
      assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
    });
  }
});

test('limits of idle time: a client that holds nothing and asks nothing but pings is closed, others stay', async (t) => {
  const { client } = await startEngineFixture(t, {
    flags: ['--idle-timeout=1.5', '--ws-ping-interval=0.1', '--ws-ping-timeout=20'],
  });
  const repeat = (each: TestClient, action: string) => {
    const timer = setInterval(() => each.send({ action }), 20);
    t.after(() => clearInterval(timer));
  };
  const asking = await client();
  repeat(asking, 'get_broker_info');
  const holder = await client();
  await holder.subscribe('NSE', 'INFY');
  const orders = await client();
  await orders.ask({ action: 'subscribe_orders' });
  const idle = await client();
  repeat(idle, 'ping');
  assert.deepEqual(await idle.untilClosed(), { code: 4408, reason: 'idle' });
  for (const each of [asking, holder, orders]) assert.equal(each.closed, null);
});
