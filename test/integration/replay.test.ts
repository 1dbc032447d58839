/** Sessions that are recorded from a running engine and replayed through another: clients must not see a difference. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RECORDED, type RecordedKind } from '../../src/codec/recording/recording-layout.ts';
import { createRecording } from '../../src/main/replay/copy-recording.ts';
import { type EngineFixture, startEngineFixture } from '../support/engine-fixture.ts';
import { buildRecording } from '../support/recording.ts';
import { REPLAY_KEY, startReplay } from '../support/replay-fixture.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Received, TestClient, TestClientOptions } from '../support/test-client.ts';
import { until } from '../support/until.ts';

const CLIENTS: readonly TestClientOptions[] = [
  { framing: 'json' },
  { framing: 'msgpack' },
  { framing: 'json', features: ['sequence', 'stamps'] },
  { framing: 'msgpack', features: ['sequence', 'stamps'] },
];
const SUBSCRIPTIONS = [
  ['NSE', 'RELIANCE', 1],
  ['NSE', 'RELIANCE', 2],
  ['NSE', 'INFY', 3],
  ['NSE_INDEX', 'NIFTY', 2],
  ['CDS', 'USDINR29DEC26FUT', 3],
] as const;

async function connectAll(side: {
  client(options: TestClientOptions): Promise<TestClient>;
}): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (const options of CLIENTS) {
    const client = await side.client(options);
    for (const [exchange, symbol, mode] of SUBSCRIPTIONS) await client.subscribe(exchange, symbol, mode);
    clients.push(client);
  }
  return clients;
}

const isTick = ({ message }: Received) => message.type === 'market_data';
const isGap = ({ message }: Received) => message.type === 'gap';

/** Keys whose values are times at which we received or sent something, and the epoch, which is made of such a time. */
const TIMES: ReadonlySet<string> = new Set([
  'timestamp',
  'receive_time',
  'publish_time',
  'send_time',
  'epoch',
  'last_epoch',
]);

/** Every byte, but for the digits of the receive time, or its double behind the key in msgpack. */
function bytesWithoutReceiveTime({ isBinary, bytes }: Received): string {
  const text = bytes.toString('latin1');
  return isBinary
    ? text.replace(/(\xa9timestamp)\xcb[\s\S]{8}/, '$1')
    : text.replace(/("timestamp": )\d{13}(?=[,}])/, '$1');
}

function withoutTimes({ message }: Received): string {
  return JSON.stringify(message, (key, value) => (TIMES.has(key) ? 'time' : value));
}

/** What a client had of ticks: every byte of a default client, and of others everything but times of ours. */
function delivered(received: readonly Received[], { features }: TestClientOptions): string[] {
  return received.filter(isTick).map(features === undefined ? bytesWithoutReceiveTime : withoutTimes);
}

/** @param order leaves an order in which ticks can be compared */
async function assertSame(
  recorded: readonly TestClient[],
  replayed: readonly TestClient[],
  order = (ticks: readonly Received[]) => ticks,
): Promise<void> {
  await until('the last ticks', () =>
    replayed.every((client, i) => client.ticks().length >= recorded[i]!.ticks().length),
  );
  for (const [i, options] of CLIENTS.entries()) {
    const before = delivered(order(recorded[i]!.received), options);
    const after = delivered(order(replayed[i]!.received), options);
    assert.ok(before.length > 0);
    // Whole lists would make a message that nobody can read.
    const first = before.findIndex((each, at) => each !== after[at]);
    assert.equal(
      after[first],
      before[first],
      `${JSON.stringify(options)}, tick ${first} of ${before.length}`,
    );
    assert.equal(after.length, before.length, JSON.stringify(options));
  }
}

/** Every frame that the exchange has sent is with every client: as a tick in each mode of its instrument. */
async function untilDelivered({ exchange }: EngineFixture, clients: readonly TestClient[]): Promise<void> {
  await until('all ticks', () =>
    clients.every((client) => {
      const ticks = client.ticks();
      const modes = Map.groupBy(client.ticks('RELIANCE'), ({ mode }) => mode);
      const [ltps, quotes] = [1, 2].map((mode) => modes.get(mode)?.length ?? 0);
      return ltps === quotes && ticks.length - ltps! === exchange.counters.framesSent;
    }),
  );
}

interface Recorded {
  readonly path: string;
  readonly clients: readonly TestClient[];
}

