import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { Socket, XPublisher, XSubscriber } from 'zeromq';
import {
  connectAnew,
  createControlClient,
  createControlServer,
  createTickPublisher,
  createTickSubscriber,
  subscribeTopic,
  unsubscribeTopic,
} from '../../src/workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';
import { NetworkGate } from '../support/network-gate.ts';
import { until } from '../support/until.ts';

const ANY_PORT = 'tcp://127.0.0.1:*';
const HEARTBEAT_MS = 200;

/** Frees a socket at the end of a test, whatever became of it. */
function owned<S extends Socket>(t: TestContext, socket: S): S {
  t.after(() => (socket.closed ? undefined : releaseSocket(socket)));
  return socket;
}

async function bindPublisher(
  t: TestContext,
  endpoint = ANY_PORT,
  options = { heartbeatMs: HEARTBEAT_MS, sendHighWaterMark: 1000 },
): Promise<{ publisher: XPublisher; endpoint: string }> {
  const publisher = owned(t, createTickPublisher({ ...options, endpoint, curve: null, context: null }));
  await publisher.bind(endpoint);
  return { publisher, endpoint: publisher.lastEndpoint ?? '' };
}

/** The topics that are subscribed to at a publisher, as it reports them. */
function reportedTopics(publisher: XPublisher): Set<string> {
  const topics = new Set<string>();
  void (async () => {
    for await (const [report] of publisher) {
      const topic = report!.subarray(1).toString();
      if (report![0] === 1) topics.add(topic);
      else topics.delete(topic);
    }
  })().catch((error: unknown) => {
    // A close in the middle of a burst ends the read with an error.
    if (!publisher.closed) throw error;
  });
  return topics;
}

/** A subscriber, and the messages that it got. ZeroMQ works on a socket, after a reconnect too, while somebody reads it. */
function openSubscriber(t: TestContext, endpoint: string): { subscriber: XSubscriber; messages: string[] } {
  const options = { endpoint, heartbeatMs: HEARTBEAT_MS, receiveHighWaterMark: 1000, curve: null };
  const subscriber = owned(t, createTickSubscriber(options));
  subscriber.connect(endpoint);
  const messages: string[] = [];
  void (async () => {
    for await (const parts of subscriber) messages.push(parts.join(' '));
  })();
  return { subscriber, messages };
}

test('a proxy that wants thousands of topics at once gets every one, also when its feed host was started again', async (t) => {
  const topics = 20_000;
  const first = await bindPublisher(t);
  const atFirst = reportedTopics(first.publisher);
  const { subscriber } = openSubscriber(t, first.endpoint);
  for (let i = 0; i < topics; i++) subscribeTopic(subscriber, `angel/NSE/S${i}/LTP/`);
  await until('all subscriptions', () => atFirst.size === topics);
  unsubscribeTopic(subscriber, 'angel/NSE/S7/LTP/');
  await until('the unsubscription', () => atFirst.size === topics - 1);
  await releaseSocket(first.publisher);

  const second = await bindPublisher(t, first.endpoint);
  const atSecond = reportedTopics(second.publisher);
  await until('all subscriptions anew', () => atSecond.size === topics - 1);
  assert.equal(atSecond.has('angel/NSE/S7/LTP/'), false);
});

test('a message that is too large ends the connection for good, and connecting anew brings all topics back', async (t) => {
  const { publisher, endpoint } = await bindPublisher(t);
  const topics = reportedTopics(publisher);
  const { subscriber, messages } = openSubscriber(t, endpoint);
  subscribeTopic(subscriber, 'a/');
  await until('the subscription', () => topics.has('a/'));
  await publisher.send(['a/', Buffer.alloc(5 << 20)]);
  await until('the end of the connection', () => topics.size === 0);
  connectAnew(subscriber, endpoint);
  await until('the subscription', () => topics.has('a/'));
  await publisher.send(['a/', 'tick']);
  await until('the tick', () => messages.includes('a/ tick'));
});

