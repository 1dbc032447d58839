/**
 * A process with a feed host's socket and a proxy that does not read for a while, which ends with code 0 when the proxy gets
 * ticks again. A process of its own, since what goes wrong here ends it.
 */
import {
  createTickPublisher,
  createTickSubscriber,
  subscribeTopic,
} from '../../src/workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';
import { until } from './until.ts';

const LIMIT = 100;
const options = { heartbeatMs: 100, curve: null };
const anyPort = 'tcp://127.0.0.1:*';
const publisher = createTickPublisher({
  ...options,
  endpoint: anyPort,
  sendHighWaterMark: LIMIT,
  context: null,
});
await publisher.bind(anyPort);
const endpoint = publisher.lastEndpoint ?? '';
const subscriber = createTickSubscriber({ ...options, endpoint, receiveHighWaterMark: LIMIT });
let connects = 0;
subscriber.events.on('connect', () => void connects++);
let isSubscribed = false;
void (async () => {
  for await (const [report] of publisher) isSubscribed = report![0] === 1;
})().catch(() => {});

subscriber.connect(endpoint);
subscribeTopic(subscriber, 'a/');
const first = subscriber.receive();
await until('the subscription', () => isSubscribed);
await publisher.send(['a/', 'first']);
await first;

await until('another connection', async () => {
  // Enough to fill what the kernel holds, too.
  for (let i = 0; i < 5 && connects === 1; i++) await publisher.send(['a/', Buffer.alloc(100_000)]);
  return connects > 1;
});
// Behind them is a connection that has not carried a message yet.
let last = '';
void (async () => {
  for await (const [, tick] of subscriber) last = tick!.subarray(0, 10).toString();
})().catch(() => {});
await until('a tick of now', async () => {
  await publisher.send(['a/', 'now']);
  return last === 'now';
});
subscriber.close();
await releaseSocket(publisher);
