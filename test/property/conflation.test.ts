/** Whatever the market does and whenever clients read: what they are sent adds up to all that there was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { type DeliveryTerms, PLAIN_TERMS } from '../../src/workers/proxy/slow/delivery-terms.ts';
import { INSTRUMENTS, type KnownTick, type ReadMessage, SlowScene } from '../support/slow-scene.ts';

const MODES: readonly Mode[] = [MODE.LTP, MODE.QUOTE, MODE.DEPTH];
/** A few messages each, so that runs of some hundred ticks go up and down the ladder. */
const LIMITS = {
  policy: 'conflate',
  conflateBytes: { ltp: 12_000, quote: 8000, depth: 4000 },
  conflateAgeMs: { ltp: 4000, quote: 2000, depth: 1000 },
  timeoutMs: Number.POSITIVE_INFINITY,
} as const;
const LOW_MARK_BYTES = 3000;
const TERMS: readonly DeliveryTerms[] = [
  PLAIN_TERMS,
  { slow: 'deliver', maxRate: 0 },
  { slow: null, maxRate: 4 },
  { slow: 'conflate', maxRate: 50 },
];

type Step =
  | { readonly do: 'ticks'; readonly slot: number; readonly moves: readonly (readonly [number, number])[] }
  | { readonly do: 'read'; readonly client: number; readonly bytes: number }
  | { readonly do: 'round'; readonly ms: number; readonly isHurried: boolean }
  | {
      readonly do: 'terms';
      readonly client: number;
      readonly slot: number;
      readonly view: number;
      readonly terms: number;
    }
  | { readonly do: 'turn' }
  | { readonly do: 'epoch'; readonly slot: number }
  | { readonly do: 'lose'; readonly slot: number };

const slot = fc.nat(INSTRUMENTS.length - 1);
const client = fc.nat(3);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('ticks' as const),
      slot,
      moves: fc.array(fc.tuple(fc.integer({ min: -300, max: 300 }), fc.constantFrom(0, 0, 25)), {
        minLength: 1,
        maxLength: 12,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      client,
      bytes: fc.constantFrom(900, 5000, 1e9),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('round' as const),
      ms: fc.constantFrom(1, 40, 300, 1500),
      isHurried: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('terms' as const),
      client,
      slot,
      view: fc.nat(2),
      terms: fc.nat(TERMS.length - 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('epoch' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), slot }) },
);

/** Whether something was traded between two ticks. */
const isTrade = (before: KnownTick | undefined, tick: KnownTick) =>
  before === undefined || tick.ltp !== before.ltp || tick.volume !== before.volume;

/**
 * Asserts that what a client read of an instrument and mode stands for all of its ticks, in their order.
 * @returns how many gap messages it had that were none of its own doing
 */
