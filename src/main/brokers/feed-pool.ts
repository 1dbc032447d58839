/**
 * The upstream connections of one account, each in a feed worker of its own: finds a place for every token within the
 * broker's quota. `pool-balancer.ts` moves tokens when connections are lost or unequally full, `refused-tokens.ts` when the
 * broker refuses them.
 *
 * Other programs of the user may need connections of the account too, so another one is opened only when those that are
 * open are full. Main thread, at the pace of subscriptions.
 */
import type { Instrument, Mode } from '../../codec/tick.ts';
import { MODE } from '../../codec/tick.ts';
import type { FeedCredentials } from '../../workers/worker-messages.ts';
import type { Refusal, Upstream, UpstreamChange } from '../subscriptions/subscription-registry.ts';
import { ConnectionHealth } from './connection-health.ts';
import type { FeedPoolOptions } from './feed-pool-options.ts';
import type { FeedRunner } from './feed-runner.ts';
import { PoolBalancer } from './pool-balancer.ts';
import { costOfWishes, type PlacedToken, PoolLedger, tokenKey } from './pool-ledger.ts';
import { type PlanRoom, planPlace, type TokenCost } from './pool-plan.ts';
import { refusalOfDeep, refusalOfPairs } from './quota-refusal.ts';
import { RefusedTokens } from './refused-tokens.ts';
import { type MovableFeed, TokenMoves } from './token-moves.ts';

export class FeedPool implements Upstream {
  readonly #options: FeedPoolOptions;
  readonly #ledger: PoolLedger;
  readonly #moves: TokenMoves;
  readonly #health: ConnectionHealth;
  readonly #balancer: PoolBalancer;
  readonly #refusals: RefusedTokens;
  readonly feeds: FeedRunner[] = [];
  /** Slots that were carried and given back. */
  readonly #ended = new Set<number>();
  #wasRefused = false;
  #hasMoreRoom = false;

