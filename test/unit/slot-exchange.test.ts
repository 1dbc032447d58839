/** An instrument that moves from one connection to another, as clients see its ticks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAG } from '../../src/codec/tick.ts';
import { type Connection, ExchangeScene, type ExchangeTick } from '../support/exchange-scene.ts';
import { RELIANCE } from '../support/sample-tick.ts';
import { until } from '../support/until.ts';

const SLOT = RELIANCE.slot;
const tickOf = (n: number): ExchangeTick => ({ timeMs: 1000 * Math.floor(n / 4), seq: n, ltp: 100 + n });
const pricesOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => 100 + from + i);

/** One connection that has published ticks up to `last`, and another that carries the instrument beside it. */
function moving(last: number) {
  const scene = new ExchangeScene();
  const giver = scene.connect(0);
  const feed = (connection: Connection, from: number, to: number) => {
    for (let n = from; n <= to; n++) connection.tick(tickOf(n));
  };
  feed(giver, 1, last);
  const taker = scene.connect(1);
  return { scene, giver, taker, feed };
}

function assertUnbroken(scene: ExchangeScene, to: number): void {
  assert.deepEqual(scene.drain(), pricesOf(1, to));
  assert.deepEqual(
    scene.seen.map(({ seq }) => seq),
    pricesOf(1, to).map((price) => price - 100),
  );
  assert.equal(new Set(scene.seen.map(({ epoch }) => epoch)).size, 1, 'the epoch goes on');
  assert.ok(
    scene.seen.every(({ flags }) => (flags & FLAG.GAP_BEFORE) === 0),
    'no gap is told',
  );
}

test('while both connections carry an instrument, only the ticks of its owner are published', () => {
  const { scene, giver, taker, feed } = moving(3);
  feed(taker, 3, 6);
  assert.deepEqual(scene.drain(), pricesOf(1, 3));
  feed(giver, 4, 6);
  assertUnbroken(scene, 6);
});

test('a taker that was ahead of the giver loses nothing and repeats nothing', () => {
  const { scene, giver, taker, feed } = moving(3);
  feed(taker, 3, 8);
  giver.writer.handOver([SLOT], 1);
  giver.tick(tickOf(4));
  feed(taker, 9, 10);
  assertUnbroken(scene, 10);
  assert.equal(taker.feed.taking, null, 'the instrument is wholly the taker´s');
});

test('a taker that was behind the giver repeats nothing', () => {
  const { scene, giver, taker, feed } = moving(8);
  feed(taker, 3, 5);
  giver.writer.handOver([SLOT], 1);
  feed(taker, 6, 10);
  assertUnbroken(scene, 10);
});

test('a taker without a tick of its own takes the instrument, and goes on with its first tick', () => {
  const { scene, giver, taker, feed } = moving(4);
  giver.writer.handOver([SLOT], 1);
  taker.writer.take([SLOT]);
  assert.equal(scene.lastPrice(), 104, 'the last value stays');
  feed(taker, 4, 6);
  assertUnbroken(scene, 6);
});

test('an index without sequence numbers, whose ticks share a second, is joined by their content', () => {
  for (const [giverAt, takerAt] of [
    [5, 9],
    [9, 5],
  ] as const) {
    const scene = new ExchangeScene();
    const tick = (n: number): ExchangeTick => ({ timeMs: 1000, seq: 0, ltp: 100 + n });
    const giver = scene.connect(0);
    for (let n = 1; n <= 3; n++) giver.tick(tick(n));
    const taker = scene.connect(1);
    for (let n = 3; n <= takerAt; n++) taker.tick(tick(n));
    for (let n = 4; n <= giverAt; n++) giver.tick(tick(n));
    giver.writer.handOver([SLOT], 1);
    for (let n = takerAt + 1; n <= 12; n++) taker.tick(tick(n));
    assertUnbroken(scene, 12);
  }
});

test('a tick whose place cannot be found is published soon, and not kept for ever', async () => {
  const scene = new ExchangeScene();
  const giver = scene.connect(0);
  giver.tick({ timeMs: 1000, seq: 0, ltp: 101 });
  const taker = scene.connect(1);
  taker.tick({ timeMs: 1000, seq: 0, ltp: 102 });
  giver.writer.handOver([SLOT], 1);
  taker.writer.take([SLOT]);
  assert.deepEqual(scene.drain(), [101]);
  const from = performance.now();
  await until('the tick', () => scene.drain().length === 2);
  assert.ok(performance.now() - from < 1500);
});

test('an exchange whose clock was set back during a move goes on after a moment', async () => {
  const { scene, giver, taker } = moving(4);
  giver.writer.handOver([SLOT], 1);
  const early = { timeMs: 0, seq: 1, ltp: 999 };
  taker.tick(early);
  assert.deepEqual(scene.drain(), pricesOf(1, 4));
  await until('a tick', () => {
    taker.tick(early);
    return scene.drain().at(-1) === 999;
  });
});

test('a giver that had lost its connection says so: the first tick of the taker follows a gap', () => {
  const { scene, giver, taker, feed } = moving(4);
  giver.feed.gapBefore = true;
  giver.writer.forget(giver.feed);
  assert.equal(scene.lastPrice(), null);
  feed(taker, 6, 6);
  giver.writer.handOver([SLOT], 1);
  taker.writer.take([SLOT]);
  feed(taker, 7, 7);
  assert.deepEqual(scene.drain(), [101, 102, 103, 104, 106, 107]);
  assert.deepEqual(
    scene.seen.map(({ seq, flags }) => `${seq}${flags & FLAG.GAP_BEFORE ? ' gap' : ''}`),
    ['1', '2', '3', '4', '5 gap', '6'],
  );
});

