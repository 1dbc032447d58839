/**
 * Subscribe: from a client's request to the control plane's answer and to what the client holds. A request for many
 * instruments is done in slices between which the event loop turns. Proxy worker thread.
 */
import { parseSymbols, type RawRequest } from '../../../codec/client-request.ts';
import { FEATURE } from '../../../codec/framing.ts';
import { type Json, type JsonList, type ServerMessage, WrittenList } from '../../../codec/server-message.ts';
import type { SubscriptionLimits } from '../admission/subscription-limits.ts';
import { inParts, type WorkTurns } from '../admission/work-turns.ts';
import type { ClientSession } from '../connection/client-session.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { FeedStatusNotifier } from '../feed-status-notifier.ts';
import type { FeedOffers } from '../proxy-intake.ts';
import { absences, type ParkedSession, restoredWish } from '../sessions/session-image.ts';
import type { ClientHoldings } from './client-holdings.ts';
import { type PacedJoin, PacedJoins } from './paced-joins.ts';
import { type AnsweredPart, SubscribeQuestion, underRights } from './subscribe-question.ts';
import { subscribeAnswer, subscribeError } from './subscription-answers.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import { entriesOf, type Granted, type Item, itemOf, stillPermitted } from './subscription-item.ts';
import { parseWish, type SubscriptionWish } from './subscription-wish.ts';

/** Answers a request with an error in the connection's dialect. `whole` is a message that replaces the plain one. */
export type Refuse = (session: ClientSession, code: string, message: string, whole?: ServerMessage) => void;

/** Symbols of one question: some 0.2 ms of this thread, and 0.5 ms of the control plane's. */
export const PART = 100;
/** Instruments whose statuses are told in one go. */
const STATUS_PART = 500;
/** Subscriptions that come back are confirmed so many at a time: 25 to 50 KB, as much as a client has room for. */
const PORTION = 200;

/** What is done with the answer to a request. */
interface Followed {
  /** The confirmation is one message, however long. */
  readonly isOneMessage: boolean;
  /**
   * Tells the client what became of each item, in their order; not called when it has gone.
   * @param written the entries, where there are many of one message
   * @returns what sends further portions, each once the client has room for it
   */
  confirm(parts: readonly AnsweredPart[], written: JsonList | null): readonly (() => void)[];
  /** Done behind it: a client may rely on it that the confirmation precedes the first tick. */
  joins(part: AnsweredPart): readonly PacedJoin[];
}

/** As it is said to the client. */
interface Confirmed {
  readonly parts: readonly AnsweredPart[];
  readonly written: JsonList | null;
}

export class SubscriptionHandler {
  readonly #holdings: ClientHoldings;
  readonly #control: ControlPlane;
  readonly #index: SubscriptionIndex;
  readonly #offers: Pick<FeedOffers, 'capabilities'>;
  readonly #statuses: FeedStatusNotifier;
  readonly #limits: SubscriptionLimits;
  readonly #turns: WorkTurns;
  readonly #paced: PacedJoins;
  readonly #question: SubscribeQuestion;

  constructor(
    holdings: ClientHoldings,
    control: ControlPlane,
    index: SubscriptionIndex,
    offers: Pick<FeedOffers, 'capabilities'>,
    statuses: FeedStatusNotifier,
    limits: SubscriptionLimits,
    turns: WorkTurns,
  ) {
    this.#holdings = holdings;
    this.#control = control;
    this.#index = index;
    this.#offers = offers;
    this.#statuses = statuses;
    this.#limits = limits;
    this.#turns = turns;
    this.#paced = new PacedJoins(control, index, turns);
    this.#question = new SubscribeQuestion(control, index, limits, this.#paced);
  }

