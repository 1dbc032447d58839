/**
 * Clients that join while the market writes: the last value, then every tick behind it once and in order, and for one that
 * comes back a notice that counts to the tick what it missed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FEATURE } from '../../src/codec/framing.ts';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import { type JoinClient, JoinScene, type MarketAction, type Written } from '../support/join-scene.ts';
import type { Message } from '../support/test-client.ts';

const slot = fc.nat({ max: 1 });
const mode = fc.constantFrom<Mode>(...Object.values(MODE));
const marketAction = fc.oneof(
  { weight: 30, arbitrary: fc.record({ do: fc.constant('tick' as const), slot, mode }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('outage' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);
/** More than one step for each tick that is read would never end. */
const script = fc.record({
  actions: fc.array<MarketAction>(marketAction, { minLength: 1, maxLength: 40 }),
  rhythm: fc
    .array(fc.constantFrom(0, 0, 0, 1, 1, 3), { minLength: 4, maxLength: 12 })
    .map((beats) => [...beats, 0, 0, 0]),
});
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), steps: fc.nat({ max: 60 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pump' as const), limit: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      slot,
      views: fc.uniqueArray(mode, { minLength: 1 }),
      snapshot: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('return' as const), snapshot: fc.boolean() }) },
);

/** What one user had of an instrument, over one connection after another. */
interface Career {
  readonly connections: JoinClient[];
  readonly views: readonly Mode[];
  image: Uint8Array | null;
}

function modeOf(message: Message): number {
  return message.type === 'market_data' ? Number(message.mode) : 0;
}

type Place = readonly [epoch: number, seq: number];

function isBefore([epoch, seq]: Place, [otherEpoch, otherSeq]: Place): boolean {
  return epoch < otherEpoch || (epoch === otherEpoch && seq < otherSeq);
}

/** Asserts of one view what the protocol promises, over all connections. */
function checkView(career: Career, view: Mode, scene: JoinScene): void {
  const isDeep = view === MODE.DEEP_DEPTH;
  const { slot: own } = career.connections[0]!.instrument;
  const kind = scene.written.filter(
    (tick) => tick.slot === own && tick.isCommitted && (tick.mode === MODE.DEEP_DEPTH) === isDeep,
  );
  const visible = kind.filter((tick) => tick.mode >= view);
  const isOurs = (epoch: unknown) => epoch === null || Number(epoch) > 1000 === isDeep;
  let last: Place | null = null;
  let gaps: Message[] = [];
  for (const [i, { received, joinedAt }] of career.connections.entries()) {
    let isFirst = true;
    for (const message of received) {
      if (message.type === 'gap' && isOurs(message.last_epoch)) gaps.push(message);
      if (modeOf(message) !== view) continue;
      const place: Place = [Number(message.epoch), Number(message.seq)];
      const isSnapshot = message.snapshot === true;
      assert.ok(isFirst || !isSnapshot, 'a last value comes first or not at all');
      if (last !== null) {
        const isRepeated = i > 0 && isFirst && isSnapshot;
        assert.ok(isBefore(last, place) || (isRepeated && !isBefore(place, last)), `${place} behind ${last}`);
        assertAnnounced(visible, last, place, gaps);
      }
      isFirst = false;
      last = place;
      gaps = [];
    }
    const isLast = i === career.connections.length - 1;
    if (!isLast || career.image !== null) continue;
    const due = scene.written.slice(joinedAt).findLast((tick) => visible.includes(tick));
    // After a lap there is the last value alone: not after an outage, and of a mode that may hold less than the view shows.
    const isThere = !scene.isLapped || (scene.hasLast(own, isDeep) && due === kind.at(-1));
    if (due === undefined || !isThere) continue;
    const place: Place = [due.epoch, due.seq];
    const hasIt = last !== null && !isBefore(last, place);
    assert.ok(hasIt || gaps.some((gap) => isWithin(gap, place)), 'the last tick arrives, or word of it');
  }
}

/** Whether a gap message says that this tick is missing. */
function isWithin({ last_epoch, last_seq, epoch, next_seq }: Message, place: Place): boolean {
  return (
    isBefore([Number(last_epoch), Number(last_seq)], place) &&
    (epoch === null || isBefore(place, [Number(epoch), Number(next_seq)]))
  );
}

/** Every tick between two that came is in a gap message that came between them. */
function assertAnnounced(
  visible: readonly Written[],
  from: Place,
  to: Place,
  gaps: readonly Message[],
): void {
  for (const { epoch, seq } of visible) {
    const place: Place = [epoch, seq];
    if (!isBefore(from, place) || !isBefore(place, to)) continue;
    const isTold = gaps.some((gap) => isWithin(gap, place));
    assert.ok(isTold, `${place} is missing between ${from} and ${to}: ${JSON.stringify(gaps)}`);
  }
}

function checkNotices({ connections }: Career): void {
  for (const { received } of connections) {
    for (const { reason, missed, epoch, last_epoch, last_seq, next_seq } of received) {
      if (reason !== 'away') continue;
      const isCounted = epoch !== null && epoch === last_epoch;
      const count = Math.max(0, Number(next_seq) - Number(last_seq) - 1);
      assert.equal(missed, isCounted ? count : null);
    }
  }
}

test('whoever joins mid-burst, or comes back, gets every tick behind the last value once, and word of whatever is missing', () => {
  fc.assert(
    fc.property(script, fc.array(act, { minLength: 3, maxLength: 40 }), (market, acts) => {
      const scene = new JoinScene(market);
      const careers: Career[] = [];
      for (const each of acts) {
        if (each.do === 'write') for (let i = 0; i < each.steps; i++) scene.step();
        else if (each.do === 'pump') scene.pump(each.limit);
        else if (each.do === 'join') {
          const client = scene.join(each.slot, each.views, each.snapshot ? FEATURE.SNAPSHOT : 0, null);
          careers.push({ connections: [client], views: each.views, image: null });
        } else if (each.do === 'leave') {
          const career = careers.find(({ image }) => image === null);
          if (career !== undefined) career.image = scene.leave(career.connections.at(-1)!);
        } else {
          const career = careers.find(({ image }) => image !== null);
          if (career === undefined) continue;
          const { slot: own } = career.connections[0]!.instrument;
          const features = each.snapshot ? FEATURE.SNAPSHOT : 0;
          career.connections.push(scene.join(own, career.views, features, career.image));
          career.image = null;
        }
      }
      scene.settle();
      for (const career of careers) {
        for (const view of career.views) checkView(career, view, scene);
        checkNotices(career);
      }
    }),
    { numRuns: 200 },
  );
});
