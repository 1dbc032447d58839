/** What the bus asks of the control plane, message by message. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { formatTopic, type Topic } from '../../src/codec/topic.ts';
import { BusWishes } from '../../src/workers/bus/bus-wishes.ts';
import { MAX_ASKED, MAX_ASKED_AGAIN } from '../../src/workers/bus/unserved-topics.ts';
import type { FromReader, SlotNeed, SubscribeOutcome } from '../../src/workers/worker-messages.ts';

const BITS = { ltp: 1 << MODE.LTP, quote: 1 << MODE.QUOTE, depth: 1 << MODE.DEPTH };
const REFUSED: SubscribeOutcome = { status: 'error', code: 'BROKER_ERROR', message: 'no' };

function instrument(slot: number, symbol = 'A'): Instrument {
  return { slot, broker: 'angel', exchange: 'NSE', symbol, segment: 1, token: String(slot) };
}

function topic(symbol: string, mode: Mode = MODE.QUOTE): Topic {
  return { broker: 'angel', exchange: 'NSE', symbol, mode };
}

/** The bus's wishes with a clock and a main thread that the test plays. */
class WishScene {
  readonly posted: FromReader[] = [];
  readonly subscribed = new Set<string>();
  readonly ended = new Set<number>();
  /** Slots by what became of them, in order. */
  readonly log: string[] = [];
  readonly wishes: BusWishes;
  readonly #t: TestContext;

  constructor(t: TestContext, lingerMs = 1000) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setInterval'] });
    let now = 1000;
    t.mock.method(performance, 'now', () => now);
    this.tick = (ms) => {
      for (let passed = 0; passed < ms; passed += 10) {
        now += 10;
        this.#t.mock.timers.tick(10);
      }
    };
    this.wishes = new BusWishes({
      lingerMs,
      post: (message) => void this.posted.push(message),
      isSubscribed: (text) => this.subscribed.has(text),
      isEnded: (slot) => this.ended.has(slot),
      onHeld: ({ slot }, foreign) => {
        this.log.push(`held ${slot}${foreign === null ? '' : ` and ${foreign.slot}`}`);
      },
      onServed: (text) => void this.log.push(`served ${text}`),
      onReleased: ({ slot }, isWanted) => {
        this.log.push(`released ${slot}${isWanted ? ', which is wanted' : ''}`);
      },
    });
    t.after(() => this.wishes.stop());
  }

  readonly tick: (ms: number) => void;

  subscribe(wish: Topic): void {
    this.subscribed.add(formatTopic(wish, wish.mode));
    this.wishes.subscribe(wish);
  }

  unsubscribe(wish: Topic): void {
    this.subscribed.delete(formatTopic(wish, wish.mode));
    this.wishes.unsubscribe(wish);
  }

  /** Questions that main has not been shown yet, as `account broker symbols`. */
  questions(): { readonly id: number; readonly text: string }[] {
    const questions = this.posted.filter((message) => message.type === 'subscribe');
    for (const each of questions) this.posted.splice(this.posted.indexOf(each), 1);
    return questions.map(({ id, account, broker, wishes }) => ({
      id,
      text: `${account}@${broker} ${wishes.map(({ symbol, mode }) => `${symbol}:${mode}`).join(' ')}`,
    }));
  }

  /** Answers the one question that there is. */
  answer(...outcomes: readonly (Instrument | readonly Instrument[] | SubscribeOutcome)[]): string {
    const [question, ...others] = this.questions();
    assert.ok(question !== undefined && others.length === 0, 'one question');
    this.wishes.onSubscribed(question.id, outcomes.map(toOutcome));
    return question.text;
  }

  /** What main was told that is needed, since the last call: the latest word on each slot. */
  needs(): Record<number, number> {
    const needs: SlotNeed[] = this.posted
      .splice(0)
      .flatMap((message) => (message.type === 'need' ? message.needs : []));
    return Object.fromEntries(needs.map(({ slot, modes }) => [slot, modes]));
  }
}

function toOutcome(outcome: Instrument | readonly Instrument[] | SubscribeOutcome): SubscribeOutcome {
  if ('status' in outcome) return outcome;
  return { status: 'ok', instruments: 'slot' in outcome ? [outcome] : outcome };
}

test('a topic is asked for at any account of its broker, needed from the answer on, and given back after the linger', (t) => {
  const scene = new WishScene(t);
  scene.subscribe(topic('A'));
  assert.equal(scene.answer(instrument(5)), '@angel A:2');
  assert.deepEqual(scene.needs(), { 5: BITS.quote });
  assert.deepEqual(scene.log, ['held 5', 'served angel/NSE/A/QUOTE/']);
  scene.unsubscribe(topic('A'));
  scene.tick(900);
  assert.deepEqual(scene.needs(), {});
  scene.tick(400);
  assert.deepEqual(scene.needs(), { 5: 0 });
  assert.deepEqual(scene.log.at(-1), 'released 5');
  assert.equal(scene.wishes.held, 0);
});

