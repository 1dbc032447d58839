/** Several slots of one name, whose streams begin, end and lose their sessions at random between any two ticks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MODE } from '../../src/codec/tick.ts';
import { formatTopic } from '../../src/codec/topic.ts';
import { REPUBLISH_ROUNDS } from '../../src/workers/bus/tick-publisher.ts';
import { type PublishedTick, PublisherScene } from '../support/publisher-scene.ts';

const SLOTS = 3;
const TOPICS = [MODE.LTP, MODE.QUOTE].map((mode) =>
  formatTopic({ broker: 'angel', exchange: 'NSE', symbol: 'A' }, mode),
);

const slot = fc.nat({ max: SLOTS - 1 });
const action = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('tick' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), slot }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('begin' as const), slot, rise: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('prefer' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'resume' as const), slot }) },
  { weight: 6, arbitrary: fc.constant({ do: 'collect' as const, slot: 0 }) },
  { weight: 3, arbitrary: fc.constant({ do: 'answer' as const, slot: 0 }) },
  { weight: 3, arbitrary: fc.constant({ do: 'republish' as const, slot: 0 }) },
);

interface Action {
  readonly do: string;
  readonly slot: number;
  readonly rise?: number;
}

/** @param running slots with a stream: one that was stopped has no ticks until it begins anew */
function play(scene: PublisherScene, actions: readonly Action[], running: Set<number>): void {
  const { publisher } = scene;
  for (const each of actions) {
    const target = scene.slots[each.slot]!;
    switch (each.do) {
      case 'tick':
        if (running.has(each.slot)) target.tick();
        break;
      case 'stop':
        running.delete(each.slot);
        target.stop();
        break;
      case 'begin':
        running.add(each.slot);
        target.begin(target.epoch + (each.rise ?? 1));
        break;
      case 'prefer':
        publisher.prefer(target.instrument);
        break;
      case 'release':
        publisher.release(target.instrument);
        break;
      case 'end':
        scene.ended.add(each.slot);
        break;
      case 'resume':
        scene.ended.delete(each.slot);
        break;
      case 'collect':
        publisher.collect(3);
        break;
      case 'answer':
        for (const topic of TOPICS) publisher.answer(topic);
        break;
      case 'republish':
        for (let round = 0; round < REPUBLISH_ROUNDS; round++) publisher.republishQuiet();
        break;
    }
  }
}

/** What every reader of a topic relies on. */
function assertReadable(ticks: readonly PublishedTick[]): void {
  let last = { epoch: 0, seq: 0 };
  const sources = new Map<number, string>();
  const delivered = new Set<string>();
  for (const { epoch, seq, slot, ownEpoch, isSnapshot } of ticks) {
    assert.ok(epoch >= last.epoch, `epoch ${epoch} after ${last.epoch}`);
    if (epoch > last.epoch) last = { epoch, seq: 0 };
    const source = `${slot}/${ownEpoch}`;
    assert.equal(sources.get(epoch) ?? source, source, 'one epoch, one stream');
    sources.set(epoch, source);
    assert.ok(seq >= last.seq, `seq ${seq} after ${last.seq} in epoch ${epoch}`);
    last.seq = seq;
    if (isSnapshot) continue;
    assert.ok(!delivered.has(`${source}/${seq}`), 'no tick goes out twice');
    delivered.add(`${source}/${seq}`);
  }
}

/** The answer to a subscription at the end: the last tick of a stream that runs, of one with a session if there is any. */
function assertAnswered(scene: PublisherScene, last: PublishedTick | undefined, running: Set<number>): void {
  const alive = scene.slots.filter(({ seq }, i) => running.has(i) && seq > 0 && !scene.ended.has(i));
  if (alive.length === 0) return;
  const answered = alive.find(({ instrument }) => instrument.slot === last?.slot);
  assert.ok(answered !== undefined, `the last value is of slot ${last?.slot}, which is not alive`);
  assert.deepEqual([last?.ownEpoch, last?.seq], [answered.epoch, answered.seq]);
}

test("a topic's epoch never goes back, an epoch is one stream in order, no tick comes twice, and the last value is alive", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120, size: 'max' }), (actions) => {
      const scene = new PublisherScene(Array.from({ length: SLOTS }, () => 'A'));
      for (const topic of TOPICS) scene.subscriptions.add(topic);
      const running = new Set<number>();
      for (const [i, each] of scene.slots.entries()) {
        each.begin(100 - 40 * i);
        running.add(i);
      }
      play(scene, actions, running);
      while (scene.publisher.collect(100) > 0);
      for (const topic of TOPICS) scene.publisher.answer(topic);
      for (const topic of TOPICS) {
        const ticks = scene.published.filter((tick) => tick.topic === topic);
        assertReadable(ticks);
        assertAnswered(scene, ticks.at(-1), running);
      }
    }),
  );
});
