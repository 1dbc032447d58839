/** The simulated exchange in Kite's clothes, as a bare client sees it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { runSimulate } from '../../src/main/simulator/run-simulate.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import {
  DEMO_CREDENTIALS,
  type SimulatedExchangeOptions,
} from '../../src/main/simulator/simulator-options.ts';
import { CliProcess } from '../support/cli-process.ts';
import { decodeMessage, type KiteRecord } from '../support/kite-wire.ts';
import { connectStream, refusedHandshake, type StreamClient } from '../support/stream-client.ts';
import { until } from '../support/until.ts';

const { apiKey, authToken } = DEMO_CREDENTIALS;

function addressOf(url: string, key = apiKey, token = authToken): string {
  return `${url}?${new URLSearchParams({ api_key: key, access_token: token })}`;
}

async function startExchange(t: TestContext, options: SimulatedExchangeOptions = {}) {
  const exchange = new SimulatedExchange({ ticksPerSecond: 0, broker: 'zerodha', ...options });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  return { exchange, url, connect: () => connectStream(addressOf(url), {}) };
}

function ask(client: StreamClient, action: string, value: unknown): void {
  client.socket.send(JSON.stringify({ a: action, v: value }));
}

/** All packets so far, heartbeats apart. */
function packets(client: StreamClient): KiteRecord[] {
  return client.frames.flatMap((frame) => decodeMessage(Uint8Array.from(frame)));
}

const RELIANCE = 738561;
const NIFTY = 256265;

test('a client gets in with key and token in the query; anything else is refused with 403', async (t) => {
  const { url, exchange, connect } = await startExchange(t);
  await connect();
  assert.equal(exchange.connections[0]?.clientCode, apiKey);
  for (const address of [url, addressOf(url, 'x'), addressOf(url, apiKey, 'x'), addressOf(url, apiKey, '')]) {
    const answer = await refusedHandshake(address, {});
    assert.deepEqual([answer.status, answer.message, answer.body], [403, undefined, '']);
  }
});

test('the fourth connection of a key is refused with 429', async (t) => {
  const { url, connect } = await startExchange(t);
  await Promise.all([connect(), connect(), connect()]);
  assert.equal((await refusedHandshake(addressOf(url), {})).status, 429);
});

test('a token is sent in quote mode until it gets another, and has one mode at a time', async (t) => {
  const { exchange, connect } = await startExchange(t);
  const client = await connect();
  ask(client, 'mode', ['full', [RELIANCE]]);
  ask(client, 'subscribe', [RELIANCE, NIFTY]);
  await client.until(() => packets(client).length === 2);
  assert.deepEqual(
    packets(client).map((packet) => packet.packet_length),
    [44, 28],
  );
  ask(client, 'mode', ['full', [RELIANCE, NIFTY]]);
  await client.until(() => packets(client).length === 4);
  assert.deepEqual(
    packets(client)
      .slice(2)
      .map((packet) => packet.packet_length),
    [184, 32],
  );
  ask(client, 'mode', ['ltp', [RELIANCE]]);
  await client.until(() => packets(client).length === 5);
  assert.deepEqual(exchange.connections[0]?.subscriptions, [
    { exchangeType: 1, token: String(RELIANCE), mode: 1 },
    { exchangeType: 9, token: String(NIFTY), mode: 3 },
  ]);
  ask(client, 'unsubscribe', [RELIANCE, NIFTY]);
  ask(client, 'subscribe', [String(RELIANCE)]);
  // Nothing comes of these for the client to wait for.
  await until('the requests', () => exchange.counters.requests === 6);
  assert.deepEqual(exchange.connections[0]?.subscriptions, []);
});

test('one message carries the packets of all that ticked', async (t) => {
  const { exchange, connect } = await startExchange(t);
  const client = await connect();
  const tokens = Array.from({ length: 200 }, (_, i) => i * 256 + 1);
  ask(client, 'subscribe', tokens);
  await client.until(() => packets(client).length === 200);
  assert.equal(client.frames.length, 1);
  exchange.step(500);
  await client.until(() => packets(client).length === 700);
  assert.equal(client.frames.length, 2);
  ask(client, 'mode', ['full', tokens]);
  exchange.step(2000);
  await client.until(() => packets(client).length === 2900);
});

test('more than 3000 instruments are refused with a text, and the socket stays', async (t) => {
  const { exchange, connect } = await startExchange(t);
  const client = await connect();
  const tokens = Array.from({ length: 3001 }, (_, i) => i * 256 + 1);
  ask(client, 'subscribe', tokens.slice(0, 3000));
  ask(client, 'subscribe', tokens.slice(2999));
  await client.until(() => client.texts.length === 1);
  assert.deepEqual(client.texts, [
    '{"type":"error","data":"Can\'t subscribe to more than 3000 instruments."}',
  ]);
  assert.equal(exchange.connections[0]?.subscriptions.length, 3000);
  ask(client, 'unsubscribe', tokens.slice(0, 1));
  ask(client, 'subscribe', tokens.slice(3000));
  await until('the last token', () => {
    return exchange.connections[0]?.subscriptions.at(-1)?.token === String(tokens[3000]);
  });
});

test('a heartbeat of one byte comes by itself, also without a subscription', async (t) => {
  const { connect } = await startExchange(t, { heartbeatIntervalMs: 20 });
  const client = await connect();
  await client.until(() => client.frames.length === 3);
  assert.deepEqual(
    client.frames.map((frame) => frame.length),
    [1, 1, 1],
  );
});

test('duplicates, packets out of order, cut messages and unknown lengths come as they are ordered', async (t) => {
  const { exchange, connect } = await startExchange(t, {
    duplicateEvery: 10,
    garbageEvery: 25,
    reorderEvery: 7,
  });
  const client = await connect();
  ask(client, 'subscribe', [RELIANCE]);
  await client.until(() => packets(client).length === 1);
  exchange.step(99);
  const { duplicatesSent, garbageSent, reordersSent } = exchange.counters;
  assert.ok(duplicatesSent >= 8 && garbageSent >= 3 && reordersSent >= 5);
  await client.until(() => packets(client).length >= 100 + duplicatesSent - 1);
});

test('the simulate command can be Kite: it prints what its handshake needs', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const { promise: printed, resolve } = Promise.withResolvers<void>();
  const running = runSimulate({ ticksPerSecond: 0, broker: 'zerodha' }, stop.signal, (line) => {
    lines.push(line);
    if (lines.length === 2) resolve();
  });
  await printed;
  const url = /ws:\S+/.exec(lines[0] ?? '')?.[0] ?? '';
  await connectStream(addressOf(url), {});
  stop.abort();
  await running;
  assert.equal(lines[1], `API key ${apiKey}, access token ${authToken}`);
});

test('the simulate command takes the key of the configuration, and shows it to nobody', async (t) => {
  const simulate = await CliProcess.spawn(
    t,
    ['--broker=zerodha', '--broker-api-key=key-of-mine'],
    0,
    undefined,
    ['simulate'],
  );
  await until('the credentials', () => /access token/.test(simulate.output), 20_000);
  assert.match(simulate.output, /^API key \(that of BROKER_API_KEY\), access token/m);
  assert.doesNotMatch(simulate.output, /key-of-mine/);
});
