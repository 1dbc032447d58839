/** A request for very many instruments is done bit by bit, and what happens meanwhile leaves nothing half done. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { USAGE } from '../../src/workers/usage-table.ts';
import { instrumentAt, JoiningScene } from '../support/joining-scene.ts';

const COUNT = 350;
const SLOTS = Array.from({ length: COUNT }, (_, slot) => slot);
const LTP = 1 << MODE.LTP;
const RIGHTS = {
  role: 'few',
  modes: null,
  depthLevels: null,
  exchanges: null,
  orders: true,
  limits: { maxConnections: null, maxSubscriptions: null, requestsPerSecond: null },
};

/** Each look at the clock finds a slice over. */
function slowly(t: TestContext): void {
  let now = 0;
  t.mock.method(performance, 'now', () => ++now);
}

/** Lets the event loop turn; the clock and timers are the test's. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    assert.ok(turn < 100_000, `no end of waiting for ${what}`);
    await new Promise(setImmediate);
  }
}

type Entries = readonly { readonly symbol: string; readonly status: string }[];

function succeeded(message: Readonly<Record<string, unknown>> | undefined): string[] {
  const entries = message?.subscriptions as Entries;
  return entries.filter(({ status }) => status === 'success').map(({ symbol }) => symbol);
}

/** One whose request has been asked for in part, and confirmed in no part. */
async function halfAsked(scene: JoiningScene): Promise<{ readonly done: Promise<void> }> {
  const asked = scene.subscribe(COUNT);
  await until('the first answers', () => scene.session.granted.size > 0);
  assert.ok(scene.session.granted.size < COUNT && scene.sent.length === 0);
  return asked;
}

/** One whose request has been confirmed, and who has joined some of it. */
async function halfJoined(scene: JoiningScene): Promise<{ readonly done: Promise<void> }> {
  const asked = scene.subscribe(COUNT);
  await until('the first joins', () => scene.joined.length > 0);
  assert.ok(scene.joined.length < COUNT);
  return asked;
}

const used = ({ used: table }: JoiningScene) => [table.sum(USAGE.SUBSCRIPTIONS), table.sum(USAGE.STREAMS)];

test('a client that asks for very many is told of all of them in one answer, before the first tick', async (t) => {
  slowly(t);
  const scene = new JoiningScene(0);
  const joinedBefore: number[] = [];
  scene.beforeSend = () => joinedBefore.push(scene.joined.length);
  const { done } = await scene.subscribe(COUNT);
  await done;
  assert.deepEqual(joinedBefore, [0]);
  assert.deepEqual(
    succeeded(scene.sent[0]),
    SLOTS.map((slot) => instrumentAt(slot).symbol),
  );
  assert.deepEqual(scene.joined, SLOTS);
  assert.deepEqual(used(scene), [COUNT, COUNT]);
  assert.deepEqual([scene.session.granted.size, scene.session.joining.size], [0, 0]);
});

for (const [when, half] of [
  ['is asked for', halfAsked],
  ['is joined', halfJoined],
] as const) {
  test(`a client that goes while what it wants ${when} leaves nothing needed and nothing counted`, async (t) => {
    slowly(t);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const scene = new JoiningScene(0);
    const { done } = await half(scene);
    scene.leave();
    await done;
    await until('the end of what it held', () => scene.index.instruments === 0);
    t.mock.timers.tick(60_000);
    assert.deepEqual([...scene.needed.values()].filter(Boolean), []);
    assert.deepEqual(used(scene), [0, 0]);
    assert.equal(scene.index.lingering.modes(0), 0);
  });

  test(`an instrument that moves while what a client wants ${when} is joined where it is then`, async (t) => {
    slowly(t);
    const scene = new JoiningScene(0);
    const { done } = await half(scene);
    const moves = [0, 99].map((from) => ({
      from,
      to: { ...instrumentAt(from), slot: COUNT + from, token: 'new' },
    }));
    scene.holdings.follow(moves, [scene.session]);
    await done;
    const expected = [...SLOTS.filter((slot) => slot !== 0 && slot !== 99), COUNT, COUNT + 99];
    assert.deepEqual(
      scene.joined.sort((a, b) => a - b),
      expected,
    );
    assert.deepEqual(
      [0, 99, COUNT, COUNT + 99].map((slot) => scene.needed.get(slot)),
      [0, 0, LTP, LTP],
    );
  });
}

