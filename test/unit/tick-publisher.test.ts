/** What goes out under the topics of the bus when several slots have one name, and when nothing moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { REPUBLISH_ROUNDS } from '../../src/workers/bus/tick-publisher.ts';
import { type PublishedTick, PublisherScene } from '../support/publisher-scene.ts';

function topicOf(symbol: string, mode: 1 | 2 | 3 | 4 = MODE.QUOTE): string {
  return formatTopic({ broker: 'angel', exchange: 'NSE', symbol }, mode);
}

/** As `slot/epoch/seq`, a snapshot with a star. */
function brief(ticks: readonly PublishedTick[]): string[] {
  return ticks.map(({ slot, epoch, seq, isSnapshot }) => `${slot}/${epoch}/${seq}${isSnapshot ? '*' : ''}`);
}

function startScene(...names: readonly string[]): PublisherScene {
  const scene = new PublisherScene(names);
  for (const name of new Set(names)) scene.subscriptions.add(topicOf(name));
  for (const slot of scene.slots) slot.begin(100);
  return scene;
}

test('two users of one broker with the same symbol do not put each tick twice under its topic', () => {
  const { slots, publisher, take } = bound(startScene('A', 'A'));
  for (let i = 0; i < 3; i++) for (const slot of slots) slot.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['0/100/1', '0/100/2', '0/100/3']);
});

test('another slot of the name takes over when the first has no last value any more, in a higher epoch', () => {
  const { slots, publisher, take } = bound(startScene('A', 'A'));
  const [first, second] = slots;
  first!.tick();
  second!.begin(90);
  second!.tick();
  publisher.collect(100);
  first!.stop();
  for (let i = 0; i < 2; i++) second!.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['0/100/1', '1/101/2', '1/101/3']);
});

test('another slot of the name takes over when the session of the first has ended', () => {
  const { slots, publisher, take, ended } = bound(startScene('A', 'A'));
  for (const slot of slots) slot.tick();
  publisher.collect(100);
  ended.add(0);
  slots[1]!.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['0/100/1', '1/101/2']);
});

test("what the bus has subscribed itself goes before another user's ticks, and its last value answers", () => {
  const { slots, publisher, take } = bound(startScene('A', 'A'));
  const [theirs, own] = slots;
  theirs!.tick();
  publisher.collect(100);
  publisher.prefer(own!.instrument);
  theirs!.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['0/100/1', '0/100/2'], 'which has no tick yet');
  own!.tick();
  theirs!.tick();
  publisher.answer(topicOf('A'));
  assert.deepEqual(brief(take()).at(-1), '1/101/1*');
  publisher.collect(100);
  assert.ok(brief(take()).every((tick) => tick.startsWith('1/101/1')));
  publisher.release(own!.instrument);
  own!.stop();
  theirs!.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['0/102/4']);
});

test('a bus that starts again after takeovers goes on above all epochs that it has published', () => {
  const scene = new PublisherScene(['A', 'A'], 500);
  const { slots, publisher, take } = bound(scene);
  scene.subscriptions.add(topicOf('A'));
  slots[0]!.begin(90);
  slots[0]!.tick();
  publisher.answer(topicOf('A'));
  publisher.collect(100);
  slots[0]!.begin(95);
  slots[0]!.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['0/500/1', '0/505/1']);
  slots[0]!.begin(700);
  slots[0]!.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['0/1110/1']);
});

test('a subscriber of one mode puts off no repetition for those of another', () => {
  const { slots, publisher, take, subscriptions } = bound(startScene('A'));
  slots[0]!.tick();
  publisher.collect(100);
  take();
  subscriptions.add(topicOf('A', MODE.LTP));
  for (let round = 0; round < REPUBLISH_ROUNDS; round++) {
    publisher.answer(topicOf('A', MODE.LTP));
    publisher.republishQuiet();
  }
  const repeated = take().filter(({ mode }) => mode === MODE.QUOTE);
  assert.deepEqual(brief(repeated), ['0/100/1*']);
});

test('a subscriber is answered from the slot that has a last value, when the one that was followed has none', () => {
  const { slots, publisher, take } = bound(startScene('A', 'A'));
  for (const slot of slots) slot.tick();
  publisher.collect(100);
  slots[0]!.stop();
  assert.equal(publisher.hasLast(slots[0]!.instrument, MODE.QUOTE), true);
  take();
  publisher.answer(topicOf('A'));
  assert.deepEqual(brief(take()), ['1/101/1*']);
});

