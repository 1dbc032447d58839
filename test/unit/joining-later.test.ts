/** What a client was granted and has no room for yet is as good as held: it is needed, it moves, and its session keeps it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { followBroker } from '../../src/workers/proxy/broker-change.ts';
import { rightsOf } from '../support/entitlement-file.ts';
import { instrumentAt, JoiningScene } from '../support/joining-scene.ts';

const COUNT = 20;
const SLOTS = Array.from({ length: COUNT }, (_, slot) => slot);
const LTP = 1 << MODE.LTP;
const LTP_ONLY = rightsOf('viewer', { modes: [MODE.LTP] });

/** Tells a client of slot 0 that it is mute, and what of that came. */
function toldMute({ statuses, sent }: JoiningScene, tick: (ms: number) => void): unknown[] {
  const news = { status: 'mute', since: 1, reason: 'quiet', broker: 'angel', slots: [0] } as const;
  statuses.onNews({ type: 'feedStatus', ...news });
  tick(1000);
  return sent.flatMap(({ status, instruments }) => (status === 'mute' ? [instruments] : []));
}

test('upstream keeps what a client has not joined, also while very many others leave', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new JoiningScene(FEATURE.SNAPSHOT);
  const { done } = await scene.subscribe(COUNT);
  assert.ok(scene.joined.length < COUNT, 'it waits for room');
  const needs = Array.from({ length: 200_000 }, (_, i) => ({ slot: 1000 + i, modes: LTP }));
  scene.index.lingering.keep(needs, () => {});
  t.mock.timers.tick(60_000);
  assert.deepEqual(
    SLOTS.map((slot) => [scene.needed.get(slot), scene.index.need(slot).modes]),
    SLOTS.map(() => [LTP, LTP]),
  );
  scene.read();
  t.mock.timers.tick(60_000);
  await done;
  assert.deepEqual(scene.joined, SLOTS);
  scene.holdings.releaseAll(scene.session);
  assert.deepEqual(
    [...scene.needed.values()],
    SLOTS.map(() => 0),
    'nothing is held twice',
  );
});

test('a client that goes before it has joined leaves nothing needed once it cannot come back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new JoiningScene(FEATURE.SNAPSHOT);
  const { done } = await scene.subscribe(COUNT);
  scene.leave();
  t.mock.timers.tick(1000);
  await done;
  assert.deepEqual(
    [...scene.needed.values()],
    SLOTS.map(() => LTP),
    'it may be back at once',
  );
  t.mock.timers.tick(60_000);
  assert.deepEqual(
    [...scene.needed.values()],
    SLOTS.map(() => 0),
  );
});

test('an instrument that moves, and moves again, before the client joins is joined where it is then', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new JoiningScene(FEATURE.SNAPSHOT);
  const { done } = await scene.subscribe(COUNT);
  const last = COUNT - 1;
  const at = (slot: number) => ({ ...instrumentAt(last), slot, token: String(slot) });
  scene.holdings.follow([{ from: last, to: at(100) }], [scene.session]);
  scene.holdings.follow([{ from: 100, to: at(101) }], [scene.session]);
  assert.deepEqual(
    [last, 100, 101].map((slot) => scene.needed.get(slot)),
    [0, 0, LTP],
  );
  scene.read();
  t.mock.timers.tick(10);
  await done;
  assert.deepEqual(scene.joined, [...SLOTS.slice(0, last), 101]);
});

test('a user who changes the broker has the instruments of the new one, also those that were to be joined', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new JoiningScene(FEATURE.SNAPSHOT);
  const { done } = await scene.subscribe(COUNT);
  const asked: string[] = [];
  const control: Pick<Parameters<typeof followBroker>[0], 'subscribe'> = {
    subscribe: async (_, wishes) => {
      asked.push(...wishes.map(({ symbol }) => symbol));
      return { outcomes: [], askedAt: 0 };
    },
  };
  const change = { account: 'a', broker: 'zerodha' };
  await followBroker(control as Parameters<typeof followBroker>[0], scene.holdings, change, [scene.session]);
  assert.deepEqual(asked.sort(), SLOTS.map((slot) => instrumentAt(slot).symbol).sort());
  scene.read();
  t.mock.timers.tick(10);
  await done;
});

test('a user who changes the broker while a question is under way has what the new one grants, and nothing is left at the old one', async () => {
  const scene = new JoiningScene(0);
  let questions = 0;
  scene.beforeAnswer = () => {
    if (questions++ > 0) return (number) => number + 100;
    scene.session.identity = { ...scene.session.identity!, broker: 'zerodha' };
    return (number) => number;
  };
  const { done } = await scene.subscribe(COUNT);
  await done;
  assert.deepEqual([questions, scene.joined], [2, SLOTS.map((slot) => slot + 100)]);
  assert.deepEqual(
    SLOTS.map((slot) => [scene.needed.get(slot), scene.needed.get(slot + 100)]),
    SLOTS.map(() => [0, LTP]),
  );
});

test('a session that breaks while its client joins keeps all that was confirmed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new JoiningScene(FEATURE.SNAPSHOT);
  const { done } = await scene.subscribe(COUNT);
  const { instruments } = scene.leave();
  t.mock.timers.tick(10);
  await done;
  assert.deepEqual(
    instruments.map(({ symbol, wishes }) => [symbol, wishes.map(({ mode }) => mode)]),
    SLOTS.map((slot) => [instrumentAt(slot).symbol, [MODE.LTP]]),
  );
});

