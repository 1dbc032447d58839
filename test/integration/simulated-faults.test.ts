import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { SimulatedExchangeOptions } from '../../src/main/simulator/simulator-options.ts';
import { connectStream, DEMO_HEADERS, refusedHandshake } from '../support/stream-client.ts';
import { TEST_TLS } from '../support/tls-identity.ts';

async function startExchange(t: TestContext, options: SimulatedExchangeOptions = {}) {
  const exchange = new SimulatedExchange({ ticksPerSecond: 0, ...options });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  return { exchange, url };
}

/** Sequence number and exchange time's place in a frame. */
const sequenceOf = (frame: Buffer) => frame.readUInt32LE(27);

test('one instrument can stand still while the others tick', async (t) => {
  const [first, second] = ['1', '2'].map(
    (token) => ({ exchangeType: 1, token, referencePrice: 10_000, kind: 'cash' }) as const,
  );
  const { exchange, url } = await startExchange(t, { instruments: [first!, second!] });
  const client = await connectStream(url);
  client.request(1, 1, ['1', '2']);
  await client.until(() => client.frames.length === 2);
  const stepsOfFirst = async () => {
    const before = client.frames.length;
    exchange.step(50);
    await client.until(() => client.frames.length === exchange.counters.framesSent);
    return client.frames.slice(before).filter((frame) => frame.toString('latin1', 2, 3) === '1').length;
  };
  exchange.stallInstrument(1, '1', true);
  assert.equal(await stepsOfFirst(), 0);
  assert.ok(client.frames.length > 10);
  exchange.stallInstrument(1, '1', false);
  assert.ok((await stepsOfFirst()) > 10);
});

test('one connection can go half-open: it stays connected, answers nothing and gets nothing, others do', async (t) => {
  const { exchange, url } = await startExchange(t, { heartbeatTimeoutMs: 400 });
  const [silent, witness] = await Promise.all([connectStream(url), connectStream(url)]);
  for (const client of [silent, witness]) client.request(1, 1, ['1']);
  for (const client of [silent, witness]) await client.until(() => client.frames.length === 1);
  exchange.connections[0]?.hang();
  silent.socket.send('ping');
  witness.socket.send('ping');
  exchange.step(5);
  await witness.until(() => witness.frames.length === 6 && witness.texts.length === 1);
  assert.deepEqual([silent.frames.length, silent.texts.length], [1, 0]);
  assert.equal(silent.socket.readyState, WebSocket.OPEN);
  exchange.connections[0]?.hang(false);
  await silent.until(() => silent.texts.length === 1);
});

test('one connection can be reset while the others stay', async (t) => {
  const { exchange, url } = await startExchange(t);
  const [first, second] = await Promise.all([connectStream(url), connectStream(url)]);
  const closed = once(first.socket, 'close');
  exchange.connections[0]?.reset();
  assert.deepEqual((await closed)[0], 1006);
  second.socket.send('ping');
  await second.until(() => second.texts.length === 1);
});

test('a slow network brings everything late, in order, and no faster than its rate', async (t) => {
  const { exchange, url } = await startExchange(t);
  const client = await connectStream(url);
  client.request(1, 1, ['1']);
  await client.until(() => client.frames.length === 1);
  exchange.connections[0]?.slow({ bytesPerSecond: 53_000 / 5, delayMs: 50 });
  const start = performance.now();
  exchange.step(20);
  client.socket.send('ping');
  await client.until(() => client.texts.length === 1);
  const tookMs = performance.now() - start;
  assert.equal(client.frames.length, 21);
  assert.ok(tookMs > 100, `21 messages of 53 bytes took ${tookMs} ms`);
  exchange.connections[0]?.slow({ delayMs: 100_000 });
  exchange.step(1);
  exchange.connections[0]?.slow(null);
  await client.until(() => client.frames.length === 22);
});

test('frames of a token can overtake each other by one place; none is lost', async (t) => {
  const { exchange, url } = await startExchange(t, { reorderEvery: 5 });
  const client = await connectStream(url);
  client.request(1, 1, ['1']);
  await client.until(() => client.frames.length === 1);
  exchange.step(51);
  await client.until(() => client.frames.length === 52);
  const numbers = client.frames.map(sequenceOf);
  const backward = numbers.filter((number, i) => i > 0 && number < (numbers[i - 1] ?? 0));
  assert.equal(new Set(numbers).size, 52);
  assert.ok(backward.length >= 8, `${backward.length} frames came late`);
  assert.equal(exchange.counters.reordersSent, backward.length);
});

test('handshakes are refused with any status, so many times or until told otherwise', async (t) => {
  const { exchange, url } = await startExchange(t);
  exchange.refuseNext({ status: 500 }, 2);
  exchange.refuseAll({ status: 418 });
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await refusedHandshake(url, DEMO_HEADERS)).status);
  assert.deepEqual(statuses, [500, 500, 418, 418]);
  exchange.refuseAll(null);
  await connectStream(url);
});

test('after a new login the exchange takes the new tokens alone', async (t) => {
  const { exchange, url } = await startExchange(t);
  const authToken = 'the-next-day';
  exchange.acceptCredentials({
    authToken,
    feedToken: DEMO_HEADERS['x-feed-token'] ?? '',
    apiKey: DEMO_HEADERS['x-api-key'] ?? '',
    clientCode: DEMO_HEADERS['x-client-code'] ?? '',
  });
  assert.equal((await refusedHandshake(url, DEMO_HEADERS)).status, 401);
  await connectStream(url, { ...DEMO_HEADERS, authorization: authToken });
  exchange.acceptCredentials(null);
  await connectStream(url);
});

test('with a certificate the exchange listens on wss, and can reset a connection under TLS', async (t) => {
  const { exchange, url } = await startExchange(t, { tls: TEST_TLS });
  assert.match(url, /^wss:/);
  const options = { headers: DEMO_HEADERS, perMessageDeflate: false };
  const stranger = new WebSocket(url, options);
  const [error]: Error[] = await once(stranger, 'error');
  assert.match(error?.message ?? '', /self.signed/);
  const socket = new WebSocket(url, { ...options, ca: TEST_TLS.cert });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  exchange.connections[0]?.reset();
  assert.equal((await closed)[0], 1006);
});
