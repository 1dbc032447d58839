import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { runSimulate } from '../../src/main/simulator/run-simulate.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import {
  DEMO_CREDENTIALS,
  type SimulatedExchangeOptions,
} from '../../src/main/simulator/simulator-options.ts';
import type { FromSimulator } from '../../src/main/simulator/simulator-worker.ts';
import {
  connectStream,
  DEMO_HEADERS,
  refusedHandshake,
  type StreamClient,
} from '../support/stream-client.ts';

/** An exchange that ticks only when told to, unless the options say otherwise. */
async function startExchange(
  t: TestContext,
  options: SimulatedExchangeOptions = {},
): Promise<{ readonly exchange: SimulatedExchange; readonly url: string }> {
  const exchange = new SimulatedExchange({ ticksPerSecond: 0, ...options });
  const { url } = await exchange.listen();
  t.after(() => exchange.close());
  return { exchange, url };
}

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => String(from + index));
}

/** A heartbeat that has been answered: everything sent before it has been handled. */
async function settle(client: StreamClient): Promise<void> {
  const pongs = () => client.texts.filter((text) => text === 'pong').length;
  const before = pongs();
  client.socket.send('ping');
  await client.until(() => pongs() > before);
}

function errorCodes(client: StreamClient): string[] {
  return client.texts.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text).errorCode);
}

test('a client gets in with headers, with the Bearer prefix, or with the query form', async (t) => {
  const { url, exchange } = await startExchange(t);
  await connectStream(url);
  await connectStream(url, { ...DEMO_HEADERS, authorization: `Bearer ${DEMO_CREDENTIALS.authToken}` });
  const { clientCode, feedToken, apiKey } = DEMO_CREDENTIALS;
  await connectStream(`${url}?${new URLSearchParams({ clientCode, feedToken, apiKey })}`, {});
  assert.deepEqual(
    exchange.connections.map((connection) => connection.clientCode),
    [clientCode, clientCode, clientCode],
  );
});

test('a client with a wrong or missing credential learns which one from a 401', async (t) => {
  const { url } = await startExchange(t);
  const expectations = [
    ['authorization', 'Invalid Header - Invalid Auth token'],
    ['x-client-code', 'Invalid Header - Invalid Client Code'],
    ['x-api-key', 'Invalid Header - Invalid API Key'],
    ['x-feed-token', 'Invalid Header - Invalid Feed Token'],
  ] as const;
  for (const [header, message] of expectations) {
    const { [header]: _, ...missing } = DEMO_HEADERS;
    for (const headers of [{ ...DEMO_HEADERS, [header]: 'wrong' }, missing]) {
      const answer = await refusedHandshake(url, headers);
      assert.deepEqual([answer.status, answer.message], [401, message]);
    }
  }
  const elsewhere = await refusedHandshake(url.replace('smart-stream', 'other'), DEMO_HEADERS);
  assert.equal(elsewhere.status, 404);
});

test('the fourth connection of a client is refused with 429, until one of the three leaves', async (t) => {
  const { url, exchange } = await startExchange(t, { checkCredentials: false });
  const clients = await Promise.all([1, 2, 3].map(() => connectStream(url)));
  const answer = await refusedHandshake(url, DEMO_HEADERS);
  assert.equal(answer.status, 429);
  assert.equal(answer.message, 'Invalid Request. Connection Limit Exceeded.');
  assert.match(answer.body, /<html>/);
  await connectStream(url, { ...DEMO_HEADERS, 'x-client-code': 'OTHER' });
  clients[0]?.socket.close();
  await once(clients[0]?.socket ?? assert.fail(), 'close');
  await connectStream(url);
  assert.equal(exchange.counters.connectionsRefused, 1);
});

test('a refusal that a test scripts happens once', async (t) => {
  const { url, exchange } = await startExchange(t);
  exchange.refuseNext({ status: 503 });
  exchange.refuseNext({ status: 403, message: 'Token expired' });
  assert.deepEqual((await refusedHandshake(url, DEMO_HEADERS)).status, 503);
  const second = await refusedHandshake(url, DEMO_HEADERS);
  assert.deepEqual([second.status, second.message], [403, 'Token expired']);
  await connectStream(url);
});