test('a taker that lost its connection between its first tick and the handover tells of a gap only if there is one', () => {
  for (const [again, isGap] of [
    [4, false],
    [6, true],
  ] as const) {
    const { scene, giver, taker, feed } = moving(4);
    feed(taker, 3, 4);
    taker.writer.forget(taker.feed);
    assert.equal(scene.lastPrice(), 104, 'the last value is the giver´s');
    giver.writer.handOver([SLOT], 1);
    taker.writer.take([SLOT]);
    feed(taker, again, 8);
    scene.drain();
    const gaps = scene.seen.filter(({ flags }) => (flags & FLAG.GAP_BEFORE) !== 0);
    assert.deepEqual(
      gaps.map(({ ltp }) => ltp),
      isGap ? [100 + again] : [],
    );
  }
});

test('a taker that lost its connection before the handover tells of its gap, also where ticks cannot be put in order', async () => {
  const unordered = (ltp: number): ExchangeTick => ({ timeMs: 0, seq: 0, ltp });
  for (const isGivenOn of [false, true]) {
    const scene = new ExchangeScene();
    const giver = scene.connect(0);
    giver.tick(unordered(101));
    const taker = scene.connect(1);
    taker.tick(unordered(101));
    taker.writer.forget(taker.feed);
    giver.writer.handOver([SLOT], 1);
    taker.writer.take([SLOT]);
    let last = taker;
    if (isGivenOn) {
      last = scene.connect(2);
      taker.writer.handOver([SLOT], 2);
      last.writer.take([SLOT]);
    }
    last.tick(unordered(107));
    await until('the tick', () => scene.drain().length === 2);
    last.tick(unordered(108));
    scene.drain();
    assert.deepEqual(
      scene.seen.map(({ ltp, seq, flags }) => [ltp, seq, (flags & FLAG.GAP_BEFORE) !== 0]),
      [
        [101, 1, false],
        [107, 2, true],
        [108, 3, false],
      ],
    );
  }
});

test('a tick whose place cannot be found is published soon, however many instruments begin meanwhile', async () => {
  const scene = new ExchangeScene();
  const giver = scene.connect(0);
  giver.tick({ timeMs: 1000, seq: 0, ltp: 101 });
  const taker = scene.connect(1);
  taker.tick({ timeMs: 1000, seq: 0, ltp: 102 });
  giver.writer.handOver([SLOT], 1);
  const other = { ...RELIANCE, slot: SLOT + 1, token: '77' };
  await until('the tick', () => {
    taker.writer.end(scene.carry(1, other, scene.nextEpoch()).feed);
    return scene.drain().length === 2;
  });
});

test('a taker tells once that it carries an instrument, which its owner never does', async () => {
  const { giver, taker, feed } = moving(2);
  feed(taker, 2, 5);
  await until('the message', () => taker.carried.length > 0);
  feed(taker, 6, 7);
  assert.deepEqual([taker.carried, giver.carried], [[SLOT], []]);
});

test('an instrument that nobody wishes for any more at the taker is freed, with its last value', () => {
  const { scene, giver, taker } = moving(4);
  taker.writer.end(taker.feed);
  assert.equal(scene.lastPrice(), 104);
  giver.writer.handOver([SLOT], 1);
  giver.writer.end(giver.feed);
  taker.writer.take([SLOT]);
  assert.equal(scene.lastPrice(), null);
  assert.equal(scene.owners.ownerOf(SLOT), null);
  scene.connect(2).tick(tickOf(9));
  assert.equal(scene.lastPrice(), 109);
});

test('an instrument that its owner gives up goes to the connection that waits for it, whatever comes', async () => {
  const { scene, giver, taker, feed } = moving(4);
  feed(taker, 6, 6);
  giver.writer.end(giver.feed);
  await until('the held tick', () => scene.drain().at(-1) === 106);
  assert.notEqual(scene.seen.at(-1)!.epoch, scene.seen[0]!.epoch, 'nobody knows what came between');
});

test('a worker that starts again as the owner begins an epoch of its own', () => {
  const { scene, giver, taker, feed } = moving(4);
  giver.writer.handOver([SLOT], 1);
  feed(taker, 4, 5);
  const again = scene.connect(1);
  feed(again, 7, 7);
  scene.drain();
  assert.equal(scene.seen.at(-1)!.seq, 1);
  assert.ok(scene.seen.at(-1)!.epoch > scene.seen.at(-2)!.epoch);
});

test('a worker that starts before it read what it was given goes on where the giver stopped', () => {
  const scene = new ExchangeScene();
  const giver = scene.connect(0);
  for (let n = 1; n <= 4; n++) giver.tick(tickOf(n));
  giver.writer.handOver([SLOT], 1);
  const taker = scene.connect(1);
  for (let n = 4; n <= 6; n++) taker.tick(tickOf(n));
  assertUnbroken(scene, 6);
});

test('an instrument goes there and back before any tick has come', () => {
  const { scene, giver, taker, feed } = moving(4);
  giver.writer.handOver([SLOT], 1);
  giver.writer.end(giver.feed);
  const back = scene.connect(2);
  taker.writer.handOver([SLOT], 2);
  feed(back, 3, 6);
  assertUnbroken(scene, 6);
});
