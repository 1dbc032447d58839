/**
 * What each connection of an account carries, in the pairs that the broker counts. Pure bookkeeping: who decides is
 * `pool-plan.ts`, who acts are `feed-pool.ts`, `pool-balancer.ts` and `refused-tokens.ts`.
 *
 * While a token moves both connections carry it, and both count its pairs.
 */
import type { Instrument } from '../../codec/tick.ts';
import type { UpstreamChange } from '../subscriptions/subscription-registry.ts';
import type { FeedQuota } from './broker-registry.ts';
import type { PlanToken, TokenCost } from './pool-plan.ts';

/** A token that is wished for under one or several names. */
export interface PlacedToken {
  readonly key: string;
  /** What is wished for, by slot. */
  readonly wishes: Map<number, UpstreamChange>;
  /** The feed that carries it, and the one that it moves to. */
  home: number;
  target: number | null;
}

interface Count {
  pairs: number;
  deep: number;
}

export function tokenKey({ segment, token }: Instrument): string {
  return `${segment}:${token}`;
}

/** What a token takes of a connection's quota: its names share the pairs. */
export function costOfWishes(wishes: Iterable<UpstreamChange>): TokenCost {
  let base = 0;
  let deep = 0;
  for (const wish of wishes) {
    if (wish.mode !== 0) base = 1;
    if (wish.deep) deep = 1;
  }
  return { pairs: base + deep, deep: deep === 1 };
}

export class PoolLedger {
  readonly #quota: FeedQuota;
  readonly #tokens = new Map<string, PlacedToken>();
  readonly #bySlot = new Map<number, PlacedToken>();
  readonly #counts = new Map<number, Count>();
  /** What the broker showed that a connection can hold, where that is less than the quota. */
  readonly #learnt = new Map<number, number>();

  constructor(quota: FeedQuota) {
    this.#quota = quota;
  }

  addFeed(feed: number): void {
    this.#counts.set(feed, { pairs: 0, deep: 0 });
  }

  tokens(): Iterable<PlacedToken> {
    return this.#tokens.values();
  }

  tokenOf(slot: number): PlacedToken | undefined {
    return this.#bySlot.get(slot);
  }

  token(key: string): PlacedToken | undefined {
    return this.#tokens.get(key);
  }

  /** The tokens of slots that a feed carries, or is to carry once they have moved. */
  tokensAt(feed: number, slots: readonly number[]): PlacedToken[] {
    const tokens = new Set<PlacedToken>();
    for (const slot of slots) {
      const token = this.#bySlot.get(slot);
      if (token !== undefined && (token.target ?? token.home) === feed) tokens.add(token);
    }
    return [...tokens];
  }

  /** What is wished for of a slot. */
  wishOf(slot: number): UpstreamChange | undefined {
    return this.#bySlot.get(slot)?.wishes.get(slot);
  }

  pairsOf(feed: number): number {
    return this.#counts.get(feed)?.pairs ?? 0;
  }

  deepOf(feed: number): number {
    return this.#counts.get(feed)?.deep ?? 0;
  }

  maxPairsOf(feed: number): number {
    return Math.min(this.#quota.maxPairs, this.#learnt.get(feed) ?? this.#quota.maxPairs);
  }

  /** The broker refused pairs although there seemed to be room. @param pairs what it does hold; null: as the quota says */
  learn(feed: number, pairs: number | null): void {
    if (pairs === null) this.#learnt.delete(feed);
    else this.#learnt.set(feed, pairs);
  }

  /** Whether a feed has room for more of what a token takes. */
  hasRoom(feed: number, more: { readonly pairs: number; readonly deep: number }): boolean {
    if (more.pairs > 0 && this.pairsOf(feed) + more.pairs > this.maxPairsOf(feed)) return false;
    return more.deep <= 0 || this.deepOf(feed) + more.deep <= this.#quota.maxDeepPairs;
  }

  /** What the plan sees of a feed: every token that counts there, but for those that move. */
  settledTokens(feed: number): PlanToken[] {
    const tokens: PlanToken[] = [];
    for (const token of this.#tokens.values()) {
      if (token.home !== feed || token.target !== null) continue;
      tokens.push({ key: token.key, ...costOfWishes(token.wishes.values()) });
    }
    return tokens;
  }

  /** Sets what is wished for under a name; the token is made on its first one, with `home` as its feed. */
  set(wish: UpstreamChange, home: number): PlacedToken {
    const { instrument } = wish;
    const key = tokenKey(instrument);
    let token = this.#tokens.get(key);
    if (token === undefined) {
      token = { key, wishes: new Map(), home, target: null };
      this.#tokens.set(key, token);
    } else {
      this.#count(token, -1);
    }
    token.wishes.set(instrument.slot, wish);
    this.#bySlot.set(instrument.slot, token);
    this.#count(token, 1);
    return token;
  }

  /** Nobody wishes for the slot any more. */
  drop(slot: number): void {
    const token = this.#bySlot.get(slot);
    if (token === undefined) return;
    this.#count(token, -1);
    token.wishes.delete(slot);
    this.#bySlot.delete(slot);
    if (token.wishes.size === 0) this.#tokens.delete(token.key);
    else this.#count(token, 1);
  }

  /** From here on a second feed carries the token too. */
  startMove(token: PlacedToken, target: number): void {
    this.#count(token, -1);
    token.target = target;
    this.#count(token, 1);
  }

  /** The token has moved, or stays where it was. */
  endMove(token: PlacedToken, home: number): void {
    this.#count(token, -1);
    token.home = home;
    token.target = null;
    this.#count(token, 1);
  }

  #count(token: PlacedToken, sign: 1 | -1): void {
    const { pairs, deep } = costOfWishes(token.wishes.values());
    for (const feed of token.target === null ? [token.home] : [token.home, token.target]) {
      const count = this.#counts.get(feed)!;
      count.pairs += sign * pairs;
      count.deep += sign * (deep ? 1 : 0);
    }
  }
}
