/** A request takes no more room from others than what it asks for may still need: none in the end but for what is held. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { SubscriptionLimits } from '../../src/workers/proxy/admission/subscription-limits.ts';
import { WorkTurns } from '../../src/workers/proxy/admission/work-turns.ts';
import { Capabilities } from '../../src/workers/proxy/capabilities.ts';
import type { ControlPlane } from '../../src/workers/proxy/control-plane.ts';
import { FeedStatusNotifier } from '../../src/workers/proxy/feed-status-notifier.ts';
import { Departures } from '../../src/workers/proxy/subscriptions/departures.ts';
import { SubscriptionHandler } from '../../src/workers/proxy/subscriptions/subscription-handler.ts';
import { USAGE, UsageTable } from '../../src/workers/usage-table.ts';
import type { SubscribeOutcome } from '../../src/workers/worker-messages.ts';
import { INSTRUMENTS, type SceneClient, SlowScene } from '../support/slow-scene.ts';
import { until } from '../support/until.ts';

const NEVER = { ltp: 0, quote: 0, depth: 0 };
const SLOW = { policy: 'deliver', conflateBytes: NEVER, conflateAgeMs: NEVER, timeoutMs: 1e9 } as const;
const KEY_PLACE = USAGE.FIRST_KEY;
const NO_LIMITS = {
  trustedProxies: [],
  maxConnections: 0,
  maxHandshakes: 0,
  maxConnectionsPerAddress: 0,
  maxConnectionsPerKey: 0,
  authAttempts: 0,
  authWindowMs: 0,
  requestsPerSecond: 0,
  requestBurst: 0,
  maxBatch: 0,
  maxSubscriptionsPerClient: 0,
  maxSubscriptionsPerKey: 0,
  maxSubscriptions: 0,
  maxStreams: 0,
  idleTimeoutMs: 0,
  maxOutboundBytes: 0,
  maxInboundBytes: 0,
};
const ROWS = [{ broker: 'angel', exchange: '*', depthLevels: [5, 20] }];
const IDENTITY = { owner: 'o', userId: 'u', account: 'o', broker: 'angel', keyId: 'k', rights: null };

/** Clients of one key, and a control plane that knows the instruments of the scene and nothing else. */
function sceneOf(maxSubscriptions: number, maxStreams: number) {
  const usage = UsageTable.create(1, 1);
  const table = new UsageTable(usage, 1);
  const counted = {
    get streams(): number {
      return scene.index.streams;
    },
  };
  const configured = { ...NO_LIMITS, maxSubscriptions, maxStreams };
  const task = { limits: configured, usage, row: 0, workers: 1, fullAddresses: [] };
  const limits = new SubscriptionLimits(task, counted);
  const scene = new SlowScene(SLOW, 1e9, limits);
  /** Answers every question at once, unless a test says how it is answered. */
  const plane = { answer: async () => {} };
  const control: ControlPlane = {
    verifyKey: () => assert.fail('nobody authenticates'),
    need: () => {},
    subscribe: async (_, wishes) => {
      await plane.answer();
      const outcomes = wishes.map((wish): SubscribeOutcome => {
        const instruments = INSTRUMENTS.filter(({ symbol }) => symbol === wish.symbol);
        if (instruments.length > 0) return { status: 'ok', instruments };
        return { status: 'error', code: 'SYMBOL_NOT_FOUND', message: wish.symbol };
      });
      return { askedAt: 0, outcomes };
    },
  };
  const offers = { capabilities: () => new Capabilities(ROWS) };
  const { holdings, index } = scene;
  const statuses = new FeedStatusNotifier();
  const departures = new Departures({
    control,
    index,
    delivery: scene.delivery,
    limits,
    turns: new WorkTurns(),
  });
  const handler = new SubscriptionHandler(
    holdings,
    control,
    index,
    offers,
    statuses,
    limits,
    new WorkTurns(),
  );
  const connect = () => {
    const client = scene.connect({ features: FEATURE.SNAPSHOT });
    client.session.identity = IDENTITY;
    limits.useKey(client.session, KEY_PLACE, null);
    return client;
  };
  const subscribe = async ({ session }: SceneClient, symbols: readonly string[], wish = {}) => {
    const list = symbols.map((symbol) => ({ symbol, exchange: INSTRUMENTS[0]!.exchange }));
    await handler.subscribe(session, { symbols: list, mode: MODE.LTP, ...wish }, () =>
      assert.fail('refused'),
    );
  };
  const used = () => ({
    subscriptions: table.sum(USAGE.SUBSCRIPTIONS),
    ofKey: table.sum(KEY_PLACE),
    streams: table.sum(USAGE.STREAMS),
  });
  const leave = ({ session }: SceneClient) => {
    session.open = false;
    departures.add(session);
  };
  return { scene, plane, connect, leave, subscribe, used };
}

