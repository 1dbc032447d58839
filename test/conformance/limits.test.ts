/** What one connection may take, what happens to it beyond, and that no other connection notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientFrame } from '../support/client-frame.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { OPCODE, RawClient } from '../support/raw-client.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const AUTH_TIMEOUT = { code: 4401, reason: 'auth timeout' };

/** A ping of exactly so many bytes. */
function pingOf(bytes: number): string {
  const text = JSON.stringify({ action: 'ping', junk: '' });
  return text.replace('""', `"${'x'.repeat(bytes - text.length)}"`);
}

test('limits of requests', async (t) => {
  const { client, key, writeDatabase } = await startEngineFixture(t);
  // With a copy that cannot be decrypted only the slow hash is left: a wrong key keeps a connection waiting.
  writeDatabase((db) => db.exec("UPDATE api_keys SET api_key_encrypted = 'not to be decrypted'"));
  const steady = await client();
  /** Each wrong key is another check; together they take long enough for what is sent behind them to arrive. */
  const sendWrongKeys = (each: TestClient, name: string) => {
    for (let i = 0; i < 8; i++) each.send({ action: 'authenticate', api_key: `${name} ${i}` });
  };

  await t.test(
    'a message of the largest size is read; a larger one ends the connection with both sizes',
    async () => {
      const each = await client();
      each.sendRaw(pingOf(MIB));
      await each.next('the pong', ({ message }) => message.type === 'pong');
      each.sendRaw(pingOf(MIB + 1));
      assert.deepEqual(await each.untilClosed(), {
        code: 1009,
        reason: 'message of 1048577 bytes, limit 1048576',
      });
    },
  );

  await t.test('a monstrous message ends its connection', async () => {
    const each = await client();
    each.sendRaw(pingOf(32 * MIB));
    await each.untilClosed();
  });

  await t.test('a client that does not wait for answers is stopped at a bound', async () => {
    const each = await client({ authenticate: false });
    sendWrongKeys(each, 'many requests');
    for (let i = 0; i < 1100; i++) each.send({ action: 'ping' });
    assert.deepEqual(await each.untilClosed(), { code: 4429, reason: 'too many requests waiting' });
    const large = await client({ authenticate: false });
    sendWrongKeys(large, 'large requests');
    for (let i = 0; i < 8; i++) large.sendRaw(pingOf(MIB));
    assert.equal((await large.untilClosed()).code, 4429);
  });

  await t.test('a request of the largest size may come right behind the key', async () => {
    const each = await client({ authenticate: false });
    each.send({ action: 'authenticate', api_key: key });
    each.sendRaw(pingOf(MIB));
    await each.next('the pong', ({ message }) => message.type === 'pong');
  });

  await t.test('requests behind long ones are answered behind them, whatever becomes of those', async () => {
    const each = await client();
    const symbols = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ symbol: `NONE${i}`, exchange: 'NSE' }));
    each.socket.pause();
    each.send({ action: 'unsubscribe', symbols: symbols(5000), request_id: 1 });
    each.send({ action: 'unsubscribe', symbol: 'TCS', exchange: 'NSE', request_id: 2 });
    each.send({ action: 'subscribe', symbols: symbols(10_000), request_id: 3 });
    each.send({ action: 'unsubscribe', symbol: 'TCS', exchange: 'NSE', request_id: 4 });
    each.sendRaw(`{"action": "unsubscribe", "symbols": ${JSON.stringify(symbols(5000))}, "mode": }`);
    each.send({ action: 'unsubscribe', symbol: 'TCS', exchange: 'NSE', request_id: 5 });
    each.socket.resume();
    await until('all answers', () => each.received.length >= 7 || each.closed !== null);
    assert.equal(each.closed, null);
    const answers = each.received.slice(1).map(({ message }) => message.code ?? message.request_id);
    assert.deepEqual(answers, [1, 2, 'BATCH_TOO_LARGE', 4, 'INVALID_JSON', 5]);
    const { code, message } = each.received[3]!.message;
    const text = 'A request may name 5000 symbols (TICKWIRE_MAX_BATCH), this one names 10000; send several';
    assert.deepEqual([code, message], ['BATCH_TOO_LARGE', text]);
  });

  await t.test(
    'a client that sends thousands of short requests in one go is answered each of them',
    async () => {
      const each = await client();
      each.socket.pause();
      for (let i = 0; i < 4000; i++) {
        each.send({ action: 'unsubscribe', symbol: 'RELIANCE', exchange: 'NSE', request_id: i });
      }
      each.socket.resume();
      const answers = () => each.received.filter(({ message }) => message.type === 'unsubscribe');
      await until('all answers', () => answers().length === 4000 || each.closed !== null, 30_000);
      assert.equal(each.closed, null);
    },
  );

  await t.test('the others are served as before', async () => {
    assert.equal((await steady.ask({ action: 'authenticate', api_key: key })).message.type, 'auth');
  });
});