function assertAddsUp(
  read: readonly ReadMessage[],
  ticks: readonly KnownTick[],
  view: Mode,
  hasReceipts: boolean,
): number {
  let at = 0;
  let ordinaryGaps = 0;
  let receipt: ReadMessage['message'] | null = null;
  let wasPlain = true;
  for (const { message, text } of read) {
    if (message.symbol === ticks[0]?.symbol && message.mode === undefined) {
      // Of the instrument, and so of all its modes: between the last tick that was sent of each, and the next one.
      const [before, next] = [ticks[at - 1]!, ticks[at]!];
      assert.deepEqual([message.last_epoch, message.last_seq], [before.epoch, before.seq], text);
      assert.deepEqual([message.epoch, message.next_seq], [next.epoch, next.seq], text);
      ordinaryGaps++;
      continue;
    }
    if (message.mode !== view || message.symbol !== ticks[0]?.symbol) {
      assert.equal(receipt, null, 'the tick follows its receipt at once');
      continue;
    }
    if (message.type === 'receipt') {
      assert.equal(receipt, null);
      receipt = message;
      continue;
    }
    if (message.type === 'gap') {
      assert.equal(message.reason, 'conflated');
      assert.deepEqual([message.last_epoch, message.last_seq], [ticks[at]!.epoch, ticks[at]!.seq - 1]);
      at += Number(message.missed);
      assert.deepEqual([message.epoch, message.next_seq], [ticks[at]!.epoch, ticks[at]!.seq]);
      continue;
    }
    const merged = receipt === null ? 1 : Number(receipt.merged);
    const part = ticks.slice(at, at + merged);
    const [first, last] = [part[0]!, part.at(-1)!];
    assert.deepEqual([message.epoch, message.seq], [last.epoch, last.seq], text);
    if (receipt !== null) {
      assert.ok(merged > 1);
      assert.deepEqual([receipt.first_epoch, receipt.first_seq], [first.epoch, first.seq]);
      assert.deepEqual([receipt.epoch, receipt.last_seq], [last.epoch, last.seq]);
      const traded = part.filter((tick, i) => isTrade(ticks[at + i - 1], tick)).map(({ ltp }) => ltp);
      const low = traded.length === 0 ? null : Math.min(...traded) / 100;
      const high = traded.length === 0 ? null : Math.max(...traded) / 100;
      // The first tick that is conflated cannot be compared with the one before it, and counts as a trade.
      const withFirst = wasPlain ? [...traded, first.ltp] : traded;
      const others = [Math.min(...withFirst) / 100, Math.max(...withFirst) / 100];
      const given = [receipt.low, receipt.high];
      const isExact = given[0] === low && given[1] === high;
      const isOther = given[0] === others[0] && given[1] === others[1];
      assert.ok(isExact || isOther, `${given}, traded ${low} to ${high}`);
    }
    wasPlain = receipt === null;
    receipt = null;
    at += merged;
  }
  assert.equal(receipt, null);
  assert.equal(at, ticks.length, `the last tick arrives: ${hasReceipts ? 'receipts' : 'gaps'}`);
  return ordinaryGaps;
}

test('of every instrument and mode each client gets the ticks in order, the last one too, and receipts add up', () => {
  let conflated = 0;
  let conflations = 0;
  let restorations = 0;
  let gaps = 0;
  fc.assert(
    fc.property(fc.array(STEP, { minLength: 20, maxLength: 120 }), (steps) => {
      const scene = new SlowScene(LIMITS, LOW_MARK_BYTES);
      const features = FEATURE.SEQUENCE | FEATURE.RECEIPTS;
      const clients = [
        scene.connect({ features }),
        scene.connect({ features, slow: 'deliver' }),
        scene.connect({ features: FEATURE.SEQUENCE }),
        scene.connect({ features }, true),
      ];
      for (const each of clients) {
        for (const [i] of INSTRUMENTS.entries()) {
          for (const view of MODES) scene.subscribe(each, i, view, PLAIN_TERMS);
        }
      }
      for (const step of steps) {
        if (step.do === 'ticks') for (const [move, volume] of step.moves) scene.tick(step.slot, move, volume);
        else if (step.do === 'read') scene.read(clients[step.client]!, step.bytes);
        else if (step.do === 'round') assert.deepEqual(scene.round(step.ms, step.isHurried), []);
        else if (step.do === 'epoch') scene.startEpoch(step.slot);
        else if (step.do === 'lose') scene.lose(step.slot);
        else if (step.do === 'turn') scene.endTurn();
        else scene.change(clients[step.client]!, step.slot, MODES[step.view]!, TERMS[step.terms]!);
      }
      scene.readAll();
      for (const { session, socket } of clients) {
        const hasReceipts = (session.options.features & FEATURE.RECEIPTS) !== 0;
        for (const ticks of scene.ticks)
          for (const view of MODES) gaps += assertAddsUp(socket.read, ticks, view, hasReceipts);
      }
      conflated += scene.conflator.counts.conflated;
      conflations += scene.ladder.counts.conflations;
      restorations += scene.ladder.counts.restorations;
    }),
    { numRuns: 150 },
  );
  // The test would say nothing if nobody ever fell behind.
  assert.ok(
    conflations > 50 && restorations > 50 && conflated > 500 && gaps > 500,
    `${conflations} ${restorations} ${conflated} ${gaps}`,
  );
});
