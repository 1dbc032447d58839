/**
 * Moves of tokens between the connections of an account, make before break; `slot-exchange.ts` has the steps in the
 * workers. Whatever ends in the middle, one connection carries the token afterwards:
 *
 * | what ends                       | before the giver was asked        | after                                             |
 * | the wish                        | both are told; nothing is left    | both are told; the taker frees what it is given   |
 * | the taker's connection          | the token stays with the giver    | the token is the taker's; it tells of its gap      |
 * | the taker's worker              | the token stays with the giver    | the token is the taker's next worker's             |
 * | the giver's connection          | the giver is asked at once        | nothing                                           |
 * | the giver's worker              | its slots are given in its place  | as before; what it gave already stays given        |
 * | nobody tells of a first tick    | after a while the giver is asked  |                                                   |
 *
 * Main thread.
 */
import type { Logger } from 'pino';
import type { SlotOwners } from '../../workers/ring/slot-owners.ts';
import type { UpstreamChange } from '../subscriptions/subscription-registry.ts';
import type { PlacedToken, PoolLedger } from './pool-ledger.ts';

/** What a move does to a connection. */
export interface MovableFeed {
  readonly feed: number;
  /** Its worker runs, and answers. */
  readonly isRunning: boolean;
  readonly isLive: boolean;
  /** End of what its worker has written; of a worker that has ended. */
  readonly ringPosition: number;
  apply(changes: readonly UpstreamChange[], returning: ReadonlySet<number>): void;
  handOver(slots: readonly number[], to: number): void;
  take(slots: readonly number[]): void;
}

/** A connection that is live answers a subscribe request with an image at once; a quiet instrument may have none. */
const CARRY_TIMEOUT_MS = 3000;
/** How long a taker that is not live yet may take to be. */
const OPEN_TIMEOUT_MS = 15_000;
const LOOK_INTERVAL_MS = 500;

export interface MoveEvents {
  /** No token moves any more. */
  onSettled(): void;
  onMoved(token: PlacedToken): void;
  /** A move was given up: the token is where it was. */
  onStayed(token: PlacedToken): void;
}

interface Move {
  readonly token: PlacedToken;
  readonly from: MovableFeed;
  readonly to: MovableFeed;
  /** It only makes connections equally full. */
  readonly isOptional: boolean;
  /** Slots that the taker has no tick of yet. */
  readonly awaited: Set<number>;
  isAsked: boolean;
  deadline: number;
}

const NO_SLOTS: ReadonlySet<number> = new Set();

export class TokenMoves {
  readonly #ledger: PoolLedger;
  readonly #owners: SlotOwners;
  readonly #log: Logger;
  readonly #events: MoveEvents;
  readonly #moves = new Map<PlacedToken, Move>();
  /**
   * Slots that a giver was asked for, in the order of asking: also of tokens that nobody wishes for any more, which may
   * have come again and be on another move meanwhile.
   */
  readonly #asked: { readonly slot: number; readonly move: Move }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Tokens that have come to another connection since the start. */
  done = 0;

  constructor(ledger: PoolLedger, owners: SlotOwners, log: Logger, events: MoveEvents) {
    this.#ledger = ledger;
    this.#owners = owners;
    this.#log = log;
    this.#events = events;
  }

  get isIdle(): boolean {
    return this.#moves.size === 0;
  }

