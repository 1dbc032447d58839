/** However full and in whatever state the connections of an account are: no quota is passed, and nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type PlanConnection,
  type PlanMove,
  planEvacuation,
  planEvening,
  planPlace,
} from '../../src/main/brokers/pool-plan.ts';

const QUOTA = { maxConnections: 3, maxPairs: 12, maxDeepPairs: 3 };

interface Drawn {
  readonly state: PlanConnection['state'];
  readonly isAvoided: boolean;
  readonly learnt: number;
  readonly tokens: readonly boolean[];
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  state: fc.constantFrom('live', 'live', 'waiting', 'lost'),
  isAvoided: fc.boolean(),
  learnt: fc.integer({ min: 0, max: 24 }),
  /** Whether each token has the overlay. */
  tokens: fc.array(
    fc.nat(4).map((n) => n === 0),
    { maxLength: 12 },
  ),
});

/** Connections within their limits: tokens that would pass them are left out. */
function connectionsOf(draw: readonly Drawn[]): PlanConnection[] {
  let next = 0;
  return draw.map(({ state, isAvoided, learnt, tokens }, feed) => {
    const maxPairs = Math.min(QUOTA.maxPairs, learnt);
    const kept: { key: string; pairs: number; deep: boolean }[] = [];
    let pairs = 0;
    let deeps = 0;
    for (const deep of tokens) {
      const token = { key: `1:${next++}`, pairs: deep ? 2 : 1, deep };
      if (pairs + token.pairs > maxPairs || (deep && deeps === QUOTA.maxDeepPairs)) continue;
      pairs += token.pairs;
      if (deep) deeps++;
      kept.push(token);
    }
    return { feed, state, isAvoided, maxPairs, pairs, deep: deeps, tokens: kept };
  });
}

const pairsOf = ({ tokens }: Pick<PlanConnection, 'tokens'>) =>
  tokens.reduce((sum, { pairs }) => sum + pairs, 0);
const deepOf = ({ tokens }: Pick<PlanConnection, 'tokens'>) => tokens.filter(({ deep }) => deep).length;

function carryOut(connections: readonly PlanConnection[], moves: readonly PlanMove[]): PlanConnection[] {
  const held = new Map(connections.map(({ feed, tokens }) => [feed, [...tokens]]));
  for (const { key, from, to } of moves) {
    const list = held.get(from)!;
    const at = list.findIndex((token) => token.key === key);
    assert.ok(at >= 0, `${key} moves from a connection that does not carry it`);
    held.get(to)!.push(...list.splice(at, 1));
  }
  return connections.map((connection) => {
    const tokens = held.get(connection.feed)!;
    return { ...connection, tokens, pairs: pairsOf({ tokens }), deep: deepOf({ tokens }) };
  });
}

const keysOf = (connections: readonly PlanConnection[]) =>
  connections.flatMap(({ tokens }) => tokens.map(({ key }) => key)).sort();

function assertSound(before: readonly PlanConnection[], moves: readonly PlanMove[]): PlanConnection[] {
  const after = carryOut(before, moves);
  assert.deepEqual(keysOf(after), keysOf(before), 'no token is lost or carried twice');
  assert.equal(new Set(moves.map(({ key }) => key)).size, moves.length, 'no token moves twice in one round');
  for (const connection of after) {
    const deeps = deepOf(connection);
    assert.ok(pairsOf(connection) <= connection.maxPairs, 'a connection has more pairs than it can hold');
    assert.ok(deeps <= QUOTA.maxDeepPairs, 'a connection has more overlays than it can hold');
  }
  return after;
}

const anyConnections = fc.array(drawn, { minLength: 1, maxLength: 4 }).map(connectionsOf);

test('evening out passes no quota, loses nothing, and comes to rest', () => {
  fc.assert(
    fc.property(anyConnections, fc.integer({ min: 1, max: 4 }), (connections, tolerance) => {
      const after = assertSound(connections, planEvening(connections, QUOTA, tolerance));
      assert.deepEqual(planEvening(after, QUOTA, tolerance).length > 0 ? after : [], [], 'a second round');
    }),
  );
});

test('connections without limits on their way end within one token of each other', () => {
  const free = fc
    .array(
      fc.array(
        fc.nat(4).map((n) => n === 0),
        { maxLength: 40 },
      ),
      { minLength: 2, maxLength: 4 },
    )
    .map((lists) =>
      lists.map((overlays, feed): PlanConnection => {
        const tokens = overlays.map((deep, i) => ({ key: `${feed}:${i}`, pairs: deep ? 2 : 1, deep }));
        const counts = { pairs: pairsOf({ tokens }), deep: deepOf({ tokens }) };
        return { feed, state: 'live', isAvoided: false, maxPairs: 1000, ...counts, tokens };
      }),
    );
  fc.assert(
    fc.property(free, (connections) => {
      const quota = { ...QUOTA, maxDeepPairs: 1000 };
      const after = carryOut(connections, planEvening(connections, quota, 1));
      const pairs = after.map(pairsOf);
      const largest = Math.max(...after.flatMap(({ tokens }) => tokens.map((token) => token.pairs)), 1);
      assert.ok(Math.max(...pairs) - Math.min(...pairs) <= largest + 1, `ended with ${pairs}`);
    }),
  );
});

test('tokens leave lost connections as far as there is room, and only for live ones', () => {
  fc.assert(
    fc.property(anyConnections, (connections) => {
      const { moves, left } = planEvacuation(connections, QUOTA);
      const after = assertSound(connections, moves);
      const stateOf = (feed: number) => connections.find((each) => each.feed === feed)!.state;
      for (const { from, to } of moves) assert.deepEqual([stateOf(from), stateOf(to)], ['lost', 'live']);
      const live = after.filter(({ state }) => state === 'live');
      if (live.length === 0) return;
      const stranded = after.filter(({ state }) => state === 'lost').flatMap(({ tokens }) => tokens);
      assert.deepEqual(stranded.map(({ key }) => key).sort(), left.map(({ key }) => key).sort());
      for (const token of stranded) {
        const hasRoom = live.some(
          (each) =>
            pairsOf(each) + token.pairs <= each.maxPairs &&
            (!token.deep || deepOf(each) < QUOTA.maxDeepPairs),
        );
        assert.ok(!hasRoom, `${token.key} stays on a lost connection although there is room`);
      }
    }),
  );
});

test('a new token goes to the open connection with the fewest pairs that has room', () => {
  fc.assert(
    fc.property(anyConnections, fc.boolean(), (connections, deep) => {
      const token = { key: 'new', pairs: deep ? 2 : 1, deep };
      const place = planPlace(connections, token, QUOTA);
      const hasRoom = (each: PlanConnection) =>
        pairsOf(each) + token.pairs <= each.maxPairs && (!deep || deepOf(each) < QUOTA.maxDeepPairs);
      const open = connections.filter(({ state }) => state !== 'lost');
      const usable = (open.length > 0 ? open : connections).filter(hasRoom);
      const preferred = usable.filter(({ isAvoided }) => !isAvoided);
      const mayOpen = connections.length < QUOTA.maxConnections;
      const last = mayOpen ? [] : connections.filter(hasRoom);
      const candidates = [preferred, usable, last].find((each) => each.length > 0) ?? [];
      const fewest = Math.min(...candidates.map(pairsOf));
      if (candidates.length === 0) assert.equal(place, null);
      else assert.equal(pairsOf(candidates.find(({ feed }) => feed === place)!), fewest);
    }),
  );
});
