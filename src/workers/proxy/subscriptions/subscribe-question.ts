/**
 * What a subscribe request asks of the control plane, part by part: a question for thousands of instruments would keep
 * ticks waiting here, and everybody at the control plane. What a part is granted is needed from its answer on. Proxy
 * worker thread.
 */
import type { Rights } from '../../entitlement-messages.ts';
import type { SubscribeOutcome } from '../../worker-messages.ts';
import { refuseBeyond, type SubscriptionLimits } from '../admission/subscription-limits.ts';
import type { ClientSession } from '../connection/client-session.ts';
import type { ControlPlane, SubscribeAnswer } from '../control-plane.ts';
import type { PacedJoins } from './paced-joins.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import {
  formOf,
  type Granted,
  type Item,
  permitted,
  sourceMode,
  stillPermitted,
} from './subscription-item.ts';

export interface AnsweredPart {
  readonly items: readonly Item[];
  /** One per item, in their order. */
  readonly outcomes: readonly SubscribeOutcome[];
  readonly granted: readonly Granted[];
  /** The client's rights that the outcomes are under. */
  readonly rights: Rights | null;
  /** See `SubscribeAnswer`. */
  readonly askedAt: number;
  /** What the control plane counts as needed, granted to the client or not. */
  readonly slots: readonly number[];
}

/** The part without what a change of rights has taken away since. */
export function underRights(part: AnsweredPart, rights: Rights | null): AnsweredPart {
  if (rights === part.rights) return part;
  const outcomes = stillPermitted(part.items, part.outcomes, part.rights, rights);
  const refused = new Set(part.items.filter((_, i) => outcomes[i]!.status === 'error'));
  return { ...part, outcomes, granted: part.granted.filter(({ item }) => !refused.has(item)), rights };
}

export class SubscribeQuestion {
  readonly #control: ControlPlane;
  readonly #index: SubscriptionIndex;
  readonly #limits: SubscriptionLimits;
  readonly #paced: Pick<PacedJoins, 'hold'>;

  constructor(
    control: ControlPlane,
    index: SubscriptionIndex,
    limits: SubscriptionLimits,
    paced: Pick<PacedJoins, 'hold'>,
  ) {
    this.#control = control;
    this.#index = index;
    this.#limits = limits;
    this.#paced = paced;
  }

  /**
   * Keeps room for what is wished, and asks for it. The caller ends the reservation.
   * @param isHeld keeps what is granted until the client joins it; without, the caller does so in the turn of the answer
   *   and tells the control plane
   */
  async ask(
    session: ClientSession,
    account: string,
    items: readonly Item[],
    isHeld: boolean,
  ): Promise<AnsweredPart> {
    const before = session.identity?.rights ?? null;
    const allowed = items.map((item) => permitted(item, before));
    const room = this.#limits.reserve(session, allowed);
    const slots: number[] = [];
    const { outcomes, askedAt } = await this.#askOfOneBroker(
      session,
      account,
      refuseBeyond(session, allowed, room),
      slots,
    );
    const granted = outcomes.flatMap((outcome, i) =>
      outcome.status === 'ok'
        ? outcome.instruments.map((instrument): Granted => ({ instrument, item: items[i]! }))
        : [],
    );
    const answered = { items, outcomes, granted, rights: before, askedAt, slots };
    const part = underRights(answered, session.identity?.rights ?? null);
    if (session.open) {
      // A client may take long to join: others are not to wait for room that it will not use.
      const kept = allowed.filter((_, i) => part.outcomes[i]!.status === 'ok');
      room.keep(kept, part.granted.filter((each) => this.#isMissing(session, each)).length);
      if (isHeld) this.#paced.hold(session, part.granted);
    }
    // The control plane counts the subscription already.
    if (isHeld || !session.open) this.#control.need(slots.map((slot) => this.#index.need(slot)));
    return part;
  }

  /**
   * Asks again when the user changes the broker before the answer, which is of the old one then: those who take the user's
   * clients along did not see what was still being asked.
   * @param slots gets those of every answer
   */
  async #askOfOneBroker(
    session: ClientSession,
    account: string,
    items: readonly Item[],
    slots: number[],
  ): Promise<SubscribeAnswer> {
    for (;;) {
      const broker = session.identity?.broker;
      const answer = await this.#ask(account, items);
      for (const outcome of answer.outcomes) {
        if (outcome.status === 'ok') slots.push(...outcome.instruments.map(({ slot }) => slot));
      }
      if (session.identity?.broker === broker || !session.open) return answer;
    }
  }

  #isMissing({ options }: ClientSession, { instrument: { slot }, item }: Granted): boolean {
    return this.#index.get(slot)?.find(formOf(item, options)) === undefined;
  }

  /** Asks the control plane for what can be served. @returns an outcome for every item, in their order */
  async #ask(account: string, items: readonly Item[]): Promise<SubscribeAnswer> {
    const asked = items.filter(({ refusal }) => refusal === null);
    if (asked.length === 0) return { outcomes: items.map(({ refusal }) => refusal!), askedAt: 0 };
    const wishes = asked.map((item) => {
      const { exchange, symbol } = item.requested;
      return { exchange, symbol, mode: sourceMode(item) };
    });
    // One question for all modes of an instrument: what a reader has been answered is counted by questions, so two would
    // leave a moment in which half of it looks like nobody's.
    const { outcomes, askedAt } = await this.#control.subscribe(account, wishes);
    if (asked.length === items.length) return { outcomes, askedAt };
    const answers = outcomes.values();
    return { outcomes: items.map(({ refusal }) => refusal ?? answers.next().value!), askedAt };
  }
}