  /** Tokens that come to a connection only so that all are equally full, and may still stay where they are. */
  optionalTo(feed: number): PlacedToken[] {
    const moves = [...this.#moves.values()].filter(({ isOptional, isAsked }) => isOptional && !isAsked);
    return moves.flatMap(({ token, to }) => (to.feed === feed ? [token] : []));
  }

  /**
   * Begins to move tokens that do not move yet.
   * @param isOptional they move only so that connections are equally full
   */
  start(tokens: readonly PlacedToken[], from: MovableFeed, to: MovableFeed, isOptional = false): void {
    const wishes: UpstreamChange[] = [];
    for (const token of tokens) {
      this.#ledger.startMove(token, to.feed);
      const awaited = new Set(token.wishes.keys());
      const deadline = deadlineOf(to);
      this.#moves.set(token, { token, from, to, isOptional, awaited, isAsked: false, deadline });
      wishes.push(...token.wishes.values());
    }
    // An epoch above all that were before, for the case that nobody can say where the giver stopped.
    to.apply(wishes, new Set(wishes.map(({ instrument }) => instrument.slot)));
    if (!from.isLive) this.#ask(tokens.map((token) => this.#moves.get(token)!));
    this.#arm();
  }

  /**
   * A token's wishes have changed while it moves.
   * @param isEnded nobody wishes for the slot any more
   * @returns the feeds that shall know of it
   */
  onWish(token: PlacedToken, slot: number, isEnded: boolean): readonly MovableFeed[] {
    const move = this.#moves.get(token)!;
    // The giver is about to be left: it goes on with what it has. A name that is new is the taker's from its first tick.
    if (!isEnded) return [move.to];
    move.awaited.delete(slot);
    if (token.wishes.size === 0) this.#end(move);
    else if (move.awaited.size === 0 && !move.isAsked) this.#ask([move]);
    return [move.from, move.to];
  }

  /** First ticks have come at a connection. */
  onCarries(feed: number, slots: readonly number[]): void {
    const ready: Move[] = [];
    for (const slot of slots) {
      const token = this.#ledger.tokenOf(slot);
      const move = token === undefined ? undefined : this.#moves.get(token);
      if (move === undefined || move.to.feed !== feed || move.isAsked) continue;
      if (move.awaited.delete(slot) && move.awaited.size === 0) ready.push(move);
    }
    this.#ask(ready);
  }

  /** A giver writes these slots no more. */
  onHandedOver(giver: number, slots: readonly number[]): void {
    const byMove = new Map<Move, number[]>();
    for (const slot of slots) {
      const at = this.#asked.findIndex((asked) => asked.slot === slot && asked.move.from.feed === giver);
      if (at < 0) continue;
      const { move } = this.#asked[at]!;
      this.#asked.splice(at, 1);
      byMove.set(move, [...(byMove.get(move) ?? []), slot]);
    }
    const taken = new Map<MovableFeed, number[]>();
    const left = new Map<MovableFeed, UpstreamChange[]>();
    for (const [move, given] of byMove) {
      const { token, from, to } = move;
      taken.set(to, [...(taken.get(to) ?? []), ...given]);
      if (this.#moves.get(token) !== move) continue;
      left.set(from, [...(left.get(from) ?? []), ...[...token.wishes.values()].map(ended)]);
      this.#ledger.endMove(token, to.feed);
      this.done++;
      this.#end(move);
      this.#events.onMoved(token);
    }
    for (const [from, changes] of left) from.apply(changes, NO_SLOTS);
    for (const [to, given] of taken) to.take(given);
    this.#tellIfSettled();
  }

  /** A connection is live, or is no more. */
  onState(feed: MovableFeed): void {
    const given: Move[] = [];
    for (const move of [...this.#moves.values()]) {
      if (move.isAsked) continue;
      if (move.to === feed) {
        if (feed.isLive) move.deadline = deadlineOf(feed);
        else this.#stay(move);
      } else if (move.from === feed && !feed.isLive) {
        given.push(move);
      }
    }
    this.#ask(given);
    this.#tellIfSettled();
  }

  /** The worker of a connection has ended. */
  onGone(feed: MovableFeed): void {
    for (const move of [...this.#moves.values()]) {
      if (move.to === feed && !move.isAsked) this.#stay(move);
    }
    const own = [...this.#moves.values()].filter(({ from, isAsked }) => from === feed && !isAsked);
    this.#ask(own);
    this.#giveFor(feed);
    this.#tellIfSettled();
  }

  /** The taker cannot carry a token: it stays. @returns false when the giver was asked for it already */
  cancel(token: PlacedToken): boolean {
    const move = this.#moves.get(token);
    if (move === undefined || move.isAsked) return false;
    this.#stay(move);
    this.#tellIfSettled();
    return true;
  }

  /** All tokens stay where they are, but for those whose giver was asked. */
  cancelAll(): void {
    for (const move of [...this.#moves.values()]) if (!move.isAsked) this.#stay(move);
    this.#tellIfSettled();
  }

  /** Looks for moves that take too long. @param now monotonic, in ms */
  lookAfter(now: number): void {
    const late = [...this.#moves.values()].filter(({ isAsked, deadline }) => !isAsked && deadline < now);
    for (const move of late) if (!move.to.isLive) this.#stay(move);
    const quiet = late.filter(({ to }) => to.isLive);
    if (quiet.length > 0) {
      this.#log.debug({ tokens: quiet.length }, 'tokens move without a first tick at their new connection');
      this.#ask(quiet);
    }
    this.#arm();
    this.#tellIfSettled();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #ask(moves: readonly Move[]): void {
    const byPair = new Map<string, { from: MovableFeed; to: MovableFeed; slots: number[] }>();
    for (const move of moves) {
      const { from, to, token } = move;
      move.isAsked = true;
      const key = `${from.feed}/${to.feed}`;
      const pair = byPair.get(key) ?? { from, to, slots: [] };
      for (const slot of token.wishes.keys()) {
        pair.slots.push(slot);
        this.#asked.push({ slot, move });
      }
      byPair.set(key, pair);
    }
    for (const { from, to, slots } of byPair.values()) {
      if (from.isRunning) from.handOver(slots, to.feed);
      else this.#giveFor(from);
    }
  }

  /** Gives what a worker was asked for that has ended: nobody knows what it published last. */
  #giveFor(giver: MovableFeed): void {
    const asked = this.#asked.filter(({ move }) => move.from === giver);
    for (const { slot, move } of asked) {
      if (this.#owners.ownerOf(slot) !== giver.feed) continue;
      this.#owners.give(slot, move.to.feed, {
        giver: giver.feed,
        position: giver.ringPosition,
        epoch: 0,
        seq: 0,
        deepSeq: 0,
        gapBefore: false,
        deepGapBefore: false,
        lastTimeMs: 0,
        lastSeq: 0,
        lastDeepTimeMs: 0,
      });
    }
    this.onHandedOver(
      giver.feed,
      asked.map(({ slot }) => slot),
    );
  }

  /** Ends a move whose giver was not asked: the token stays with it, with what is wished for by now. */
  #stay(move: Move): void {
    const { token, from, to } = move;
    const wishes = [...token.wishes.values()];
    to.apply(wishes.map(ended), NO_SLOTS);
    this.#ledger.endMove(token, from.feed);
    this.#end(move);
    from.apply(wishes, NO_SLOTS);
    this.#events.onStayed(token);
  }

  #end(move: Move): void {
    if (this.#moves.get(move.token) === move) this.#moves.delete(move.token);
  }

  #tellIfSettled(): void {
    if (this.#moves.size === 0) this.#events.onSettled();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#moves.size === 0) return;
    this.#timer = setTimeout(() => this.lookAfter(performance.now()), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }
}

function deadlineOf(to: MovableFeed): number {
  return performance.now() + (to.isLive ? CARRY_TIMEOUT_MS : OPEN_TIMEOUT_MS);
}

function ended(wish: UpstreamChange): UpstreamChange {
  return { instrument: wish.instrument, mode: 0, deep: false };
}