test('a subscription brings the last known value at once and then a frame per tick, in each mode', async (t) => {
  const { url, exchange } = await startExchange(t);
  const client = await connectStream(url);
  for (const mode of [1, 2, 3, 4]) client.request(mode, 1, ['2885']);
  await client.until(() => client.frames.length === 4);
  assert.deepEqual(
    client.frames.map((frame) => frame.length),
    [51, 123, 379, 443],
  );
  exchange.step(2);
  await client.until(() => client.frames.length === 12);
  for (const [index, frame] of client.frames.entries()) {
    assert.equal(frame[0], (index % 4) + 1);
    assert.equal(frame.toString('latin1', 2, 7), '2885\0');
  }
  assert.deepEqual(client.texts, []);
});

test('a connection sees its own tokens alone', async (t) => {
  const { url, exchange } = await startExchange(t);
  const [first, second] = await Promise.all([connectStream(url), connectStream(url)]);
  first.request(1, 1, ['1', '2']);
  second.request(1, 2, ['2', '3']);
  await Promise.all([settle(first), settle(second)]);
  exchange.step(100);
  await Promise.all([settle(first), settle(second)]);
  assert.equal(first.frames.length + second.frames.length, 104);
  assert.ok(first.frames.every((frame) => frame[1] === 1));
  assert.ok(second.frames.every((frame) => frame[1] === 2));
});

test('a malformed request is answered with E1001 and disturbs nothing', async (t) => {
  const { url, exchange } = await startExchange(t);
  const client = await connectStream(url);
  client.request(3, 1, ['2885']);
  client.socket.send('{"correlationID":"zzzzzzzzzz","action":1,');
  client.request(9, 1, ['1'], { correlationID: 'b'.repeat(10) });
  client.request(3, 6, ['1']);
  client.socket.send(Buffer.from('ping'));
  await client.until(() => client.texts.length === 4);
  assert.deepEqual(client.texts.slice(0, 2), [
    '{"correlationID":"","errorCode":"E1001","errorMessage":"Invalid Request Payload."}',
    '{"correlationID":"bbbbbbbbbb","errorCode":"E1001","errorMessage":"Invalid Request Payload."}',
  ]);
  assert.deepEqual(exchange.connections[0]?.subscriptions, [{ exchangeType: 1, token: '2885', mode: 3 }]);
  exchange.step();
  await client.until(() => client.frames.length === 2);
});

test('a connection holds 1000 pairs: duplicates are free, the 1001st is refused, a freed one can be used again', async (t) => {
  const { url, exchange } = await startExchange(t);
  const client = await connectStream(url);
  client.request(1, 1, numbered(999));
  client.request(1, 1, numbered(999));
  client.request(2, 1, ['0', '0']);
  await client.until(() => client.frames.length === 1000);
  client.request(1, 1, ['1000']);
  await client.until(() => client.texts.length === 1);
  assert.deepEqual(errorCodes(client), ['E1002']);
  client.request(2, 1, ['1'], { action: 0 });
  client.request(1, 1, ['1000']);
  await client.until(() => client.texts.length === 2);
  client.request(1, 1, ['1'], { action: 0 });
  client.request(1, 1, ['1000']);
  await settle(client);
  assert.deepEqual(errorCodes(client), ['E1002', 'E1002']);
  assert.equal(client.frames.length, 1001);
  assert.equal(exchange.connections[0]?.subscriptions.length, 1000);
});

test('20-level depth is for 50 tokens of NSE cash', async (t) => {
  const { url, exchange } = await startExchange(t);
  const client = await connectStream(url);
  client.request(4, 2, ['1']);
  client.request(4, 1, numbered(51));
  client.request(4, 1, numbered(50));
  client.request(4, 1, ['50']);
  await settle(client);
  assert.deepEqual(errorCodes(client), ['E1002', 'E1002', 'E1002']);
  assert.equal(exchange.connections[0]?.subscriptions.length, 50);
});

test('a text ping is answered with a text pong and a protocol ping with a protocol pong', async (t) => {
  const { url, exchange } = await startExchange(t);
  const client = await connectStream(url);
  client.socket.send('ping');
  client.socket.ping('ping');
  await once(client.socket, 'pong');
  await client.until(() => client.texts.length === 1);
  assert.deepEqual(client.texts, ['pong']);
  assert.equal(exchange.counters.heartbeats, 2);
});

