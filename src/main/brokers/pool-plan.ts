/**
 * Where tokens go, and which move: pure decisions over the connections of one account, without timers or workers.
 *
 * A connection carries (token, mode) pairs: a token with its base mode counts one, with the deep overlay two. Several
 * instrument names of one token share its pairs, so tokens move whole.
 */
import type { FeedQuota } from './broker-registry.ts';

/** A token of a connection; `key` is unique in the account. */
export interface PlanToken {
  readonly key: string;
  readonly pairs: number;
  /** Whether one of the pairs is the deep overlay. */
  readonly deep: boolean;
}

/** How full a connection is. */
export interface PlanRoom {
  /** Number of the feed. */
  readonly feed: number;
  /** `waiting` is not live, but not for so long that its tokens shall leave; `lost` is that. */
  readonly state: 'live' | 'waiting' | 'lost';
  /** It shall get nothing while another has room: it was left because its ticks did not come, or has just come back. */
  readonly isAvoided: boolean;
  /** What it can hold: the quota, or less where the broker refused more. */
  readonly maxPairs: number;
  /** What it carries, tokens that come or leave just now included. */
  readonly pairs: number;
  readonly deep: number;
}

export interface PlanConnection extends PlanRoom {
  /** The tokens that may move. */
  readonly tokens: readonly PlanToken[];
}

export interface PlanMove {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** A connection while a plan is made. */
interface Load {
  readonly connection: PlanConnection;
  readonly maxPairs: number;
  readonly tokens: PlanToken[];
  pairs: number;
  deep: number;
}

function loadOf(connection: PlanConnection): Load {
  const { maxPairs, pairs, deep, tokens } = connection;
  return { connection, maxPairs, tokens: [...tokens], pairs, deep };
}

/** What a token takes of a connection's quota. */
export type TokenCost = Pick<PlanToken, 'pairs' | 'deep'>;

function fits(
  room: Pick<PlanRoom, 'pairs' | 'deep' | 'maxPairs'>,
  cost: TokenCost,
  quota: FeedQuota,
): boolean {
  if (room.pairs + cost.pairs > room.maxPairs) return false;
  return !cost.deep || room.deep < quota.maxDeepPairs;
}

function move(token: PlanToken, from: Load, to: Load): PlanMove {
  from.tokens.splice(from.tokens.indexOf(token), 1);
  from.pairs -= token.pairs;
  to.tokens.push(token);
  to.pairs += token.pairs;
  if (token.deep) {
    from.deep--;
    to.deep++;
  }
  return { key: token.key, from: from.connection.feed, to: to.connection.feed };
}

/** The one with the fewest pairs that has room. */
function emptiest<T extends Pick<PlanRoom, 'pairs' | 'deep' | 'maxPairs'>>(
  rooms: readonly T[],
  cost: TokenCost,
  quota: FeedQuota,
): T | undefined {
  let best: T | undefined;
  for (const room of rooms) {
    if (fits(room, cost, quota) && (best === undefined || room.pairs < best.pairs)) best = room;
  }
  return best;
}

/**
 * The tokens that leave connections that are lost, each for the live connection with the fewest pairs. Nothing moves when
 * no connection is live: then all wait for the broker.
 * @returns also the tokens that nobody has room for; they stay
 */
export function planEvacuation(
  connections: readonly PlanConnection[],
  quota: FeedQuota,
): { readonly moves: readonly PlanMove[]; readonly left: readonly PlanToken[] } {
  const loads = connections.map(loadOf);
  const live = loads.filter(({ connection }) => connection.state === 'live');
  const moves: PlanMove[] = [];
  const left: PlanToken[] = [];
  if (live.length === 0) return { moves, left };
  for (const lost of loads.filter(({ connection }) => connection.state === 'lost')) {
    for (const token of [...lost.tokens]) {
      const to = emptiest(live, token, quota);
      if (to === undefined) left.push(token);
      else moves.push(move(token, lost, to));
    }
  }
  return { moves, left };
}

/**
 * Moves that make the live connections equally full.
 * @param tolerance difference in pairs that is left as it is, since every move costs requests at the broker; at least 1
 */
export function planEvening(
  connections: readonly PlanConnection[],
  quota: FeedQuota,
  tolerance: number,
): readonly PlanMove[] {
  const loads = connections
    .filter(({ state, isAvoided }) => state === 'live' && !isAvoided)
    .map(loadOf)
    .sort((a, b) => a.pairs - b.pairs);
  const moves: PlanMove[] = [];
  const fewest = loads[0];
  const most = loads.at(-1);
  if (fewest === undefined || most === undefined || most.pairs - fewest.pairs <= tolerance) return moves;
  const target = loads.reduce((sum, { pairs }) => sum + pairs, 0) / loads.length;
  for (const from of loads.toReversed()) {
    // What came last moves first: a token that has its place keeps it.
    for (const token of from.tokens.toReversed()) {
      if (from.pairs <= Math.ceil(target)) break;
      if (from.pairs - token.pairs < Math.floor(target)) continue;
      const to = emptiest(
        loads.filter((load) => load !== from),
        token,
        quota,
      );
      if (to === undefined || to.pairs + token.pairs > Math.ceil(target)) continue;
      moves.push(move(token, from, to));
    }
  }
  return moves;
}

/**
 * Where a token goes that has no connection, or none with room: to an open one, and only when none is open to one that is
 * lost.
 * @returns null when another connection is to be opened, if the quota allows it
 */
export function planPlace(rooms: readonly PlanRoom[], cost: TokenCost, quota: FeedQuota): number | null {
  const open = rooms.filter(({ state }) => state !== 'lost');
  const usable = open.length > 0 ? open : rooms;
  const preferred = usable.filter(({ isAvoided }) => !isAvoided);
  const place = emptiest(preferred, cost, quota) ?? emptiest(usable, cost, quota);
  if (place !== undefined) return place.feed;
  if (rooms.length < quota.maxConnections) return null;
  return emptiest(rooms, cost, quota)?.feed ?? null;
}