  constructor(options: FeedPoolOptions) {
    const { quota, owners, log, moveAfterMs } = options;
    this.#options = options;
    this.#ledger = new PoolLedger(quota);
    this.#moves = new TokenMoves(this.#ledger, owners, log, {
      onSettled: () => this.#balancer.checkAfter(0),
      onMoved: (token) => {
        this.#hasMoreRoom = true;
        this.#refusals.onMoved(token);
      },
      onStayed: (token) => this.#refusals.tell(token),
    });
    this.#health = new ConnectionHealth(moveAfterMs);
    this.#balancer = new PoolBalancer({
      quota,
      log,
      ledger: this.#ledger,
      moves: this.#moves,
      health: this.#health,
      rooms: () => this.rooms(),
      feed: (number) => this.#feed(number),
      onRound: () => this.#tellOfRoom(),
    });
    this.#refusals = new RefusedTokens({
      quota,
      log,
      ledger: this.#ledger,
      moves: this.#moves,
      relocate: (feed, slots) => this.#relocate(this.#feed(feed), slots),
      onRefused: (refused) => options.onRefused(refused),
    });
  }

  /** Opens the first connection, so that it is up when the first subscription comes. */
  open(): void {
    if (this.feeds.length === 0) this.#add();
  }

  /** Tokens that have moved to another connection since the start. */
  get moved(): number {
    return this.#moves.done;
  }

  get isMoving(): boolean {
    return !this.#moves.isIdle;
  }

  /** How full the connections are. */
  rooms(): PlanRoom[] {
    return this.feeds.map(({ feed }) => ({
      feed,
      state: this.#health.stateOf(feed),
      isAvoided: this.#health.isAvoided(feed),
      maxPairs: this.#ledger.maxPairsOf(feed),
      pairs: this.#ledger.pairsOf(feed),
      deep: this.#ledger.deepOf(feed),
    }));
  }

  claim(instrument: Instrument, mode: Mode): Refusal | null {
    const before = this.#ledger.wishOf(instrument.slot);
    const isDeep = mode === MODE.DEEP_DEPTH;
    const base = Math.max(before?.mode ?? 0, isDeep ? MODE.DEPTH : mode) as Mode;
    const wish = { instrument, mode: base, deep: isDeep || before?.deep === true };
    const token = this.#ledger.token(tokenKey(instrument));
    const refusal = token === undefined ? this.#claimNew(wish) : this.#claimMore(token, wish);
    if (refusal !== null) this.#wasRefused = true;
    return refusal;
  }

  apply(changes: readonly UpstreamChange[]): void {
    const byFeed = new Map<MovableFeed, UpstreamChange[]>();
    for (const change of changes) {
      for (const feed of this.#note(change)) {
        const list = byFeed.get(feed) ?? [];
        list.push(change);
        byFeed.set(feed, list);
      }
    }
    for (const [feed, list] of byFeed) feed.apply(list, this.#ended);
    for (const { mode, instrument } of changes) {
      if (mode !== 0) continue;
      this.#ended.add(instrument.slot);
      this.#hasMoreRoom = true;
    }
    this.#balancer.checkAfter(0);
  }

  /** As `FeedRunner.askAgain`. */
  askAgain(slots: Iterable<number>): void {
    for (const feed of this.feeds) feed.askAgain(slots);
  }

  /**
   * Moves slots away from a connection whose ticks do not come, as far as others have room; another one is opened if need
   * be. It gets nothing new for a while.
   *
   * @param feed number of the connection
   * @returns the slots that move
   */
  moveAway(feed: number, slots: readonly number[]): readonly number[] {
    const from = this.feeds.find((each) => each.feed === feed);
    if (from === undefined) return [];
    this.#health.avoid(feed);
    return this.#relocate(from, slots);
  }

  renew(credentials: FeedCredentials): void {
    this.#moves.cancelAll();
    for (const feed of this.feeds) feed.renew(credentials);
  }

  /** Ends the connections until `renew`; they remember what they carry. */
  suspend(reason: string): void {
    this.#moves.cancelAll();
    for (const feed of this.feeds) feed.suspend(reason);
  }

  async stop(): Promise<void> {
    this.#balancer.stop();
    this.#moves.stop();
    await Promise.all(this.feeds.map((feed) => feed.stop()));
  }

  // ------------------------------------------------------------------ places

  #claimNew(wish: UpstreamChange): Refusal | null {
    const cost = costOfWishes([wish]);
    const rooms = this.rooms();
    const home =
      planPlace(rooms, cost, this.#options.quota) ?? this.#clearFor(cost, rooms) ?? this.#openFor(cost);
    if (home === null) return this.#refusal(cost.deep, false);
    this.#ledger.set(wish, home);
    return null;
  }

  /** A token that is carried already: under another name, or with less. */
  #claimMore(token: PlacedToken, wish: UpstreamChange): Refusal | null {
    const now = costOfWishes(token.wishes.values());
    const then = costOfWishes(new Map(token.wishes).set(wish.instrument.slot, wish).values());
    const more = { pairs: then.pairs - now.pairs, deep: Number(then.deep) - Number(now.deep) };
    const feeds = token.target === null ? [token.home] : [token.home, token.target];
    if (!feeds.every((feed) => this.#makeRoom(feed, more))) {
      const others = this.rooms().filter(({ feed }) => feed !== token.home);
      const elsewhere = token.target === null ? this.#placeFor(then, others) : null;
      if (elsewhere === null) return this.#refusal(true, true);
      // Both count what is wished for while it moves, but the giver is asked for no more than it has.
      this.#moves.start([token], this.#feed(token.home), this.#feed(elsewhere));
    }
    this.#ledger.set(wish, token.home);
    return null;
  }

  /** The feed for a token, opened if need be; null when all are full. */
  #placeFor(cost: TokenCost, rooms: readonly PlanRoom[]): number | null {
    return planPlace(rooms, cost, this.#options.quota) ?? this.#openFor(cost);
  }

  /** A feed that is live and has room once fewer tokens come to it; null when there is none. */
  #clearFor(cost: TokenCost, rooms: readonly PlanRoom[]): number | null {
    const more = { pairs: cost.pairs, deep: Number(cost.deep) };
    const cleared = rooms.find(({ feed, state }) => state === 'live' && this.#makeRoom(feed, more));
    return cleared?.feed ?? null;
  }

  /** Another feed for a token that no open one has room for; null when there may be none. */
  #openFor(cost: TokenCost): number | null {
    const { quota } = this.#options;
    if (this.feeds.length >= quota.maxConnections) return null;
    const isEmptyEnough = cost.pairs <= quota.maxPairs && Number(cost.deep) <= quota.maxDeepPairs;
    return isEmptyEnough ? this.#add().feed : null;
  }

  /**
   * Tokens that move count at two connections. As many of those that come to this one only to make all equally full stay
   * where they are as it takes; those whose giver was asked for them already count twice for some milliseconds more.
   * @returns whether the feed has room
   */
  #makeRoom(feed: number, more: { readonly pairs: number; readonly deep: number }): boolean {
    const coming = this.#moves.optionalTo(feed);
    let { pairs, deep } = more;
    for (const { wishes } of coming) {
      const cost = costOfWishes(wishes.values());
      pairs -= cost.pairs;
      deep -= Number(cost.deep);
    }
    if (!this.#ledger.hasRoom(feed, { pairs, deep })) return false;
    for (const token of coming) {
      if (this.#ledger.hasRoom(feed, more)) break;
      this.#moves.cancel(token);
    }
    return this.#ledger.hasRoom(feed, more);
  }

  #refusal(isDeep: boolean, isCarried: boolean): Refusal {
    const { quota, names } = this.#options;
    const rooms = this.rooms();
    const hasPairs = rooms.some(({ pairs, maxPairs }) => pairs < maxPairs);
    if (isDeep && (hasPairs || isCarried)) return refusalOfDeep(quota, names, hasPairs);
    return refusalOfPairs(quota, names, rooms);
  }

  #add(): FeedRunner {
    const { create, log, quota } = this.#options;
    const feed = create({
      onState: (each) => this.#onState(each),
      onCarries: (each, slots) => this.#moves.onCarries(each.feed, slots),
      onHandedOver: (each, slots) => this.#moves.onHandedOver(each.feed, slots),
      onGone: (each) => this.#moves.onGone(each),
      onRefused: (each, refused) => this.#refusals.onRefused(each.feed, refused),
      onMute: (each, slots) => {
        const moving = this.moveAway(each.feed, slots);
        log.warn({ feed: each.feed, mute: slots.length, moving: moving.length }, 'mute slots move away');
      },
    });
    this.feeds.push(feed);
    this.#ledger.addFeed(feed.feed);
    this.#health.add(feed.feed);
    if (this.feeds.length > 1) {
      const text = 'the open connections to the broker have no room: another one is opened';
      log.info({ feed: feed.feed, connections: this.feeds.length, of: quota.maxConnections }, text);
    }
    return feed;
  }

  #feed(number: number): FeedRunner {
    const found = this.feeds.find(({ feed }) => feed === number);
    if (found === undefined) throw new Error(`no connection has the number ${number}`);
    return found;
  }

  /** Books a change. @returns the connections that shall know of it */
  #note(change: UpstreamChange): readonly MovableFeed[] {
    const { slot } = change.instrument;
    const token = this.#ledger.tokenOf(slot);
    if (token === undefined)
      throw new Error(`slot ${slot} has no connection: it was applied without a claim`);
    if (change.mode === 0) this.#ledger.drop(slot);
    else this.#ledger.set(change, token.home);
    if (token.target === null) return [this.#feed(token.home)];
    return this.#moves.onWish(token, slot, change.mode === 0);
  }

  // ---------------------------------------------------------------- movement

  #onState(feed: FeedRunner): void {
    if (this.#health.set(feed.feed, feed.isLive)) {
      // What another program took of the quota may be free again.
      this.#ledger.learn(feed.feed, null);
      this.#hasMoreRoom = true;
    }
    this.#moves.onState(feed);
    this.#balancer.checkAfter(0);
  }

  /** @returns the slots that move to another connection */
  #relocate(from: FeedRunner, slots: readonly number[]): readonly number[] {
    const { quota } = this.#options;
    const byTarget = new Map<number, PlacedToken[]>();
    let rooms = this.rooms().filter(({ feed }) => feed !== from.feed);
    for (const token of this.#ledger.tokensAt(from.feed, slots)) {
      if (token.target !== null) continue;
      const cost = costOfWishes(token.wishes.values());
      const known = planPlace(rooms, cost, quota);
      const place = known ?? this.#placeFor(cost, rooms);
      if (place === null) continue;
      if (known === null) rooms = [...rooms, ...this.rooms().filter(({ feed }) => feed === place)];
      rooms = rooms.map((room) => (room.feed === place ? withCost(room, cost) : room));
      byTarget.set(place, [...(byTarget.get(place) ?? []), token]);
    }
    for (const [place, tokens] of byTarget) this.#moves.start(tokens, from, this.#feed(place));
    return [...byTarget.values()].flat().flatMap(({ wishes }) => [...wishes.keys()]);
  }

  #tellOfRoom(): void {
    if (!this.#wasRefused || !this.#hasMoreRoom) return;
    this.#wasRefused = false;
    this.#hasMoreRoom = false;
    this.#options.onRoom();
  }
}

function withCost(room: PlanRoom, cost: TokenCost): PlanRoom {
  return { ...room, pairs: room.pairs + cost.pairs, deep: room.deep + Number(cost.deep) };
}