test('a client that asks for no last values has its streams, however much it has not read', async () => {
  const scene = new JoiningScene(0);
  const { done } = await scene.subscribe(COUNT);
  await done;
  assert.deepEqual(scene.joined, SLOTS);
});

test('a client that loses one mode of an instrument while it joins another is told on how the feed stands', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new JoiningScene(FEATURE.SNAPSHOT | FEATURE.STATUS);
  const first = await scene.subscribe(1, MODE.DEPTH);
  scene.read();
  t.mock.timers.tick(10);
  await first.done;
  const second = await scene.subscribe(1, MODE.LTP);
  scene.session.identity = { ...scene.session.identity!, rights: LTP_ONLY };
  scene.holdings.releaseWhere(scene.session, (_, { view }) => view !== MODE.LTP);
  assert.deepEqual([scene.joined, scene.session.joining.size], [[], 1]);
  scene.read();
  t.mock.timers.tick(10);
  await second.done;
  const { symbol, exchange } = instrumentAt(0);
  assert.deepEqual(
    toldMute(scene, (ms) => t.mock.timers.tick(ms)),
    [[{ symbol, exchange }]],
  );
  scene.holdings.releaseAll(scene.session);
  assert.equal(scene.statuses.watchers, 0);
});

test('a client that is given back one mode of two, as the other is forbidden by then, is told how the feed stands', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const before = new JoiningScene(0);
  for (const mode of [MODE.DEPTH, MODE.LTP]) await (await before.subscribe(1, mode)).done;
  const scene = new JoiningScene(FEATURE.STATUS);
  const { done } = await scene.restore(before.leave());
  scene.session.identity = { ...scene.session.identity!, rights: LTP_ONLY };
  scene.read();
  t.mock.timers.tick(10);
  await done;
  assert.equal(scene.joined.length, 1);
  const { symbol, exchange } = instrumentAt(0);
  assert.deepEqual(
    toldMute(scene, (ms) => t.mock.timers.tick(ms)),
    [[{ symbol, exchange }]],
  );
});

test('what comes back in a portion of later is told as the rights of the key are then', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const before = new JoiningScene(0);
  await (await before.subscribe(300, MODE.DEPTH)).done;
  const scene = new JoiningScene(0);
  const { done } = await scene.restore(before.leave());
  for (let turn = 0; turn < 1000 && scene.restored.length < 1; turn++) await new Promise(setImmediate);
  scene.session.identity = { ...scene.session.identity!, rights: LTP_ONLY };
  for (let turn = 0; turn < 1000 && scene.restored.length < 2; turn++) {
    scene.read();
    t.mock.timers.tick(100);
    await new Promise(setImmediate);
  }
  assert.deepEqual(scene.refused, [0, 100]);
  scene.go();
  t.mock.timers.tick(1000);
  await done;
});

test('a session of very many subscriptions is given back as fast as its client reads, and no more waits for it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const before = new JoiningScene(0);
  await (await before.subscribe(1000)).done;
  const scene = new JoiningScene(FEATURE.STATUS);
  const { done } = await scene.restore(before.leave());
  for (let portion = 1; portion <= 5; portion++) {
    // What came back is asked for a part a turn.
    for (let turn = 0; turn < 1000 && scene.restored.length < portion; turn++)
      await new Promise(setImmediate);
    t.mock.timers.tick(1000);
    const expected = Array.from({ length: portion }, (_, i) => ({ entries: 200, hasMore: i < 4, joined: 0 }));
    assert.deepEqual(scene.restored, expected, 'the next one waits until it has read the one before');
    assert.equal(scene.session.joining.size, 1000);
    scene.read();
    t.mock.timers.tick(10);
    await new Promise(setImmediate);
  }
  t.mock.timers.tick(1000);
  await done;
  assert.equal(scene.joined.length, 1000);
});

for (const [of, got] of [
  [5, 2],
  [2, 5],
] as const) {
  test(`a session that breaks before ${of} instruments are given back keeps them, and ${got} that the client has got meanwhile`, async () => {
    const place = (scene: JoiningScene, slot: number, seq: number) =>
      Object.assign(scene.index.get(slot)!.base, { epoch: 7, seq });
    const before = new JoiningScene(0);
    await (await before.subscribe(of)).done;
    for (let slot = 0; slot < of; slot++) place(before, slot, 50);
    before.leave();
    const scene = new JoiningScene(0);
    before.passOn(scene);
    await (await scene.subscribe(got)).done;
    place(scene, 0, 60);
    const { instruments } = scene.leave();
    assert.deepEqual(
      instruments.map(({ symbol, wishes, own }) => [symbol, wishes.length, own?.base.seq]),
      [0, 1, 2, 3, 4].map((slot) => [`S${slot}`, 1, slot === 0 ? 60 : slot < of ? 50 : 0]),
      'where it stands by now, and where it stood where no tick has come since',
    );
  });
}

test('a session whose depth came back in the other dialect is left with it once', async () => {
  const before = new JoiningScene(0);
  await (await before.subscribe(1, MODE.DEPTH)).done;
  before.leave();
  const scene = new JoiningScene(0);
  before.passOn(scene);
  scene.session.options = { ...scene.session.options, dialect: 'design' };
  await (await scene.subscribe(1, MODE.DEEP_DEPTH)).done;
  const { instruments } = scene.leave();
  assert.deepEqual(
    instruments.flatMap(({ wishes }) => wishes.map(({ mode }) => mode)),
    [MODE.DEEP_DEPTH],
  );
});