test('limits of time', async (t) => {
  const { client, key, wsUrl } = await startEngineFixture(t, {
    flags: ['--ws-auth-grace-seconds=0.4', '--ws-ping-interval=0.1', '--ws-ping-timeout=0.3'],
  });
  const steady = await client();

  await t.test(
    'C-03 who does not authenticate in time is told so; a wrong key neither helps nor hurts',
    async () => {
      const began = performance.now();
      const silent = await client({ authenticate: false });
      const wrong = await client({ authenticate: false });
      await wrong.ask({ action: 'authenticate', api_key: 'wrong' });
      for (const each of [silent, wrong]) assert.deepEqual(await each.untilClosed(), AUTH_TIMEOUT);
      assert.ok(performance.now() - began >= 390);
    },
  );

  await t.test('who answers no ping is given up, after a ping', async () => {
    const raw = await RawClient.connect(wsUrl);
    await raw.ask({ action: 'authenticate', api_key: key }, '"auth"');
    const close = await until('the close', () => raw.closeFrame());
    assert.deepEqual(close, { code: 1011, reason: 'keepalive ping timeout' });
    assert.ok(raw.frames().some(({ opcode }) => opcode === OPCODE.PING));
    raw.socket.destroy();
  });

  await t.test('who answers pings stays, whatever else he does not say', async () => {
    assert.equal(steady.closed, null);
    assert.equal((await steady.ask({ action: 'ping' })).message.type, 'pong');
  });
});

test('C-25 a client that wants every tick and stops reading is cut off, and no other client misses a tick', async (t) => {
  const { client, key, wsUrl, exchange } = await startEngineFixture(t, {
    flags: ['--max-backpressure-bytes=262144'],
  });
  const fast = await client({ features: ['sequence'] });
  const slow = await RawClient.connect(wsUrl);
  await slow.ask({ action: 'authenticate', api_key: key, slow: 'deliver' }, '"auth"');
  for (const mode of [1, 2, 3]) {
    await slow.ask(
      { action: 'subscribe', symbol: 'RELIANCE', exchange: 'NSE', mode, request_id: mode },
      `"request_id": ${mode}`,
    );
  }
  await fast.subscribe('NSE', 'RELIANCE', 3);
  slow.socket.pause();
  exchange.step();
  await until('a tick', () => fast.ticks().length > 0);
  const steps = 8000;
  const from = fast.ticks().length;
  for (let sent = 0; sent < steps; ) {
    exchange.step(100);
    sent += 100;
    await until('the ticks at the fast client', () => fast.received.length >= from + sent);
  }
  const seqs = fast.ticks().map(({ seq }) => Number(seq));
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => seqs[0]! + i),
  );
  assert.ok(fast.received.every(({ message }) => message.type !== 'gap'));
  // Whatever the kernel held for the slow one is read now, and the close behind it.
  slow.socket.resume();
  await until('the end of the slow connection', () => slow.isClosed);
  const frames = slow.frames();
  const ticks = frames.filter(({ opcode }) => opcode === OPCODE.TEXT);
  assert.ok(ticks.length < 3 * steps, `${ticks.length} messages reached the slow client`);
  for (const { payload } of ticks.slice(-3)) JSON.parse(payload.toString());
  const close = slow.closeFrame();
  assert.ok(close === null || close.code === 4008, `closed with ${close?.code}`);
  assert.equal((await fast.ask({ action: 'ping' })).message.type, 'pong');
});

test('answers that a client does not read end its connection; none is dropped without a word', async (t) => {
  const { key, wsUrl, engine } = await startEngineFixture(t, { flags: ['--max-backpressure-bytes=1048576'] });
  const reader = engine.readers.at(-1)!;
  const raw = await RawClient.connect(wsUrl);
  await raw.ask({ action: 'authenticate', api_key: key }, '"auth"');
  raw.socket.pause();
  // Each answer is six times as long as its request: together 20 MiB, from requests that come within one turn.
  const request = clientFrame({
    opcode: OPCODE.TEXT,
    payload: JSON.stringify({ action: 'ping', timestamp: '\x7f'.repeat(4000) }),
  });
  raw.socket.write(Buffer.concat(Array<Buffer>(900).fill(request)));
  await until('the end of its connection', () => (reader.counters.slowConsumer ?? 0) > 0);
  assert.equal(reader.counters.dropped, 0);
  raw.socket.resume();
  await until('the end of the socket', () => raw.isClosed);
  assert.equal(raw.closeFrame()?.code, 4008);
});

test('clients without a key that take all room for requests that wait cost nobody else a small one', async (t) => {
  const { client, writeDatabase } = await startEngineFixture(t, {
    flags: ['--max-inbound-bytes=65536', '--auth-attempts=0'],
  });
  writeDatabase((db) => db.exec("UPDATE api_keys SET api_key_encrypted = 'not to be decrypted'"));
  const honest = await client();
  const hostile = await client({ authenticate: false });
  for (let i = 0; i < 20; i++) hostile.send({ action: 'authenticate', api_key: `hostile ${i}` });
  hostile.sendRaw(pingOf(MIB / 2));
  await until('that there is no room', async () => {
    const probe = await client({ authenticate: false });
    probe.send({ action: 'authenticate', api_key: 'probe' });
    probe.sendRaw(pingOf(8192));
    await until('an answer', () => probe.closed !== null || probe.received.length === 2);
    return probe.closed?.code === 4429;
  });
  // The ping has to wait for the check of the key.
  honest.send({ action: 'authenticate', api_key: 'mistyped' });
  honest.send({ action: 'ping' });
  await until('the pong', () => honest.closed !== null || honest.received.at(-1)?.message.type === 'pong');
  assert.equal(honest.closed, null);
});