const ALL = INSTRUMENTS.map(({ symbol }) => symbol);
const heldBy = ({ session }: SceneClient) => session.holdings.size;

/** Lets a client join the first of what it asks for; it reads nothing more until `joined`. */
async function joinSlowly(
  { subscribe }: ReturnType<typeof sceneOf>,
  client: SceneClient,
  symbols: readonly string[],
): Promise<{ joined(): Promise<void> }> {
  let isReading = false;
  client.socket.getBufferedAmount = () => (isReading || heldBy(client) === 0 ? 0 : 1e6);
  let isDone = false;
  const done = subscribe(client, symbols).finally(() => {
    isDone = true;
  });
  await until('the first join', () => client.session.joining.size > 0);
  return {
    joined: async () => {
      isReading = true;
      await until('the end of the request', () => isDone);
      await done;
    },
  };
}

test('what a slow client has not joined takes no room for streams that are there already', async () => {
  const scene = sceneOf(0, 4);
  const [first, slow, third] = [scene.connect(), scene.connect(), scene.connect()];
  await scene.subscribe(first, ALL.slice(0, 2));
  const { joined } = await joinSlowly(scene, slow, ALL.slice(0, 2));
  await scene.subscribe(third, ALL.slice(2));
  assert.equal(heldBy(third), 1);
  await joined();
  assert.equal(heldBy(slow), 2);
  assert.deepEqual(scene.used(), { subscriptions: 5, ofKey: 5, streams: 3 });
});

test('what a slow client was refused, or has joined, is not counted beside what it holds', async () => {
  const scene = sceneOf(4, 4);
  const [slow, other] = [scene.connect(), scene.connect()];
  const { joined } = await joinSlowly(scene, slow, [...ALL, 'NOSUCH']);
  assert.deepEqual(scene.used(), { subscriptions: 3, ofKey: 3, streams: 3 });
  await scene.subscribe(other, ALL.slice(0, 1));
  assert.equal(heldBy(other), 1, 'the last subscription that there is room for');
  await joined();
  assert.equal(heldBy(slow), 3);
  assert.deepEqual(scene.used(), { subscriptions: 4, ofKey: 4, streams: 3 });
});

test('what a slow client holds already takes no room when it asks for it again', async () => {
  const scene = sceneOf(3, 3);
  const slow = scene.connect();
  await scene.subscribe(slow, ALL.slice(0, 1));
  const { joined } = await joinSlowly(scene, slow, [...ALL.slice(0, 2), 'NOSUCH']);
  assert.deepEqual(scene.used(), { subscriptions: 2, ofKey: 2, streams: 2 });
  await joined();
  assert.deepEqual(scene.used(), { subscriptions: 2, ofKey: 2, streams: 2 });
});

test('what a slow client has not joined is kept for it, until it is gone', async () => {
  const scene = sceneOf(3, 3);
  const [slow, other] = [scene.connect(), scene.connect()];
  const { joined } = await joinSlowly(scene, slow, ALL);
  await scene.subscribe(other, ALL.slice(2));
  assert.equal(heldBy(other), 0);
  scene.leave(slow);
  await joined();
  assert.deepEqual(scene.used(), { subscriptions: 0, ofKey: 0, streams: 0 });
});

test('a request that is answered leaves nothing taken but what its client holds, whatever was refused of it', async () => {
  const cases: readonly { readonly asked: readonly string[]; readonly held: number }[] = [
    { asked: ['NOSUCH'], held: 0 },
    { asked: ['NOSUCH', ALL[0]!], held: 1 },
    { asked: [ALL[0]!, ALL[0]!], held: 1 },
    { asked: [ALL[0]!, ALL[1]!, ALL[2]!], held: 2 },
    { asked: ALL, held: 2 },
  ];
  for (const [maxSubscriptions, maxStreams] of [
    [2, 3],
    [3, 2],
  ] as const) {
    const scene = sceneOf(maxSubscriptions, maxStreams);
    const client = scene.connect();
    for (const { asked, held } of cases) {
      await scene.subscribe(client, asked);
      assert.equal(heldBy(client), held);
      assert.deepEqual(scene.used(), { subscriptions: held, ofKey: held, streams: held }, String(asked));
    }
  }
});

