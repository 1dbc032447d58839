/** Subscriptions with `max_rate`: how much they are sent, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE } from '../../src/codec/tick.ts';
import { DueQueue } from '../../src/workers/proxy/slow/due-queue.ts';
import { SlowScene } from '../support/slow-scene.ts';

const NEVER = { ltp: 0, quote: 0, depth: 0 };
const LIMITS = { policy: 'conflate', conflateBytes: NEVER, conflateAgeMs: NEVER, timeoutMs: 1e9 } as const;
const ROUNDING_MS = 1e-6;

/** A subscription with a rate, of a client that reads everything at once. */
function scene(maxRate: number) {
  const slow = new SlowScene(LIMITS, 1e9);
  const client = slow.connect({ features: FEATURE.SEQUENCE });
  slow.subscribe(client, 0, MODE.QUOTE, { slow: null, maxRate });
  const sentAt: number[] = [];
  /** Lets time pass, by steps of a ms, as the timer of the engine does. */
  const pass = (ms: number) => {
    for (let i = 0; i < ms; i++) {
      slow.endTurn();
      slow.read(client, Number.POSITIVE_INFINITY);
      const read = client.socket.read.splice(0).filter(({ message }) => message.type === 'market_data');
      for (const _ of read) sentAt.push(slow.now);
      slow.now++;
    }
  };
  return { slow, sentAt, pass };
}

test('in any span of time a subscription is sent no more than its rate allows, and two more', () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 120 }), move: fc.constantFrom(0, 0, 5) });
  const steps = fc.array(step, { minLength: 5, maxLength: 60 });
  fc.assert(
    fc.property(fc.constantFrom(1, 7.5, 20, 300), steps, (maxRate, ticks) => {
      const { slow, sentAt, pass } = scene(maxRate);
      for (const { ms, move } of ticks) {
        slow.tick(0, move);
        pass(ms);
      }
      slow.conflator.stop();
      for (const [i, from] of sentAt.entries()) {
        for (const [j, to] of sentAt.entries()) {
          if (j < i) continue;
          const allowed = ((to - from) / 1000) * maxRate + 2 + ROUNDING_MS;
          assert.ok(j - i + 1 <= allowed, `${j - i + 1} messages in ${to - from} ms at ${maxRate}/s`);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('a trade is told at once where a change of the book waits for its interval, and nothing waits longer', () => {
  const { slow, sentAt, pass } = scene(2);
  const begin = slow.now;
  slow.tick(0, 5);
  pass(10);
  slow.tick(0, 0);
  pass(90);
  assert.deepEqual(sentAt, [begin], 'the change of the book waits');
  slow.tick(0, 5);
  pass(1);
  assert.deepEqual(sentAt, [begin, begin + 100], 'the trade does not');
  slow.tick(0, 0);
  pass(1000);
  assert.deepEqual(sentAt, [begin, begin + 100, begin + 600]);
  slow.conflator.stop();
});

test('a trade waits no longer than an interval, however many ticks had to be sent out of turn before gaps', () => {
  const { slow, sentAt, pass } = scene(2);
  for (let i = 0; i < 20; i++) {
    slow.lose(0);
    slow.tick(0, 5);
    pass(1);
  }
  const before = sentAt.length;
  pass(500);
  assert.equal(sentAt.length - before, 1);
  slow.conflator.stop();
});

test('clients that leave are forgotten long before what waited for them was due, and nobody else is', () => {
  const slow = new SlowScene(LIMITS, 1e9);
  const clients = Array.from({ length: 40 }, () => slow.connect());
  const terms = { slow: null, maxRate: 0.01 } as const;
  for (const client of clients) slow.subscribe(client, 0, MODE.QUOTE, terms);
  slow.tick(0, 5);
  slow.endTurn();
  slow.tick(0, 0);
  assert.equal(slow.conflator.waiting, clients.length);
  const [stayed, ...left] = clients;
  for (const { session } of left) slow.holdings.releaseAll(session);
  assert.ok(slow.conflator.waiting <= 2, `${slow.conflator.waiting} wait`);
  slow.read(stayed!, Number.POSITIVE_INFINITY);
  slow.now += 99_000;
  slow.endTurn();
  slow.now += 1000;
  slow.endTurn();
  slow.read(stayed!, Number.POSITIVE_INFINITY);
  const counts = clients.map(({ socket }) => socket.read.length);
  assert.deepEqual(counts, [2, ...left.map(() => 0)]);
  slow.conflator.stop();
});

test('what is due comes out in the order of its time', () => {
  const isOdd = (at: number) => at % 2 === 1;
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(50), fc.constantFrom(null, 'odd')), { maxLength: 80 }), (steps) => {
      const queue = new DueQueue<number>();
      const expected: number[] = [];
      for (const at of steps) {
        if (at === 'odd') {
          queue.keep(isOdd);
          expected.splice(0, expected.length, ...expected.filter(isOdd));
        } else if (at !== null) {
          queue.push(at, at);
          expected.push(at);
          expected.sort((a, b) => a - b);
        } else assert.equal(queue.pop(), expected.shift());
        assert.equal(queue.soonest, expected[0] ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});
