import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANGEL_EXCHANGE_WIRE } from '../../src/codec/angel/exchange-wire.ts';
import type { FrameSubscription } from '../../src/main/simulator/active-instruments.ts';
import { FrameBatch } from '../../src/main/simulator/frame-batch.ts';
import { SeededRandom } from '../../src/main/simulator/seeded-random.ts';
import { TickGenerator } from '../../src/main/simulator/tick-generator.ts';
import { TickSchedule } from '../../src/main/simulator/tick-schedule.ts';
import type { TrafficProfileName } from '../../src/main/simulator/traffic-profiles.ts';

const START = Date.UTC(2025, 4, 2, 6, 30);
const MODES = [1, 2, 3, 4] as const;

type BatchGenerator = TickGenerator<FrameBatch>;

function generatorOf(profile: TrafficProfileName, ticksPerSecond: number | null, seed = 7): BatchGenerator {
  return new TickGenerator({ wire: ANGEL_EXCHANGE_WIRE, seed, profile, ticksPerSecond, instruments: [] });
}

function subscribe(
  generator: BatchGenerator,
  batch: FrameBatch,
  tokens: number,
): FrameSubscription<FrameBatch>[] {
  return Array.from({ length: tokens }, (_, token) => {
    const instrument = generator.instrument(1, String(token), START);
    const subscription = { instrument, mode: MODES[token % 4] ?? 1, receiver: batch };
    generator.add(subscription, START);
    return subscription;
  });
}

/** The bytes of `steps` ticks, handed out in as many looks at the clock as `turns` says. */
function record(seed: number, turns: readonly number[]): string {
  const generator = generatorOf('calm', null, seed);
  const batch = new FrameBatch(ANGEL_EXCHANGE_WIRE);
  subscribe(generator, batch, 40);
  for (const steps of turns) {
    generator.step(steps, START + 5000, ({ subscriptions }) => {
      for (const { receiver, mode, instrument } of subscriptions) receiver.append(mode, instrument);
    });
  }
  return Buffer.concat(batch.take()).toString('hex');
}

/** Ticks of each millisecond of `seconds`, with one look at the clock in each. */
function countPerMs(generator: BatchGenerator, seconds: number): number[] {
  return Array.from({ length: seconds * 1000 }, (_, ms) => {
    let ticks = 0;
    generator.run(START + ms + 1, () => ticks++);
    return ticks;
  });
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

test('the same seed, subscriptions and number of steps give byte-identical frames', () => {
  const frames = record(1, [500]);
  assert.ok(frames.length > 500 * 51 * 2);
  assert.equal(record(1, [500]), frames);
  assert.equal(record(1, [1, 99, 400]), frames);
  assert.notEqual(record(2, [500]), frames);
});

test('an explicit rate is kept exactly, however late the turns are', () => {
  const generator = generatorOf('calm', 45_000);
  subscribe(generator, new FrameBatch(ANGEL_EXCHANGE_WIRE), 100);
  const random = new SeededRandom(3);
  let now = START;
  let ticks = 0;
  while (now < START + 10_000) {
    now = Math.min(START + 10_000, now + 1 + random.fraction() * 60);
    generator.run(now, () => ticks++);
  }
  // One turn sends at most 5000 ticks: nothing is overdue, for no gap was longer than 61 ms.
  assert.ok(Math.abs(ticks - 450_000) <= 1, `${ticks} ticks`);
});

test('a standstill is caught up in bounded turns, and only what is older than five seconds is skipped', () => {
  const schedule = new TickSchedule(false, null);
  schedule.rest(START);
  const turns: number[] = [];
  const drain = (now: number) => {
    for (let due = schedule.due(now, 10_000); due > 0; due = schedule.due(now, 10_000)) turns.push(due);
  };
  drain(START + 2000);
  assert.deepEqual(turns, [5000, 5000, 5000, 5000]);
  assert.equal(schedule.skipped, 0);
  turns.length = 0;
  drain(START + 2000 + 60_000);
  assert.equal(sum(turns), 50_000);
  assert.equal(schedule.skipped, 550_000);
});

test('profiles tick at the rates of their classes', () => {
  const bounds = { calm: [350, 650], open: [600, 1100], storm: [1600, 2400] } as const;
  for (const profile of ['calm', 'open', 'storm'] as const) {
    const generator = generatorOf(profile, null);
    subscribe(generator, new FrameBatch(ANGEL_EXCHANGE_WIRE), 1000);
    const perSecond = sum(countPerMs(generator, 10)) / 10;
    const [least, most] = bounds[profile];
    assert.ok(perSecond > least && perSecond < most, `${profile}: ${perSecond} ticks/s of 1000 tokens`);
  }
});

test("at the open and in a storm half of a second's ticks fall into 200 ms, in calm a fifth", () => {
  const shares = { calm: 0.2, open: 0.5, storm: 0.5 } as const;
  for (const profile of ['calm', 'open', 'storm'] as const) {
    const generator = generatorOf(profile, 10_000);
    subscribe(generator, new FrameBatch(ANGEL_EXCHANGE_WIRE), 50);
    const counts = countPerMs(generator, 4);
    const inWindow = sum(counts.filter((_, ms) => ms % 1000 < 200));
    assert.ok(Math.abs(inWindow / sum(counts) - shares[profile]) < 0.01, `${profile}: ${inWindow}`);
  }
});

test('a step of each gives every subscribed token one tick, whatever its class', () => {
  const generator = generatorOf('calm', 0);
  const subscriptions = subscribe(generator, new FrameBatch(ANGEL_EXCHANGE_WIRE), 40);
  generator.remove(subscriptions[7]!);
  const ticked: string[] = [];
  generator.stepEach(START + 1, ({ instrument }) => ticked.push(instrument.token));
  assert.deepEqual(
    ticked,
    subscriptions.filter((_, i) => i !== 7).map(({ instrument }) => instrument.token),
  );
});

test('an unsubscribed token ticks no more, and one in two modes gives a frame in each', () => {
  const generator = generatorOf('calm', null);
  const batch = new FrameBatch(ANGEL_EXCHANGE_WIRE);
  const subscriptions = subscribe(generator, batch, 10);
  const [kept] = subscriptions;
  assert.ok(kept);
  for (const subscription of subscriptions.slice(1)) generator.remove(subscription);
  const second = { ...kept, mode: 3 } as const;
  generator.add(second, START);
  const frames: number[] = [];
  generator.step(20, START, (active) => {
    assert.equal(active.instrument, kept.instrument);
    frames.push(...active.subscriptions.map(({ mode }) => mode));
  });
  assert.deepEqual(frames, Array.from({ length: 20 }, () => [1, 3]).flat());
  generator.remove(kept);
  generator.remove(second);
  assert.equal(generator.hasSubscriptions, false);
  generator.step(1, START, () => assert.fail('ticked without a subscription'));
});