test('there is a last value for a mode when a tick of that mode or a higher one is there', () => {
  const { slots, publisher } = bound(startScene('A', 'B'));
  publisher.prefer(slots[0]!.instrument);
  const has = () =>
    [MODE.LTP, MODE.QUOTE, MODE.DEPTH, MODE.DEEP_DEPTH].map((mode) =>
      publisher.hasLast(slots[0]!.instrument, mode),
    );
  assert.deepEqual(has(), [false, false, false, false]);
  slots[0]!.tick(MODE.QUOTE);
  assert.deepEqual(has(), [true, true, false, false]);
  slots[0]!.tick(MODE.DEEP_DEPTH);
  assert.deepEqual(has(), [true, true, false, true]);
  assert.equal(publisher.hasLast(slots[1]!.instrument, MODE.LTP), false, 'which the bus never heard of');
});

test('lower modes of a slot that took over are in its epoch and under its token too', () => {
  const scene = bound(startScene('A', 'A'));
  scene.subscriptions.add(topicOf('A', MODE.LTP));
  const [first, second] = scene.slots;
  first!.tick();
  scene.publisher.collect(100);
  first!.stop();
  second!.tick();
  scene.publisher.collect(100);
  const last = scene.take().slice(-2);
  assert.deepEqual(brief(last), ['1/101/1', '1/101/1']);
  assert.deepEqual(new Set(last.map(({ mode }) => mode)), new Set([MODE.LTP, MODE.QUOTE]));
});

test('what was quiet for a whole cycle is repeated once, flagged; what moved is not', () => {
  const { slots, publisher, take } = bound(startScene('A', 'B'));
  for (const slot of slots) slot.tick();
  publisher.collect(100);
  take();
  for (let round = 1; round < REPUBLISH_ROUNDS; round++) publisher.republishQuiet();
  slots[1]!.tick();
  publisher.collect(100);
  assert.deepEqual(brief(take()), ['1/100/2'], 'nothing was repeated within the cycle');
  publisher.republishQuiet();
  assert.deepEqual(brief(take()), ['0/100/1*']);
  for (let round = 1; round < REPUBLISH_ROUNDS - 1; round++) publisher.republishQuiet();
  assert.deepEqual(brief(take()), []);
  publisher.republishQuiet();
  assert.deepEqual(brief(take()), ['1/100/2*']);
  assert.equal(publisher.republished, 2);
});

test('an overlay that is quiet beside a depth that moves is repeated too', () => {
  const { slots, publisher, take, subscriptions } = bound(startScene('A'));
  subscriptions.add(topicOf('A', MODE.DEEP_DEPTH));
  slots[0]!.tick(MODE.DEEP_DEPTH);
  for (let round = 0; round < REPUBLISH_ROUNDS; round++) {
    slots[0]!.tick(MODE.QUOTE);
    publisher.collect(100);
    publisher.republishQuiet();
  }
  assert.deepEqual(
    take()
      .filter(({ isSnapshot }) => isSnapshot)
      .map(({ mode }) => mode),
    [MODE.DEEP_DEPTH],
  );
});

test('a whole market that falls silent is repeated in parts, each instrument within two cycles, then once a cycle', () => {
  const names = Array.from({ length: 200 }, (_, i) => `S${i}`);
  const { slots, publisher, take } = bound(startScene(...names));
  for (const slot of slots) slot.tick();
  publisher.collect(1000);
  take();
  const rounds: number[] = [];
  for (let round = 0; round < 2 * REPUBLISH_ROUNDS; round++) {
    publisher.republishQuiet();
    rounds.push(take().length);
  }
  assert.ok(Math.max(...rounds) <= (2 * names.length) / REPUBLISH_ROUNDS, `${rounds}`);
  let repeated = 0;
  for (let round = 0; round < REPUBLISH_ROUNDS; round++) {
    publisher.republishQuiet();
    repeated += take().length;
  }
  assert.equal(repeated, names.length);
});

/** The scene with its `take` bound, for destructuring. */
function bound(scene: PublisherScene) {
  const { slots, publisher, subscriptions, ended } = scene;
  return { slots, publisher, subscriptions, ended, take: () => scene.take() };
}
