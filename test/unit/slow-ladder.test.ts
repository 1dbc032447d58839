/** Which step a client takes that falls behind, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURE } from '../../src/codec/framing.ts';
import type { SlowPolicy } from '../../src/codec/slow-policy.ts';
import { MODE } from '../../src/codec/tick.ts';
import { PLAIN_TERMS } from '../../src/workers/proxy/slow/delivery-terms.ts';
import type { SlowLimits } from '../../src/workers/reload-messages.ts';
import { INSTRUMENTS, SlowScene } from '../support/slow-scene.ts';

const LIMITS: SlowLimits = {
  policy: 'conflate',
  conflateBytes: { ltp: 30_000, quote: 20_000, depth: 10_000 },
  conflateAgeMs: { ltp: 0, quote: 0, depth: 0 },
  timeoutMs: 5000,
};
const AGES = { ltp: 4000, quote: 2000, depth: 1000 };
const BYTES_NEVER = { ltp: 0, quote: 0, depth: 0 };

/** A client of one instrument in three modes, and what it is conflated in after so many bytes of ticks. */
function sceneOf(limits: Partial<SlowLimits> = {}, slow: SlowPolicy | null = null) {
  const scene = new SlowScene({ ...LIMITS, ...limits }, 5000);
  const client = scene.connect({ slow, features: FEATURE.SEQUENCE | FEATURE.RECEIPTS });
  for (const view of [MODE.LTP, MODE.QUOTE, MODE.DEPTH] as const)
    scene.subscribe(client, 0, view, PLAIN_TERMS);
  const conflated = () =>
    [MODE.DEPTH, MODE.QUOTE, MODE.LTP].filter((mode) => client.session.slow?.isBehindIn(mode));
  const fill = (bytes: number) => {
    while (client.session.backlogBytes < bytes) {
      scene.tick(0, 5);
      scene.endTurn();
    }
  };
  return { scene, client, conflated, fill };
}

test('depth is conflated first, then quotes, LTP last', () => {
  const { scene, conflated, fill } = sceneOf();
  fill(7000);
  assert.deepEqual([scene.round(40), conflated()], [[], []]);
  fill(10_000);
  assert.deepEqual([scene.round(40), conflated()], [[], [MODE.DEPTH]]);
  fill(20_000);
  assert.deepEqual([scene.round(40), conflated()], [[], [MODE.DEPTH, MODE.QUOTE]]);
  fill(30_000);
  assert.deepEqual([scene.round(40), conflated()], [[], [MODE.DEPTH, MODE.QUOTE, MODE.LTP]]);
  scene.conflator.stop();
});

test('few bytes that wait for long are as slow as many', () => {
  const { scene, conflated } = sceneOf({ conflateBytes: BYTES_NEVER, conflateAgeMs: AGES });
  scene.tick(0, 5);
  scene.endTurn();
  for (let ms = 0; ms < 700; ms += 50) scene.round(50);
  assert.deepEqual(conflated(), [], 'not before three quarters of the age');
  for (let ms = 0; ms < 350; ms += 50) scene.round(50);
  assert.deepEqual(conflated(), [MODE.DEPTH]);
  for (let ms = 0; ms < 3000; ms += 50) scene.round(50);
  assert.deepEqual(conflated(), [MODE.DEPTH, MODE.QUOTE, MODE.LTP]);
  scene.conflator.stop();
});

test('a client is not conflated for a round that came late', () => {
  const { scene, client, conflated } = sceneOf({ conflateBytes: BYTES_NEVER, conflateAgeMs: AGES });
  scene.tick(0, 5);
  scene.endTurn();
  scene.round(5000);
  assert.deepEqual(conflated(), []);
  scene.read(client, Number.POSITIVE_INFINITY);
  scene.round(40);
  scene.tick(0, 5);
  scene.endTurn();
  scene.round(40);
  assert.deepEqual(conflated(), []);
  scene.conflator.stop();
});

test('a client whose backlog never ends but is always young gets every tick', () => {
  const { scene, client, conflated } = sceneOf({ conflateBytes: BYTES_NEVER, conflateAgeMs: AGES });
  for (let ms = 0; ms < 20_000; ms += 50) {
    scene.tick(0, 5);
    scene.endTurn();
    // Four ticks of all modes behind: 200 ms.
    if (client.session.backlogBytes > 8000) scene.read(client, client.session.backlogBytes - 7000);
    scene.round(50);
  }
  assert.deepEqual(conflated(), []);
  scene.conflator.stop();
});

