/**
 * Moves the tokens of an account whenever its connections ask for it: away from one that is lost, and so that all that are
 * live carry as many. What moves is planned by `pool-plan.ts`, how by `token-moves.ts`. Main thread.
 */
import type { Logger } from 'pino';
import type { FeedQuota } from './broker-registry.ts';
import type { ConnectionHealth } from './connection-health.ts';
import type { PlacedToken, PoolLedger } from './pool-ledger.ts';
import {
  type PlanConnection,
  type PlanMove,
  type PlanRoom,
  planEvacuation,
  planEvening,
} from './pool-plan.ts';
import type { MovableFeed, TokenMoves } from './token-moves.ts';

/** Moves of one round: what a worker does in one turn of its event loop. */
const MOST_MOVES = 500;
/** Share of the quota by which connections may differ: 20 of Angel's 1000 pairs. */
const TOLERANCE = 0.02;

export interface PoolBalancerOptions {
  readonly quota: FeedQuota;
  readonly log: Logger;
  readonly ledger: PoolLedger;
  readonly moves: TokenMoves;
  readonly health: ConnectionHealth;
  readonly rooms: () => readonly PlanRoom[];
  readonly feed: (number: number) => MovableFeed;
  /** All connections were looked at. */
  readonly onRound: () => void;
}

export class PoolBalancer {
  readonly #options: PoolBalancerOptions;
  /** Tokens on lost connections that nobody has room for. */
  #stranded = 0;
  #check: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: PoolBalancerOptions) {
    this.#options = options;
  }

  /** Looks at all connections then, in place of when it was going to. */
  checkAfter(delayMs: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#check);
    this.#check = setTimeout(() => this.#rebalance(), delayMs);
    this.#check.unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#check);
  }

  /** One round of moves at a time, and another look when a connection is to be judged in another way. */
  #rebalance(): void {
    const { ledger, moves, health, rooms, onRound } = this.#options;
    const all = rooms();
    if (moves.isIdle && all.length > 1) {
      const connections = all.map((room) => ({ ...room, tokens: ledger.settledTokens(room.feed) }));
      if (!this.#evacuate(connections)) this.#evenOut(connections);
    }
    const next = health.nextChangeMs();
    if (next !== null) this.checkAfter(Math.ceil(next) + 1);
    onRound();
  }

  /** @returns whether tokens move */
  #evacuate(connections: readonly PlanConnection[]): boolean {
    const { quota, log } = this.#options;
    const { moves, left } = planEvacuation(connections, quota);
    if (left.length > 0 && left.length !== this.#stranded) {
      const text = 'a connection to the broker is lost, and the others have no room for all that it carried';
      log.warn(
        { moved: moves.length, left: left.length, tokens: left.slice(0, 20).map(({ key }) => key) },
        text,
      );
    }
    this.#stranded = left.length;
    return this.#carryOut(moves, 'tokens leave a connection to the broker that is lost', false);
  }

  #evenOut(connections: readonly PlanConnection[]): void {
    const { quota } = this.#options;
    const tolerance = Math.max(1, Math.floor(quota.maxPairs * TOLERANCE));
    this.#carryOut(
      planEvening(connections, quota, tolerance),
      'tokens move, so that all connections carry as many',
      true,
    );
  }

  #carryOut(planned: readonly PlanMove[], why: string, isOptional: boolean): boolean {
    if (planned.length === 0) return false;
    const { log, ledger, moves, feed } = this.#options;
    const groups = new Map<string, { from: number; to: number; tokens: PlacedToken[] }>();
    for (const { key, from, to } of planned.slice(0, MOST_MOVES)) {
      const group = groups.get(`${from}/${to}`) ?? { from, to, tokens: [] };
      group.tokens.push(ledger.token(key)!);
      groups.set(`${from}/${to}`, group);
    }
    for (const { from, to, tokens } of groups.values()) {
      log.info({ from, to, tokens: tokens.length }, why);
      moves.start(tokens, feed(from), feed(to), isOptional);
    }
    return true;
  }
}