test('what a client holds may move to other slots while a request of its is under way, whose room stays kept', async () => {
  const scene = sceneOf(2, 3);
  const [client, other] = [scene.connect(), scene.connect()];
  await scene.subscribe(client, ALL.slice(0, 1));
  const answer = Promise.withResolvers<void>();
  scene.plane.answer = () => answer.promise;
  const asked = scene.subscribe(client, ALL.slice(1, 2));
  scene.scene.holdings.follow([{ from: 0, to: INSTRUMENTS[2]! }], [client.session]);
  assert.deepEqual(scene.used(), { subscriptions: 2, ofKey: 2, streams: 2 });
  scene.plane.answer = async () => {};
  await scene.subscribe(other, ALL.slice(0, 1));
  assert.equal(heldBy(other), 0, 'there is no room beside what is kept');
  answer.resolve();
  await asked;
  assert.deepEqual([heldBy(client), scene.used()], [2, { subscriptions: 2, ofKey: 2, streams: 2 }]);
});

test('a question that fails leaves nothing taken', async () => {
  const scene = sceneOf(3, 3);
  const client = scene.connect();
  await scene.subscribe(client, ALL.slice(0, 1));
  scene.plane.answer = () => Promise.reject(new Error('the feed host is away'));
  await assert.rejects(scene.subscribe(client, ALL), /away/);
  assert.deepEqual(scene.used(), { subscriptions: 1, ofKey: 1, streams: 1 });
});

test('a client that goes before it is answered takes nothing from others from then on, and gives it back once', async () => {
  const scene = sceneOf(3, 3);
  const [gone, other] = [scene.connect(), scene.connect()];
  const answer = Promise.withResolvers<void>();
  scene.plane.answer = () => answer.promise;
  const asked = scene.subscribe(gone, ALL);
  assert.deepEqual(scene.used(), { subscriptions: 3, ofKey: 3, streams: 3 });
  scene.leave(gone);
  scene.plane.answer = async () => {};
  await scene.subscribe(other, ALL);
  assert.equal(heldBy(other), 3);
  answer.resolve();
  await asked;
  assert.deepEqual(scene.used(), { subscriptions: 3, ofKey: 3, streams: 3 });
});

test('streams that have ended take no room, though their worker is asked for nothing more', async () => {
  const scene = sceneOf(0, 3);
  const client = scene.connect();
  await scene.subscribe(client, ALL);
  assert.deepEqual(scene.used(), { subscriptions: 3, ofKey: 3, streams: 3 });
  scene.scene.holdings.releaseWhere(client.session, ({ slot }) => slot > 0);
  assert.deepEqual(scene.used(), { subscriptions: 1, ofKey: 1, streams: 1 });
  scene.scene.holdings.follow([{ from: 0, to: INSTRUMENTS[1]! }], [client.session]);
  assert.deepEqual(scene.used(), { subscriptions: 1, ofKey: 1, streams: 1 });
});

test('a client that asks for other depth levels of what it holds gets no more streams than all clients may have', async () => {
  const scene = sceneOf(0, 4);
  const [first, second] = [scene.connect(), scene.connect()];
  const levels = (depth: number) => ({ mode: MODE.DEEP_DEPTH, depth });
  for (const client of [first, second])
    for (const symbol of ALL) await scene.subscribe(client, [symbol], levels(5));
  assert.deepEqual(scene.used(), { subscriptions: 6, ofKey: 6, streams: 3 });
  await scene.subscribe(second, ALL, levels(20));
  const held = [...second.session.holdings.values()].flat().flatMap(({ streams }) => [...streams.values()]);
  assert.deepEqual(
    held.map(({ form }) => form.depthLevel),
    [20, 5, 5],
  );
  assert.deepEqual(scene.used(), { subscriptions: 6, ofKey: 6, streams: 4 });
  scene.scene.read(second, Number.POSITIVE_INFINITY);
  const entries = second.socket.read.at(-1)!.message.subscriptions as { status: string; message?: string }[];
  assert.deepEqual(
    entries.map(({ status, message }) => [status, message?.includes('TICKWIRE_MAX_STREAMS')]),
    [
      ['success', undefined],
      ['error', true],
      ['error', true],
    ],
  );
  scene.leave(first);
  await scene.subscribe(second, ALL, levels(20));
  assert.deepEqual(scene.used(), { subscriptions: 3, ofKey: 3, streams: 3 }, 'the room for it came back');
});