test('a connection without a heartbeat is cut, one with either form is kept', async (t) => {
  const { url, exchange } = await startExchange(t, { heartbeatTimeoutMs: 400 });
  const [texting, pinging, silent] = await Promise.all([1, 2, 3].map(() => connectStream(url)));
  assert.ok(texting && pinging && silent);
  const beat = setInterval(() => {
    texting.socket.send('ping');
    pinging.socket.ping('ping');
  }, 20);
  t.after(() => clearInterval(beat));
  const [code] = await once(silent.socket, 'close');
  assert.equal(code, 1006);
  assert.equal(exchange.connections.length, 2);
  await settle(texting);
});

test('dropped connections end without a close frame, and their subscriptions are forgotten', async (t) => {
  const { url, exchange } = await startExchange(t);
  const clients = await Promise.all([1, 2, 3].map(() => connectStream(url)));
  clients[0]?.request(3, 1, ['2885']);
  await clients[0]?.until(() => clients[0]?.frames.length === 1);
  const closes = clients.map(({ socket }) => once(socket, 'close'));
  exchange.dropAll();
  assert.deepEqual(
    (await Promise.all(closes)).map(([code]) => code),
    [1006, 1006, 1006],
  );
  const again = await connectStream(url);
  exchange.step(5);
  await settle(again);
  assert.equal(again.frames.length, 0);
});

test('a stalled exchange answers heartbeats but sends no frame, and does not make up for it', async (t) => {
  let ahead = 0;
  const clock = () => performance.now() + ahead;
  const { url, exchange } = await startExchange(t, { ticksPerSecond: 500, clock });
  const client = await connectStream(url);
  client.request(1, 1, ['1']);
  await client.until(() => client.frames.length >= 20);
  exchange.stall(true);
  await settle(client);
  const before = client.frames.length;
  client.request(1, 1, ['2']);
  // Time for 20 ticks, which would have been sent but for the stall.
  for (const end = performance.now() + 40; performance.now() < end; ) await settle(client);
  assert.equal(client.frames.length, before);
  assert.equal(exchange.connections[0]?.subscriptions.length, 2);
  ahead = 4000;
  exchange.stall(false);
  await client.until(() => client.frames.length > before);
  assert.ok(client.frames.length - before < 1000, `${client.frames.length - before} frames at once`);
});

test('a paused exchange answers nothing until it is resumed', async (t) => {
  const { url, exchange } = await startExchange(t);
  const [paused, witness] = await Promise.all([connectStream(url), connectStream(url)]);
  exchange.pause(true);
  paused.socket.send('ping');
  paused.request(1, 1, ['1']);
  exchange.sendRaw('still there');
  await Promise.all([paused, witness].map((client) => client.until(() => client.texts.length === 1)));
  assert.deepEqual([paused.frames.length, exchange.counters.requests], [0, 0]);
  exchange.pause(false);
  await paused.until(() => paused.frames.length === 1);
  assert.deepEqual(paused.texts, ['still there', 'pong']);
});

test('raw bytes and texts reach every connection as they are', async (t) => {
  const { url, exchange } = await startExchange(t);
  const clients = await Promise.all([connectStream(url), connectStream(url)]);
  exchange.sendRaw(Buffer.from([5, 1, 2]));
  exchange.sendRaw(new Uint8Array(0));
  exchange.sendRaw('{"errorCode" "E9"}');
  for (const client of clients) {
    await client.until(() => client.frames.length === 2 && client.texts.length === 1);
    assert.deepEqual(client.frames, [Buffer.from([5, 1, 2]), Buffer.alloc(0)]);
    assert.deepEqual(client.texts, ['{"errorCode" "E9"}']);
  }
});

test('duplicates are byte-identical, and garbage is truncated or of an unknown mode', async (t) => {
  const { url, exchange } = await startExchange(t, { duplicateEvery: 10, garbageEvery: 25 });
  const client = await connectStream(url);
  client.request(2, 1, ['1']);
  await client.until(() => client.frames.length === 1);
  exchange.step(99);
  await client.until(() => client.frames.length === 100 + 10 + 4);
  const repeated = client.frames.filter((frame, index) => client.frames[index - 1]?.equals(frame));
  assert.equal(repeated.length, 10);
  assert.equal(client.frames.filter((frame) => frame.length === 122 && frame[0] === 2).length, 2);
  assert.equal(client.frames.filter((frame) => frame.length === 123 && frame[0] === 9).length, 2);
  const { framesSent, duplicatesSent, garbageSent } = exchange.counters;
  assert.deepEqual([framesSent, duplicatesSent, garbageSent], [100, 10, 4]);
});