test('who wants every tick or none is not conflated', () => {
  const deliver = sceneOf({}, 'deliver');
  deliver.fill(40_000);
  assert.deepEqual(deliver.scene.round(40), []);
  assert.equal(deliver.client.session.slow?.client.size, 0);
  const disconnect = sceneOf({}, 'disconnect');
  disconnect.fill(7000);
  assert.deepEqual(disconnect.scene.round(40), []);
  disconnect.fill(10_000);
  assert.deepEqual(disconnect.scene.round(40), [disconnect.client.session]);
});

test("a subscription's own choice goes before that of the connection", () => {
  const { scene, client, fill } = sceneOf({}, 'deliver');
  scene.change(client, 0, MODE.DEPTH, { slow: 'conflate', maxRate: 0 });
  fill(40_000);
  assert.deepEqual(scene.round(40), []);
  assert.equal(client.session.slow?.client.size, 1, 'depth alone');
  scene.change(client, 0, MODE.LTP, { slow: 'disconnect', maxRate: 0 });
  scene.conflator.stop();
  const other = sceneOf();
  other.scene.change(other.client, 0, MODE.LTP, { slow: 'disconnect', maxRate: 0 });
  other.fill(25_000);
  assert.deepEqual(other.scene.round(40), []);
  other.fill(30_000);
  assert.deepEqual(other.scene.round(40), [other.client.session]);
  other.scene.conflator.stop();
});

test('a conflated client is disconnected when it takes nothing for long, however little it reads otherwise', () => {
  const { scene, client, fill } = sceneOf();
  fill(30_000);
  scene.round(40);
  for (let ms = 0; ms < 20_000; ms += 1000) {
    scene.read(client, 1200);
    assert.deepEqual(scene.round(1000), []);
    scene.tick(0, 5);
    scene.endTurn();
  }
  let cut: unknown[] = [];
  let ms = 0;
  for (; ms < 20_000 && cut.length === 0; ms += 1000) cut = scene.round(1000);
  assert.deepEqual(cut, [client.session]);
  assert.ok(ms >= 5000 && ms <= 7000, `after ${ms} ms`);
  scene.conflator.stop();
});

test('a client that falls behind again and again gets every tick again ever later', () => {
  const { scene, client, conflated, fill } = sceneOf();
  const holds: number[] = [];
  for (let time = 0; time < 4; time++) {
    fill(30_000);
    scene.round(40);
    assert.equal(conflated().length, 3);
    let ms = 0;
    while (conflated().length > 0) {
      scene.endTurn();
      scene.read(client, Number.POSITIVE_INFINITY);
      scene.round(100);
      ms += 100;
    }
    holds.push(ms);
  }
  assert.deepEqual(
    holds.map((ms) => Math.round(ms / 1000)),
    [1, 2, 4, 8],
  );
  scene.conflator.stop();
});

test('a client that changes its way over several turns misses no tick of them, and gets none twice', () => {
  const scene = new SlowScene(LIMITS, 5000);
  const client = scene.connect({ features: FEATURE.SEQUENCE | FEATURE.RECEIPTS });
  for (const slot of INSTRUMENTS.keys()) scene.subscribe(client, slot, MODE.DEPTH, PLAIN_TERMS);
  const tickAll = () => {
    for (const slot of INSTRUMENTS.keys()) scene.tick(slot, 5);
  };
  const conflated = () => client.session.slow?.client.size ?? 0;
  while (client.session.backlogBytes < 10_000) {
    tickAll();
    scene.endTurn();
  }
  const sizes: number[] = [];
  const change = () => {
    for (let turn = 0; turn < 5; turn++) {
      sizes.push(conflated());
      tickAll();
      scene.endTurn();
    }
  };
  scene.round(40, true);
  change();
  scene.read(client, Number.POSITIVE_INFINITY);
  scene.endTurn();
  scene.read(client, Number.POSITIVE_INFINITY);
  scene.round(2000, true);
  change();
  scene.read(client, Number.POSITIVE_INFINITY);
  scene.conflator.stop();
  assert.deepEqual(sizes, [1, 2, 3, 3, 3, 2, 1, 0, 0, 0], 'an instrument in each turn');
  for (const { symbol } of INSTRUMENTS) {
    const messages = client.socket.read
      .map(({ message }) => message)
      .filter((each) => each.symbol === symbol);
    const stoodFor = messages.map(({ type, merged }) => (type === 'receipt' ? Number(merged) - 1 : 1));
    const ticks = scene.ticks[INSTRUMENTS.findIndex((each) => each.symbol === symbol)]!;
    assert.equal(
      stoodFor.reduce((sum, each) => sum + each),
      ticks.length,
    );
    const numbers = messages.flatMap(({ type, seq }) => (type === 'receipt' ? [] : [Number(seq)]));
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
      'in order, none twice',
    );
    assert.equal(numbers.at(-1), ticks.at(-1)!.seq);
  }
});
