/**
 * What the keys of connected clients may do from now on: a right that is taken away ends the subscriptions that needed it,
 * a key that is revoked its connections. Proxy worker thread, when an operator changes something.
 *
 * New rights hold for new requests at once. What clients hold is looked through client by client, for a short time in each
 * turn of the event loop: a role may be that of a thousand clients with thousands of instruments each.
 */
import { designError, errorMessage, type Json } from '../../../codec/server-message.ts';
import type { KeyStanding, Rights } from '../../entitlement-messages.ts';
import type { AdmittedKey } from '../admission/key-admission.ts';
import type { SubscriptionLimits } from '../admission/subscription-limits.ts';
import type { ClientSession } from '../connection/client-session.ts';
import { CLOSE } from '../connection/close-codes.ts';
import type { OrderRelay } from '../order-relay.ts';
import type { ClientHoldings } from '../subscriptions/client-holdings.ts';
import { mayHaveOrders, missingRight, NOT_ENTITLED_CODE, noOrders } from './entitlement-check.ts';

const KEY_REVOKED_CODE = 'KEY_REVOKED';
const REVOKED_TEXT = 'This API key was revoked';
/** Looking through what clients hold takes no longer in one turn, by more than one client. */
const REVIEW_MS = 2;
/** Subscriptions that one notice names. */
const MAX_NAMED = 500;

export class EntitlementDesk {
  readonly #sessions: ReadonlySet<ClientSession>;
  readonly #holdings: Pick<ClientHoldings, 'releaseWhere'>;
  readonly #limits: Pick<SubscriptionLimits, 'useKey'>;
  readonly #orders: Pick<OrderRelay, 'has' | 'release'>;
  /** The latest that was heard of each key whose rights have changed since this worker started. */
  readonly #standings = new Map<string, KeyStanding>();
  readonly #toReview = new Set<ClientSession>();
  #nextReview: NodeJS.Immediate | undefined;
  readonly counts = { subscriptionsEnded: 0 };

  constructor(
    sessions: ReadonlySet<ClientSession>,
    holdings: Pick<ClientHoldings, 'releaseWhere'>,
    limits: Pick<SubscriptionLimits, 'useKey'>,
    orders: Pick<OrderRelay, 'has' | 'release'>,
  ) {
    this.#sessions = sessions;
    this.#holdings = holdings;
    this.#limits = limits;
    this.#orders = orders;
  }

  /**
   * What was said of a client's key, with what has changed while the answer was on its way: its limits hold from now on. A
   * revoked one ends the connection.
   */
  revise(session: ClientSession, outcome: AdmittedKey): AdmittedKey {
    if (outcome.status === 'refused') {
      return outcome.code === KEY_REVOKED_CODE ? this.#revoked() : outcome;
    }
    const standing = this.#standings.get(outcome.keyId);
    if (standing !== undefined && standing.status !== 'good') return this.#revoked();
    const rights = standing === undefined ? outcome.rights : standing.rights;
    this.#limits.useKey(session, session.subscriptions.place, rights?.limits ?? null);
    return standing === undefined ? outcome : { ...outcome, rights };
  }

  /** Keys stand otherwise from now on. */
  onStandings(changed: readonly KeyStanding[]): void {
    const news = new Map<string, KeyStanding>();
    for (const standing of changed) {
      this.#standings.set(standing.keyId, standing);
      news.set(standing.keyId, standing);
    }
    for (const session of this.#sessions) {
      const standing = news.get(session.identity?.keyId ?? '');
      if (standing === undefined || session.identity === null) continue;
      if (standing.status === 'good') {
        session.identity = { ...session.identity, rights: standing.rights };
        this.#limits.useKey(session, session.subscriptions.place, standing.rights?.limits ?? null);
      }
      this.review(session);
    }
  }

  /** Looks soon whether a client may still hold what it holds. */
  review(session: ClientSession): void {
    this.#toReview.add(session);
    this.#nextReview ??= setImmediate(this.#reviewSome);
  }

  stop(): void {
    clearImmediate(this.#nextReview);
  }

  readonly #reviewSome = (): void => {
    this.#nextReview = undefined;
    const until = performance.now() + REVIEW_MS;
    for (const session of this.#toReview) {
      this.#toReview.delete(session);
      this.#reviewOne(session);
      if (performance.now() >= until) break;
    }
    if (this.#toReview.size > 0) this.#nextReview = setImmediate(this.#reviewSome);
  };

  #reviewOne(session: ClientSession): void {
    const { identity } = session;
    if (!session.open || identity === null) return;
    if (this.#standings.get(identity.keyId)?.status === 'revoked') {
      const isDesign = session.options.dialect === 'design';
      session.send((isDesign ? designError : errorMessage)(KEY_REVOKED_CODE, REVOKED_TEXT));
      session.end(CLOSE.KEY_REVOKED);
    } else if (identity.rights !== null) this.#endForbidden(session, identity.rights);
  }

  #revoked(): AdmittedKey {
    return { status: 'refused', code: KEY_REVOKED_CODE, message: REVOKED_TEXT, close: CLOSE.KEY_REVOKED };
  }

  #endForbidden(session: ClientSession, rights: Rights): void {
    /** By name and mode: the broker's ticks and those of foreign publishers are one subscription. */
    const ended = new Map<string, Json>();
    this.#holdings.releaseWhere(session, ({ exchange, symbol }, { view: mode, servedLevel }) => {
      const missing = missingRight(rights, { exchange, symbol, mode, depthLevel: servedLevel });
      if (missing === null) return false;
      ended.set(`${exchange}\0${symbol}\0${mode}`, { symbol, exchange, mode, missing: missing.right });
      return true;
    });
    // What is confirmed and not joined yet is left out when its turn comes.
    for (const { item } of session.joining) {
      const { requested, context, servedLevel: depthLevel } = item;
      const { exchange, symbol } = requested;
      const { mode } = context.wish;
      const missing = missingRight(rights, { exchange, symbol, mode, depthLevel });
      if (missing !== null)
        ended.set(`${exchange}\0${symbol}\0${mode}`, { symbol, exchange, mode, missing: missing.right });
    }
    this.counts.subscriptionsEnded += ended.size;
    const subscriptions = [...ended.values()];
    const message = `The rights of this key have changed: role ${rights.role} does not allow these subscriptions any more`;
    for (let i = 0; i < subscriptions.length; i += MAX_NAMED) {
      sendEnded(session, message, subscriptions.slice(i, i + MAX_NAMED));
    }
    if (mayHaveOrders(rights) || !this.#orders.has(session)) return;
    this.#orders.release(session);
    sendEnded(session, noOrders(rights.role), []);
  }
}

function sendEnded(session: ClientSession, message: string, subscriptions: readonly Json[]): void {
  const ended = { type: 'subscription_ended', status: 'error', code: NOT_ENTITLED_CODE };
  session.send({ ...ended, message, subscriptions });
}
