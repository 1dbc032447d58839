/** Moves between connections of which anything may end at any moment: connections, workers, wishes, in every order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { INSTRUMENTS, MovingScene } from '../support/moving-scene.ts';

const FEEDS = 3;

const feed = fc.nat(FEEDS - 1);
const slot = fc.nat(INSTRUMENTS.length - 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('work' as const), feed }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('report' as const), feed }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('move' as const), slot, feed }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('drop' as const, 'connect' as const), feed }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'restart' as const), feed }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wish' as const), slot, feed }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function carryOut(scene: MovingScene, action: Step): void {
  switch (action.do) {
    case 'tick':
      scene.tick();
      break;
    case 'move':
      scene.move(action.slot, action.feed);
      break;
    case 'wish':
      if (scene.isWished(action.slot)) scene.endWish(action.slot);
      else scene.wish(action.slot, action.feed);
      break;
    case 'drain':
      scene.exchange.drain();
      break;
    default:
      scene.feeds[action.feed]![action.do]();
  }
}

test('whatever ends in the middle of a move, one connection carries the instrument, and clients are told what they missed', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), (steps) => {
      const scene = new MovingScene();
      for (const { slot: each } of INSTRUMENTS) scene.wish(each, 0);
      while (scene.feeds[0]!.work());
      scene.tick();
      for (const action of steps) carryOut(scene, action);
      scene.settle();
      scene.exchange.drain();
      assert.ok(scene.moves.isIdle, 'a move does not end');
      for (const { slot: each } of INSTRUMENTS) {
        const newest = scene.assertTold(each);
        const carriers = scene.feeds.filter(({ wished }) => wished.includes(each)).map((one) => one.feed);
        const home = scene.ledger.tokenOf(each)?.home;
        assert.deepEqual(carriers, home === undefined ? [] : [home], 'the connections that carry it');
        assert.equal(scene.exchange.owners.ownerOf(each), home ?? null, 'whoever carries it publishes it');
        if (home !== undefined) assert.equal(newest?.ltp, scene.now, 'its newest tick has come');
        assert.equal(scene.exchange.lastPrice(each), home === undefined ? null : scene.now);
      }
    }),
    { numRuns: 1000, includeErrorInReport: true },
  );
});