test('a request to a host that is away fails at once, and none is kept for when it comes back', async (t) => {
  const options = { heartbeatMs: HEARTBEAT_MS, curve: null };
  const server = owned(t, createControlServer({ ...options, endpoint: ANY_PORT, context: null }));
  await server.bind(ANY_PORT);
  const endpoint = server.lastEndpoint ?? '';
  await server.unbind(endpoint);
  const client = owned(t, createControlClient({ ...options, endpoint }));
  client.connect(endpoint);
  await assert.rejects(client.send('lost'), { code: 'EAGAIN' });
  await server.bind(endpoint);
  await until('a request that is taken', () =>
    client.send('asked').then(
      () => true,
      () => false,
    ),
  );
  const [peer, request] = await server.receive();
  assert.equal(request?.toString(), 'asked');
  await server.send([peer!, 'answer']);
  assert.equal((await client.receive())[0]?.toString(), 'answer');
  await releaseSocket(client);
  // Until the server knows that the client is gone, it is one that does not read. Either way an answer is refused.
  await until('an answer that finds nobody', () =>
    server.send([peer!, 'to nobody']).then(
      () => false,
      ({ code }: NodeJS.ErrnoException) => {
        assert.ok(code === 'EAGAIN' || code === 'EHOSTUNREACH', code);
        return code === 'EHOSTUNREACH';
      },
    ),
  );
});

test('a link on which nothing passes any more is found by both ends within three heartbeats', async (t) => {
  const { publisher, endpoint } = await bindPublisher(t);
  const topics = reportedTopics(publisher);
  const gate = await NetworkGate.listen(t);
  gate.target = Number(new URL(endpoint).port);
  const { subscriber } = openSubscriber(t, `tcp://127.0.0.1:${gate.port}`);
  subscribeTopic(subscriber, 'a/');
  await until('the subscription', () => topics.has('a/'));
  let disconnectedAt = 0;
  subscriber.events.on('disconnect', () => {
    disconnectedAt = performance.now();
  });
  const heldAt = performance.now();
  gate.hold(true);
  await until('the end at the subscriber', () => disconnectedAt > 0);
  await until('the end at the publisher', () => topics.size === 0);
  const away = performance.now() - heldAt;
  t.diagnostic(`subscriber ${disconnectedAt - heldAt} ms, publisher ${away} ms`);
  assert.ok(away < 10 * HEARTBEAT_MS, `${away} ms`);
  gate.hold(false);
  await until('the subscription anew', () => topics.has('a/'));
});

test('a proxy that did not read until its connection was given up reads on, and its process lives', async () => {
  const script = new URL('../support/stalled-subscriber-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.deepEqual([code, signal], [0, null], errors);
});

test('above the high-water mark a proxy that does not read misses messages, the others miss none, and the feed host never waits', async (t) => {
  const limit = 100;
  // So that the one that stands still is not taken for dead meanwhile.
  const heartbeatMs = 60_000;
  const { publisher, endpoint } = await bindPublisher(t, ANY_PORT, { heartbeatMs, sendHighWaterMark: limit });
  const options = { endpoint, heartbeatMs, receiveHighWaterMark: limit, curve: null };
  const [reading, stalled] = [0, 1].map(() => owned(t, createTickSubscriber(options)));
  const topics = reportedTopics(publisher);
  for (const [i, subscriber] of [reading!, stalled!].entries()) {
    subscriber.connect(endpoint);
    subscribeTopic(subscriber, 'a/');
    subscribeTopic(subscriber, `${i}/`);
  }
  const first = stalled!.receive();
  const got: number[] = [];
  void (async () => {
    for await (const [topic, number] of reading!) if (`${topic}` === 'a/') got.push(Number(number));
  })();
  await until('both subscriptions', () => topics.has('0/') && topics.has('1/'));
  await publisher.send(['1/', 'first']);
  await first;
  const count = 3000;
  const filler = Buffer.alloc(10_000);
  for (let i = 0; i < count; i++) {
    await publisher.send(['a/', String(i), filler]);
    if (i % 50 === 49) await until('the one that reads', () => got.length > i - 50);
  }
  await until('all messages', () => got.length === count);
  assert.deepEqual(
    got,
    got.map((_, i) => i),
  );
  const kept: string[] = [];
  void (async () => {
    for await (const [, number] of stalled!) kept.push(String(number));
  })();
  await until('a message of now', async () => {
    await publisher.send(['a/', 'now']);
    return kept.includes('now');
  });
  const numbers = kept.filter((text) => text !== 'now');
  assert.ok(numbers.length > limit && numbers.length < count, `${numbers.length} of ${count} were kept`);
});