async function recordSession(
  t: TestContext,
  play: (fixture: EngineFixture, clients: readonly TestClient[]) => Promise<void>,
  flags: readonly string[] = [],
): Promise<Recorded> {
  const path = join(temporaryDirectory(t), 'session.twr');
  createRecording(path);
  const fixture = await startEngineFixture(t, { recordTo: path, flags });
  // Images of the moment of a subscription would reach the first client alone.
  fixture.exchange.stall(true);
  const clients = await connectAll(fixture);
  // Each token in its highest mode alone.
  await until('the subscriptions', () => {
    const pairs = fixture.exchange.connections.flatMap(({ subscriptions }) => [...subscriptions]);
    return pairs.length === 4 && new Set(pairs.map(({ token }) => token)).size === 4;
  });
  fixture.exchange.stall(false);
  await play(fixture, clients);
  await untilDelivered(fixture, clients);
  await fixture.engine.stop();
  return { path, clients };
}

async function steps(fixture: EngineFixture, count: number, pauseMs = 10): Promise<void> {
  for (let i = 0; i < count; i++) {
    fixture.exchange.step(20);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Of one instrument. @param times of its frames behind the beginning, ns */
function infyRecording(times: readonly bigint[]): Buffer {
  const began = 1_790_000_000_000_000_000n;
  const instrument = { exchange: 'NSE', symbol: 'INFY', segment: 1, token: '1594', mode: 3 };
  const control = (kind: RecordedKind, payload: unknown) => ({
    feed: 0,
    kind,
    time: began,
    payload: Buffer.from(JSON.stringify(payload)),
  });
  const frames = times.map((time) => ({
    feed: 0,
    kind: RECORDED.BINARY,
    time: began + time,
    payload: Buffer.alloc(51, 1),
  }));
  const head = [
    control(RECORDED.FEED, { broker: 'angel' }),
    control(RECORDED.WISHES, { action: 'subscribe', wishes: [instrument] }),
  ];
  return buildRecording([[...head, ...frames]]);
}

test('a recorded session replayed as fast as possible gives every client the same bytes as on the day itself', async (t) => {
  const { path, clients } = await recordSession(t, (fixture) => steps(fixture, 50));
  const replay = await startReplay(t, path);
  const again = await connectAll(replay);
  const { messages } = await replay.untilEnded();
  assert.equal(messages, 1000);
  const answer = await fetch(new URL('/page.json', replay.url));
  const page = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual(
    [page.replayed, page.simulated, page.demoKey],
    [true, false, REPLAY_KEY],
    'the page says what it shows',
  );
  await assertSame(clients, again);
});

test('a session over two connections, with an outage in it, replays with every tick and announces the gaps again', async (t) => {
  const { path, clients } = await recordSession(
    t,
    async (fixture, listeners) => {
      const { exchange } = fixture;
      assert.equal(exchange.connections.length, 2);
      await steps(fixture, 10);
      // What is under way when a connection breaks is lost.
      await untilDelivered(fixture, listeners);
      const accepted = exchange.counters.connectionsAccepted;
      exchange.dropAll();
      await until('both connections again', () => exchange.counters.connectionsAccepted === accepted + 2);
      await until('the subscriptions', () =>
        exchange.connections.every(({ subscriptions }) => subscriptions.length > 0),
      );
      await steps(fixture, 10);
    },
    ['--max-symbols-per-websocket=2', '--max-websocket-connections=2'],
  );
  const replay = await startReplay(t, path);
  assert.equal(replay.session.summary.feeds, 2);
  const again = await connectAll(replay);
  await replay.untilEnded();
  // Two connections have two threads: only the ticks of one instrument have an order.
  const bySymbol = (ticks: readonly Received[]) =>
    ticks.toSorted((a, b) => String(a.message.symbol).localeCompare(String(b.message.symbol)));
  await assertSame(clients, again, bySymbol);
  const outages = (client: TestClient) =>
    client.received
      .filter(isGap)
      .map(({ message }) => `${message.symbol} ${message.reason}`)
      .sort();
  for (const i of [2, 3]) {
    assert.ok(outages(clients[i]!).length > 0);
    assert.deepEqual(outages(again[i]!), outages(clients[i]!));
  }
});

test('at ten times the speed a replay takes about a tenth of the time, and gives the same bytes', async (t) => {
  const { path, clients } = await recordSession(t, (fixture) => steps(fixture, 60, 50));
  const replay = await startReplay(t, path, { speed: 10 });
  const again = await connectAll(replay);
  const { firstTime, lastTime } = replay.session.summary;
  const recordedSeconds = Number(lastTime - firstTime) / 1e9;
  const { seconds } = await replay.untilEnded();
  await assertSame(clients, again);
  const ratio = recordedSeconds / seconds;
  assert.ok(ratio > 3 && ratio < 11, `${recordedSeconds} s were replayed in ${seconds} s`);
  const told = replay.events.flatMap((event) => (event.type === 'progress' ? [event.time] : []));
  assert.ok(told.length > 0, 'it is told how far it is');
  for (const time of told) assert.ok(time >= firstTime && time <= lastTime);
});

test('a black box that cannot be written costs clients nothing', async (t) => {
  const path = join(temporaryDirectory(t), 'box');
  writeFileSync(path, 'in the way');
  const flags = ['--black-box-minutes=1', `--black-box-dir=${path}`];
  const fixture = await startEngineFixture(t, { flags });
  const client = await fixture.client();
  await client.subscribe('NSE', 'INFY', 3);
  await until('the failure', () => {
    fixture.exchange.step(1);
    return fixture.engine.feeds[0]!.counters.recordWriteErrors;
  });
  const before = client.ticks().length;
  await steps(fixture, 5);
  await until('the ticks', () => client.ticks().length >= before + 100);
  assert.deepEqual([fixture.fatal, fixture.engine.feeds[0]!.restarts], [[], 0]);
});

test('a replay that is looped begins anew, and those who ask are told that nothing is continued', async (t) => {
  const { path } = await recordSession(t, (fixture) => steps(fixture, 5));
  const replay = await startReplay(t, path, { loop: true });
  const client = await replay.client({ features: ['sequence'] });
  await client.subscribe('NSE', 'INFY', 3);
  await replay.untilEnded(2);
  await until('a gap', () =>
    client.received.some((received) => isGap(received) && received.message.reason === 'outage'),
  );
});

test('a quiet stretch in a replay is none of a mute feed: nothing is subscribed again, nobody is alarmed', async (t) => {
  const path = join(temporaryDirectory(t), 'quiet.twr');
  writeFileSync(path, infyRecording([0n, 1_500_000_000n]));
  const flags = ['--mute-after=0.1', '--stale-after=0.1', '--recovery-wait=0.1'];
  const replay = await startReplay(t, path, { speed: 1, flags });
  const client = await replay.client({ features: ['status'] });
  await client.subscribe('NSE', 'INFY', 3);
  await replay.untilEnded();
  const told = client.received.flatMap(({ message }) =>
    message.type === 'feed_status' ? [message.status] : [],
  );
  assert.ok(
    told.includes('live') &&
      !told.some((status) => ['mute', 'stale', 'market_closed'].includes(String(status))),
    String(told),
  );
  const { resubscribed, reconnects } = replay.engine.feeds[0]!.counters;
  assert.deepEqual([resubscribed, reconnects], [0, 0]);
});

test('a replay stops at once in every state: before it begins, in a quiet hour, at its end', async (t) => {
  const path = join(temporaryDirectory(t), 'quiet.twr');
  writeFileSync(path, infyRecording([0n, 3_600_000_000_000n]));
  await (await startReplay(t, path)).stop();
  const quiet = await startReplay(t, path, { speed: 1 });
  await (await quiet.client()).subscribe('NSE', 'INFY', 3);
  await until('the beginning', () => quiet.events.some(({ type }) => type === 'began'));
  await quiet.stop();
  const over = await startReplay(t, path);
  await (await over.client()).subscribe('NSE', 'INFY', 3);
  assert.equal((await over.untilEnded()).messages, 2);
  await over.stop();
});

test('a replay waits for clients that are far behind, and goes on when they have caught up', async (t) => {
  const { path, clients } = await recordSession(t, (fixture) => steps(fixture, 100));
  const replay = await startReplay(t, path, { flags: ['--ring-bytes=65536'] });
  replay.session.follow(64 * 1024 * 1024);
  const again = await connectAll(replay);
  await until('the beginning', () => again.every((client) => client.ticks().length > 0));
  await assert.rejects(replay.untilEnded(1, 500));
  replay.session.follow(0);
  await replay.untilEnded();
  await assertSame(clients, again);
});

test('a client that reads slowly gets every tick of a replay at full speed', async (t) => {
  const { path, clients } = await recordSession(t, (fixture) => steps(fixture, 100));
  const replay = await startReplay(t, path, { flags: ['--ring-bytes=65536'] });
  const again = await connectAll(replay);
  again[0]!.socket.pause();
  await replay.untilEnded();
  again[0]!.socket.resume();
  await assertSame(clients, again);
});