test('a topic that comes back within the linger asks nobody and changes nothing', (t) => {
  const scene = new WishScene(t);
  scene.subscribe(topic('A'));
  scene.answer(instrument(5));
  scene.needs();
  scene.unsubscribe(topic('A'));
  scene.tick(800);
  scene.subscribe(topic('A'));
  scene.tick(5000);
  assert.deepEqual(scene.posted, []);
});

test('without a linger the need ends at once', (t) => {
  const scene = new WishScene(t, 0);
  scene.subscribe(topic('A'));
  scene.answer(instrument(5));
  scene.needs();
  scene.unsubscribe(topic('A'));
  scene.tick(20);
  assert.deepEqual(scene.needs(), { 5: 0 });
});

for (const lingerMs of [0, 2000]) {
  test(`with a linger of ${lingerMs} ms, what a proxy resolved is kept for its subscription, which asks nobody; the rest ends`, (t) => {
    const scene = new WishScene(t, lingerMs);
    const answers: (readonly SubscribeOutcome[])[] = [];
    const wishes = ['A', 'B', 'C'].map((symbol) => ({ exchange: 'NSE', symbol, mode: MODE.QUOTE }));
    scene.wishes.resolve('user', wishes, (outcomes) => void answers.push(outcomes));
    const asked = scene.answer(instrument(5), REFUSED, [instrument(7, 'C'), instrument(8, 'C')]);
    assert.equal(asked, 'user@ A:2 B:2 C:2');
    assert.equal(answers[0]?.length, 3);
    assert.deepEqual(scene.needs(), { 5: BITS.quote, 7: BITS.quote, 8: BITS.quote });
    assert.deepEqual(scene.log, ['held 5', 'held 7 and 8']);
    scene.tick(500);
    scene.subscribe(topic('A'));
    assert.deepEqual(scene.questions(), []);
    scene.tick(5000);
    assert.deepEqual(scene.needs(), { 7: 0, 8: 0 });
    assert.deepEqual(scene.log.at(-1), 'released 7');
    assert.equal(scene.wishes.refused, 0, 'the proxy was told, nobody waits');
  });
}

test('a second user of a broker is served from the slot of the first, and the slot found for it is given back', (t) => {
  const scene = new WishScene(t);
  scene.subscribe(topic('A'));
  scene.answer(instrument(5));
  scene.wishes.resolve('second', [{ exchange: 'NSE', symbol: 'A', mode: MODE.DEPTH }], () => {});
  scene.answer(instrument(9));
  assert.deepEqual(scene.needs(), { 5: BITS.quote | BITS.depth, 9: 0 });
  assert.deepEqual(
    scene.log.filter((line) => line.startsWith('held')),
    ['held 5'],
  );
});

test('another mode of what a user resolved is asked for in the name of that user', (t) => {
  const scene = new WishScene(t);
  scene.wishes.resolve('user', [{ exchange: 'NSE', symbol: 'A', mode: MODE.QUOTE }], () => {});
  scene.answer(instrument(5));
  scene.subscribe(topic('A', MODE.DEPTH));
  assert.equal(scene.answer(instrument(5)), 'user@angel A:3');
  assert.equal(scene.needs()[5], BITS.quote | BITS.depth);
});

test('when the session behind a topic ends, another user of the broker is asked for it, until one has it', (t) => {
  const scene = new WishScene(t);
  scene.wishes.resolve('first', [{ exchange: 'NSE', symbol: 'A', mode: MODE.QUOTE }], () => {});
  scene.answer(instrument(5));
  scene.subscribe(topic('A'));
  scene.needs();
  scene.ended.add(5);
  scene.wishes.onEnded([5]);
  assert.equal(scene.answer(REFUSED), '@angel A:2');
  assert.equal(scene.wishes.refused, 1);
  scene.tick(2000);
  assert.equal(scene.answer(instrument(9)), '@angel A:2');
  assert.deepEqual(scene.needs(), { 5: 0, 9: BITS.quote });
  assert.equal(scene.log.at(-2), 'held 9');
  scene.tick(5000);
  assert.deepEqual(scene.posted, []);
  assert.equal(scene.wishes.refused, 0);
});

test('a topic of a session that has ended goes on being asked for while main names the same slot', (t) => {
  const scene = new WishScene(t);
  scene.subscribe(topic('A'));
  scene.answer(instrument(5));
  scene.ended.add(5);
  scene.wishes.onEnded([5]);
  scene.answer(instrument(5));
  assert.equal(scene.wishes.refused, 1);
  scene.ended.delete(5);
  scene.tick(2000);
  scene.answer(instrument(5));
  assert.equal(scene.wishes.refused, 0);
});

test('an instrument that moves to another slot keeps its modes, and every slot that main names is answered', (t) => {
  const scene = new WishScene(t);
  scene.subscribe(topic('A'));
  scene.answer(instrument(5));
  scene.needs();
  scene.wishes.onMoved([
    { from: 5, to: instrument(6) },
    { from: 30, to: instrument(31, 'B') },
  ]);
  assert.deepEqual(scene.needs(), { 6: BITS.quote, 5: 0, 31: 0, 30: 0 });
  scene.unsubscribe(topic('A'));
  scene.tick(1500);
  assert.deepEqual(scene.needs(), { 6: 0 });
  assert.equal(scene.log.at(-1), 'released 6');
});