test('a session keeps nothing of a request that was not confirmed, and all of one that was', async (t) => {
  slowly(t);
  const asked = new JoiningScene(0);
  const half = await halfAsked(asked);
  assert.deepEqual(asked.leave().instruments, []);
  await half.done;
  const confirmed = new JoiningScene(0);
  const other = await halfJoined(confirmed);
  assert.equal(confirmed.leave().instruments.length, COUNT);
  await other.done;
});

test('rights that are taken away while a client asks for very many are refused in the answer, and no tick comes', async (t) => {
  slowly(t);
  const scene = new JoiningScene(0);
  const { done } = await halfAsked(scene);
  scene.session.identity = { ...scene.session.identity!, rights: { ...RIGHTS, symbols: ['NSE:S7'] } };
  await done;
  assert.deepEqual([succeeded(scene.sent[0]), scene.joined], [['S7'], [7]]);
  assert.deepEqual(used(scene), [1, 1]);
  assert.deepEqual(
    [...scene.needed].filter(([, modes]) => modes !== 0),
    [[7, LTP]],
  );
});

for (const limit of ['maxSubscriptionsPerClient', 'maxSubscriptions', 'maxStreams'] as const) {
  test(`a request for very many is granted as much as ${limit} has room for, and never more meanwhile`, async (t) => {
    slowly(t);
    const scene = new JoiningScene(0, { [limit]: 230 });
    let isDone = false;
    const { done } = await scene.subscribe(COUNT);
    void done.then(() => {
      isDone = true;
    });
    await until('the end', () => {
      assert.ok(Math.max(...used(scene)) <= 230);
      return isDone;
    });
    assert.equal(succeeded(scene.sent[0]).length, 230);
    assert.equal(scene.joined.length, 230);
    assert.deepEqual(used(scene), [230, 230]);
  });
}

for (const [name, ask] of [
  ['all', (scene: JoiningScene) => scene.unsubscribeAll()],
  ['very many', (scene: JoiningScene) => scene.unsubscribe(COUNT)],
] as const) {
  test(`a client that unsubscribes ${name} is told when no tick can come any more, also of what moved meanwhile`, async (t) => {
    slowly(t);
    const scene = new JoiningScene(FEATURE.SEQUENCE);
    const { done } = await scene.subscribe(COUNT);
    await done;
    const topicsBefore: number[] = [];
    scene.beforeSend = () => topicsBefore.push(scene.topics.size);
    const ended = ask(scene);
    assert.ok(ended !== undefined && scene.session.holdings.size > 0, 'bit by bit');
    const last = COUNT - 1;
    const to = { ...instrumentAt(last), slot: COUNT, token: 'new' };
    scene.holdings.follow([{ from: last, to }], [scene.session]);
    await ended;
    assert.deepEqual(topicsBefore, [0]);
    const answer = scene.sent.at(-1)!;
    assert.equal((answer.successful as Entries).length, COUNT);
    assert.deepEqual([used(scene), scene.index.instruments], [[0, 0], 0]);
    assert.deepEqual([...scene.needed.values()].filter(Boolean), []);
  });
}

test('a client that has gone is not taken along to where its instruments move', async (t) => {
  slowly(t);
  const scene = new JoiningScene(0);
  const { done } = await scene.subscribe(COUNT);
  await done;
  const moves = SLOTS.map((from) => ({ from, to: { ...instrumentAt(from), slot: COUNT + from } }));
  scene.leave();
  await until('the end of what it held', () => scene.index.instruments === 0);
  // The answer that names the new places comes when all has been given back.
  scene.holdings.follow(moves, [scene.session]);
  assert.equal(scene.index.instruments, 0);
  assert.deepEqual(used(scene), [0, 0]);
});

test('of what is not confirmed yet no status is told, though its instrument moves', async (t) => {
  slowly(t);
  const scene = new JoiningScene(FEATURE.STATUS);
  const { done } = await halfAsked(scene);
  scene.holdings.follow([{ from: 0, to: { ...instrumentAt(0), slot: COUNT } }], [scene.session]);
  assert.equal(scene.statuses.watchers, 0);
  scene.read();
  await done;
  assert.equal(scene.statuses.watchers, 1);
});
