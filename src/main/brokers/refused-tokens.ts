/**
 * What becomes of tokens that the broker refuses on a connection: another one of the account may carry them, and whoever
 * wishes for them is told when none does. Main thread.
 */
import type { Logger } from 'pino';
import { MODE } from '../../codec/tick.ts';
import type { RequestRefused } from '../../workers/worker-messages.ts';
import type { FeedQuota } from './broker-registry.ts';
import type { PlacedToken, PoolLedger } from './pool-ledger.ts';
import type { TokenMoves } from './token-moves.ts';

export interface RefusedTokensOptions {
  readonly quota: FeedQuota;
  readonly log: Logger;
  readonly ledger: PoolLedger;
  readonly moves: TokenMoves;
  /** Moves slots away from a connection, as far as others have room. @returns those that move */
  readonly relocate: (feed: number, slots: readonly number[]) => readonly number[];
  /** No connection carries them. */
  readonly onRefused: (refused: RequestRefused) => void;
}

export class RefusedTokens {
  readonly #options: RefusedTokensOptions;
  /** What the broker said, and on which connection, while another one is tried. */
  readonly #refusals = new WeakMap<
    PlacedToken,
    { readonly feed: number; readonly refused: RequestRefused }
  >();

  constructor(options: RefusedTokensOptions) {
    this.#options = options;
  }

  /** @param feed number of the connection */
  onRefused(feed: number, refused: RequestRefused): void {
    const { ledger, moves, relocate, onRefused } = this.#options;
    if (!refused.isLimit) {
      onRefused(refused);
      return;
    }
    const tokens = ledger.tokensAt(feed, refused.slots);
    // A limit of the overlay says nothing of the other pairs.
    if (refused.mode !== MODE.DEEP_DEPTH) this.#learnLimit(feed, tokens.length, refused);
    for (const token of tokens) {
      // A taker that cannot carry it leaves it where it is; that it was refused there too is told then.
      if (token.target === feed && moves.cancel(token)) continue;
      this.#refusals.set(token, { feed, refused });
    }
    const moving = new Set(relocate(feed, refused.slots));
    for (const token of tokens) {
      const isMoving = token.target !== null || [...token.wishes.keys()].some((slot) => moving.has(slot));
      if (!isMoving) this.tell(token);
    }
  }

  /** A taker that refused the token when it was too late for the giver to keep it: yet another one may carry it. */
  onMoved(token: PlacedToken): void {
    const known = this.#refusals.get(token);
    this.#refusals.delete(token);
    if (known?.feed === token.home) setImmediate(() => this.onRefused(known.feed, known.refused));
  }

  /** No other connection carries a token that was refused: that is the last word, for those who wish for it. */
  tell(token: PlacedToken): void {
    const refused = this.#refusals.get(token)?.refused;
    this.#refusals.delete(token);
    if (refused === undefined) return;
    const slots = refused.slots.filter((slot) => token.wishes.has(slot));
    if (slots.length > 0) this.#options.onRefused({ ...refused, slots });
  }

  #learnLimit(feed: number, refusedPairs: number, { code, message }: RequestRefused): void {
    const { ledger, log, quota } = this.#options;
    const holds = Math.max(0, ledger.pairsOf(feed) - refusedPairs);
    ledger.learn(feed, holds);
    const text = 'the broker refuses pairs although its quota has room: another program may use the account';
    log.warn({ feed, holds, quota: quota.maxPairs, code, message }, text);
  }
}