test('a topic that was taken back while main was asked lingers, and then ends', (t) => {
  const scene = new WishScene(t);
  scene.subscribe(topic('A'));
  scene.unsubscribe(topic('A'));
  scene.answer(instrument(5));
  assert.deepEqual(scene.needs(), { 5: BITS.quote });
  scene.tick(1500);
  assert.deepEqual(scene.needs(), { 5: 0 });
  assert.deepEqual(scene.log, ['held 5', 'released 5']);
});

test('a mode that a subscribed one contains is promised without being kept: it would outlast what is subscribed', (t) => {
  const scene = new WishScene(t, 0);
  scene.subscribe(topic('A', MODE.DEPTH));
  scene.answer(instrument(5));
  const answers: (readonly SubscribeOutcome[])[] = [];
  scene.wishes.resolve('demo', [{ exchange: 'NSE', symbol: 'A', mode: MODE.LTP }], (outcomes) => {
    answers.push(outcomes);
  });
  scene.answer(instrument(5));
  assert.equal(answers[0]?.[0]?.status, 'ok');
  assert.deepEqual(scene.needs(), { 5: BITS.depth });
  scene.unsubscribe(topic('A', MODE.DEPTH));
  scene.tick(20);
  assert.deepEqual(scene.needs(), { 5: 0 });
});

test('one mode that ends leaves the others of the instrument', (t) => {
  const scene = new WishScene(t);
  scene.subscribe(topic('A'));
  scene.answer(instrument(5));
  scene.subscribe(topic('A', MODE.LTP));
  scene.answer(instrument(5));
  scene.needs();
  scene.unsubscribe(topic('A'));
  scene.tick(1500);
  assert.deepEqual(scene.needs(), { 5: BITS.ltp });
  assert.equal(scene.wishes.held, 1);
});

test('topics of a user who went to another broker are asked for at others, and nothing is held there for them', (t) => {
  const scene = new WishScene(t);
  scene.wishes.resolve('user', [{ exchange: 'NSE', symbol: 'A', mode: MODE.QUOTE }], () => {});
  scene.answer(instrument(5));
  scene.subscribe(topic('A'));
  scene.needs();
  scene.wishes.onMoved([{ from: 5, to: { ...instrument(20), broker: 'zerodha' } }]);
  assert.equal(scene.log.at(-1), 'released 5, which is wanted');
  const asked = scene.questions();
  assert.deepEqual(
    asked.map(({ text }) => text),
    ['@angel A:2'],
  );
  assert.deepEqual(scene.needs(), { 5: 0, 20: 0 });
  assert.equal(scene.wishes.held, 0);
  scene.wishes.onSubscribed(asked[0]!.id, [toOutcome(instrument(9))]);
  assert.deepEqual(scene.needs(), { 9: BITS.quote });
  scene.unsubscribe(topic('A'));
  scene.tick(1500);
  assert.deepEqual(scene.needs(), { 9: 0 });
  assert.equal(scene.wishes.held, 0);
});

test('somebody who subscribes to all sorts of things gives main no more of them to look up than it has time for', (t) => {
  const scene = new WishScene(t);
  const count = MAX_ASKED_AGAIN + 3 * MAX_ASKED;
  for (let i = 0; i < count; i++) scene.subscribe({ ...topic(`S${i}`), broker: `b${i % 7}` });
  scene.subscribe(topic('A'));
  const serveAll = () => {
    let asked = 0;
    for (let batch = scene.posted.splice(0); batch.length > 0; batch = scene.posted.splice(0)) {
      const questions = batch.filter((message) => message.type === 'subscribe');
      const topics = questions.reduce((sum, { wishes }) => sum + wishes.length, 0);
      assert.ok(topics <= MAX_ASKED, `${topics} topics under way`);
      asked += topics;
      for (const { id, broker, wishes } of questions) {
        const outcomes = wishes.map(({ symbol }) => (symbol === 'A' ? toOutcome(instrument(5)) : REFUSED));
        scene.wishes.onSubscribed(id, broker === 'angel' ? outcomes : wishes.map(() => REFUSED));
      }
    }
    return asked;
  };
  assert.equal(serveAll(), count + 1);
  assert.ok(scene.log.includes('served angel/NSE/A/QUOTE/'), 'what can be served is');
  assert.equal(scene.wishes.refused, count);
  const again = [2000, 2000].map((ms) => {
    scene.tick(ms);
    return serveAll();
  });
  assert.deepEqual(again, [MAX_ASKED_AGAIN, MAX_ASKED_AGAIN]);
  for (let i = 0; i < count; i++) scene.unsubscribe({ ...topic(`S${i}`), broker: `b${i % 7}` });
  assert.equal(scene.wishes.refused, 0);
  scene.tick(4000);
  assert.deepEqual(scene.questions(), []);
});