  subscribe(session: ClientSession, request: RawRequest, refuse: Refuse): Promise<void> | undefined {
    const parsed =
      this.#limits.refuseBatch(request) ?? parseSymbols(request, 'At least one symbol must be specified');
    if (!parsed.ok) return void refuse(session, parsed.code, parsed.message);
    const parsedWish = parseWish(request, session.options.dialect);
    if (!parsedWish.ok) return void refuse(session, parsedWish.code, parsedWish.message);
    if (session.identity!.account === '')
      return void refuse(session, 'BROKER_ERROR', 'Broker adapter not found');
    const { wish } = parsedWish;
    const isSingle = !parsed.batch && wish.isDesign;
    const needsRoom = (session.options.features & FEATURE.SNAPSHOT) !== 0;
    return this.#serve(session, parsed.symbols, (requested) => [this.#itemOf(requested, wish, session)], {
      isOneMessage: true,
      confirm: (parts, written) => {
        this.#answer(session, request, parts, written, isSingle ? refuse : null);
        return [];
      },
      joins: ({ granted, askedAt }) =>
        granted.map((each) => ({
          granted: [each],
          needsRoom,
          join: () => this.#holdings.hold(session, each, askedAt),
        })),
    });
  }

  /**
   * Gives a client back what its session held: the confirmation, then what was missed, the last values, and the streams.
   * @param answer told of the subscriptions as in a confirmation, a portion at a time, as fast as the client reads; not
   *   called when the client has gone
   */
  restore(
    client: ClientSession,
    parked: ParkedSession,
    answer: (entries: readonly Json[], hasMore: boolean) => void,
  ): Promise<void> {
    const itemsOf = ({ exchange, symbol, wishes }: ParkedSession['instruments'][number]) =>
      wishes.map((each) => {
        const wish = restoredWish(each, client.options.dialect);
        return this.#itemOf({ symbol, exchange, mode: wish.mode }, wish, client);
      });
    const absenceFrom = absences(parked);
    return this.#serve(client, parked.instruments, itemsOf, {
      isOneMessage: false,
      confirm: (parts) => {
        const items = parts.flatMap((part) => part.items);
        const outcomes = parts.flatMap((part) => part.outcomes);
        const before = client.identity?.rights ?? null;
        const confirmFrom = (from: number) => {
          const to = from + PORTION;
          const some = items.slice(from, to);
          // A later portion may be of a time in which the key's rights are others.
          const rights = client.identity?.rights ?? null;
          const now = stillPermitted(some, outcomes.slice(from, to), before, rights);
          answer(entriesOf(some, now), to < items.length);
        };
        confirmFrom(0);
        const others = Math.ceil(items.length / PORTION) - 1;
        return Array.from({ length: others }, (_, i) => () => confirmFrom((i + 1) * PORTION));
      },
      // All wishes for an instrument are of one part.
      joins: ({ granted }) =>
        [...Map.groupBy(granted, ({ instrument }) => instrument.slot).values()].map((group) => ({
          granted: group,
          needsRoom: true,
          join: () => this.#holdings.giveBack(client, group, absenceFrom),
        })),
    });
  }

  /** Asks for what was wished, answers, and lets the client hold what was granted. */
  async #serve<S>(
    session: ClientSession,
    wished: readonly S[],
    itemsOf: (each: S) => readonly Item[],
    followed: Followed,
  ): Promise<void> {
    const { account } = session.identity!;
    const isWhole = wished.length <= PART;
    const asked: Promise<AnsweredPart>[] = [];
    try {
      for (const some of inParts(wished, PART)) {
        if (asked.length > 0) await this.#turns.pause();
        if (!session.open) break;
        const answered = this.#question.ask(session, account, some.flatMap(itemsOf), !isWhole);
        // It is looked at when all are asked.
        answered.catch(() => {});
        asked.push(answered);
      }
      // All of them, also when one fails: what the others are granted is to be let go.
      await Promise.allSettled(asked);
      const parts = await Promise.all(asked);
      if (!session.open) return;
      await (isWhole
        ? this.#followWhole(session, parts, followed)
        : this.#followParts(session, parts, followed));
    } finally {
      this.#paced.letGoAll(session);
      this.#limits.endRequest(session);
    }
  }

  /** Within the turn of the answer, as far as the client has room and the slice has time. */
  #followWhole(session: ClientSession, parts: readonly AnsweredPart[], followed: Followed): Promise<void> {
    try {
      const portions = followed.confirm(parts, null);
      const granted = parts.flatMap((part) => part.granted);
      return this.#paced.run(session, this.#steps(session, parts, portions, followed), granted);
    } finally {
      // An answer that cannot be written, say because the echoed request_id is nested too deeply, must not leave it needed.
      const slots = parts.flatMap((part) => part.slots);
      this.#control.need(slots.map((slot) => this.#index.need(slot)));
    }
  }

  async #followParts(
    session: ClientSession,
    answered: readonly AnsweredPart[],
    followed: Followed,
  ): Promise<void> {
    const confirmed = await this.#write(session, answered, followed);
    if (confirmed === null) return;
    const { parts, written } = confirmed;
    const portions = followed.confirm(parts, written);
    session.joining = session.granted;
    session.granted = new Set();
    await this.#turns.pause();
    await this.#paced.run(session, this.#steps(session, parts, portions, followed));
  }

  /** @returns the parts as they are now, with their entries where they make one message; null when the client has gone */
  async #write(
    session: ClientSession,
    answered: readonly AnsweredPart[],
    { isOneMessage }: Followed,
  ): Promise<Confirmed | null> {
    for (;;) {
      const rights = session.identity?.rights ?? null;
      const written = new WrittenList(session.options.framing);
      const parts: AnsweredPart[] = [];
      const write = (part: AnsweredPart) => {
        const now = underRights(part, rights);
        parts.push(now);
        if (isOneMessage) written.add(entriesOf(now.items, now.outcomes));
      };
      await this.#turns.each(answered, write, () => session.open);
      // To send much takes a while by itself.
      await this.#turns.pause();
      if (!session.open) return null;
      // They may have become other ones meanwhile.
      if ((session.identity?.rights ?? null) === rights)
        return { parts, written: isOneMessage ? written : null };
    }
  }

  /** What follows the confirmation, each made when it is its turn. */
  *#steps(
    session: ClientSession,
    parts: readonly AnsweredPart[],
    portions: readonly (() => void)[],
    { joins }: Followed,
  ): Generator<PacedJoin> {
    for (const join of portions) yield { granted: [], needsRoom: true, join };
    if ((session.options.features & FEATURE.STATUS) !== 0) {
      const granted = parts.flatMap((part) => part.granted);
      for (const some of inParts(granted, STATUS_PART)) {
        yield { granted: [], needsRoom: false, join: () => this.#tellStatuses(session, some) };
      }
    }
    for (const part of parts) yield* joins(part);
  }

  /** How the feed stands comes before its ticks, and before a last value that may be stale. */
  #tellStatuses(session: ClientSession, granted: readonly Granted[]): void {
    // Where they are by now: they may have moved while the client read.
    this.#statuses.hold(
      session,
      granted.map(({ instrument }) => instrument),
    );
  }

  #itemOf(requested: Item['requested'], wish: SubscriptionWish, { identity, options }: ClientSession): Item {
    const { account, broker } = identity!;
    const levels = this.#offers.capabilities(account).depthLevels(broker, requested.exchange);
    return itemOf(requested, { wish, broker, levels, hasCodes: options.features !== 0 });
  }

  #answer(
    session: ClientSession,
    request: RawRequest,
    parts: readonly AnsweredPart[],
    written: JsonList | null,
    refuse: Refuse | null,
  ): void {
    const broker = session.identity?.broker ?? '';
    const first = parts[0]?.outcomes[0];
    if (refuse !== null && first?.status === 'error') {
      const { requested, context } = parts[0]!.items[0]!;
      refuse(session, first.code, first.message, subscribeError(requested, first, context));
      return;
    }
    const entries = written ?? parts.flatMap(({ items, outcomes }) => entriesOf(items, outcomes));
    const isPartial = parts.some(({ outcomes }) => outcomes.some(({ status }) => status === 'error'));
    session.send(subscribeAnswer(entries, broker, isPartial, request));
  }
}