test('two exchanges with the same seed, clock and requests send the same bytes', async (t) => {
  const recordings = await Promise.all(
    [1, 2].map(async () => {
      const { url, exchange } = await startExchange(t, { seed: 42, clock: () => 1_746_171_226_500 });
      const client = await connectStream(url);
      client.request(3, 2, numbered(20));
      client.request(4, 1, numbered(5));
      await client.until(() => client.frames.length === 25);
      exchange.step(200);
      await client.until(() => client.frames.length === 225);
      return Buffer.concat([...client.frames]).toString('hex');
    }),
  );
  assert.equal(recordings[0], recordings[1]);
});

test('a client that stops reading loses frames, which are counted, and another one loses none', async (t) => {
  const { url, exchange } = await startExchange(t, { maxBacklogBytes: 100_000 });
  const [slow, quick] = await Promise.all([connectStream(url), connectStream(url)]);
  slow.request(3, 1, ['1']);
  quick.request(3, 1, ['1']);
  await Promise.all([settle(slow), settle(quick)]);
  slow.socket.pause();
  let steps = 0;
  while (exchange.counters.framesDropped === 0 && steps < 1_000_000) {
    exchange.step(500);
    steps += 500;
    await settle(quick);
  }
  assert.ok(exchange.counters.framesDropped > 0);
  assert.equal(quick.frames.length, steps + 1);
  slow.socket.resume();
  await settle(slow);
  assert.equal(slow.frames.length, steps + 1 - exchange.counters.framesDropped);
});

test('an explicit rate is what a client measures', async (t) => {
  const { url, exchange } = await startExchange(t, { ticksPerSecond: 20_000 });
  const client = await connectStream(url);
  const start = performance.now();
  client.request(1, 1, numbered(100));
  await client.until(() => client.frames.length >= 4100);
  const seconds = (performance.now() - start) / 1000;
  const { framesSent } = exchange.counters;
  assert.ok(framesSent - 100 <= seconds * 20_000 + 1, `${framesSent} frames in ${seconds} s`);
  assert.ok(seconds < 1, `4000 ticks took ${seconds} s`);
});

test('in a worker thread the exchange says where it listens, serves, and leaves by itself', async () => {
  const workerUrl = new URL('../../src/main/simulator/simulator-worker.ts', import.meta.url);
  const worker = new Worker(workerUrl, {
    workerData: { exchanges: [{ options: { ticksPerSecond: 1000 } }, { options: {} }] },
  });
  const [first]: [FromSimulator] = await messageOf(worker);
  assert.ok(first.type === 'listening', JSON.stringify(first));
  assert.equal(new Set(first.urls).size, 2);
  const client = await connectStream(first.urls[0] ?? '');
  client.request(1, 1, ['1']);
  await client.until(() => client.frames.length > 5);
  const exit = once(worker, 'exit');
  const closed = once(client.socket, 'close');
  worker.postMessage({ type: 'stop' });
  const [last]: [FromSimulator] = await messageOf(worker);
  assert.deepEqual(last, { type: 'left', code: null, message: 'stopped' });
  assert.deepEqual(await exit, [0]);
  await closed;
});

test('a worker that cannot listen says why and leaves', async (t) => {
  const { url } = await startExchange(t);
  const workerUrl = new URL('../../src/main/simulator/simulator-worker.ts', import.meta.url);
  const exchanges = [{ options: {} }, { options: {}, port: Number(new URL(url).port) }];
  const worker = new Worker(workerUrl, { workerData: { exchanges } });
  const exit = once(worker, 'exit');
  const [message]: [FromSimulator] = await messageOf(worker);
  assert.ok(message.type === 'left');
  assert.equal(message.code, 'EADDRINUSE');
  assert.deepEqual(await exit, [0]);
});

test('the simulate command prints its address and runs until it is told to end', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const { promise: printed, resolve } = Promise.withResolvers<void>();
  const running = runSimulate({ ticksPerSecond: 0 }, stop.signal, (line) => {
    lines.push(line);
    if (lines.length === 2) resolve();
  });
  await printed;
  const url = /ws:\S+/.exec(lines[0] ?? '')?.[0] ?? '';
  const client = await connectStream(url);
  stop.abort();
  await Promise.all([running, client.until(() => client.socket.readyState === client.socket.CLOSED)]);
  assert.match(lines[1] ?? '', /DEMO0001/);
});

function messageOf(worker: Worker): Promise<[FromSimulator]> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: FromSimulator) => resolve([message]));
    worker.once('error', reject);
  });
}
