/**
 * Subscribe and unsubscribe: from a client's request to the control plane's answer and to what the client holds. Proxy worker
 * thread.
 */
import {
  type ParsedSymbols,
  parseMode,
  parseSymbols,
  type RawRequest,
  type RequestedSymbol,
} from '../../../codec/client-request.ts';
import { FEATURE } from '../../../codec/framing.ts';
import type { Json, ServerMessage } from '../../../codec/server-message.ts';
import { MODE } from '../../../codec/tick.ts';
import type { SubscribeOutcome } from '../../worker-messages.ts';
import { refuseBeyond, type SubscriptionLimits } from '../admission/subscription-limits.ts';
import { type ClientSession, holdingKey, type Identity } from '../connection/client-session.ts';
import type { ControlPlane, SubscribeAnswer } from '../control-plane.ts';
import type { FeedStatusNotifier } from '../feed-status-notifier.ts';
import type { FeedOffers } from '../proxy-intake.ts';
import { absences, type ParkedSession, restoredWish } from '../sessions/session-image.ts';
import type { ClientHoldings } from './client-holdings.ts';
import { modesToRemove } from './modes-to-remove.ts';
import { type PacedJoin, PacedJoins } from './paced-joins.ts';
import { failedEntry, subscribeAnswer, subscribeError, unsubscribeAnswer } from './subscription-answers.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import {
  entriesOf,
  formOf,
  type Granted,
  type Item,
  itemOf,
  permitted,
  sourceMode,
  stillPermitted,
} from './subscription-item.ts';
import { parseWish, type SubscriptionWish } from './subscription-wish.ts';

/** Answers a request with an error in the connection's dialect. `whole` is a message that replaces the plain one. */
export type Refuse = (session: ClientSession, code: string, message: string, whole?: ServerMessage) => void;

/** Subscriptions that come back are confirmed so many at a time: 25 to 50 KB, as much as a client has room for. */
const PORTION = 200;

export class SubscriptionHandler {
  readonly #holdings: ClientHoldings;
  readonly #control: ControlPlane;
  readonly #index: SubscriptionIndex;
  readonly #offers: Pick<FeedOffers, 'capabilities'>;
  readonly #statuses: FeedStatusNotifier;
  readonly #limits: SubscriptionLimits;
  readonly #paced: PacedJoins;

  constructor(
    holdings: ClientHoldings,
    control: ControlPlane,
    index: SubscriptionIndex,
    offers: Pick<FeedOffers, 'capabilities'>,
    statuses: FeedStatusNotifier,
    limits: SubscriptionLimits,
  ) {
    this.#holdings = holdings;
    this.#control = control;
    this.#index = index;
    this.#offers = offers;
    this.#statuses = statuses;
    this.#limits = limits;
    this.#paced = new PacedJoins(control, index);
  }

  subscribe(session: ClientSession, request: RawRequest, refuse: Refuse): Promise<void> | undefined {
    const parsed = this.#symbolsOf(request, 'At least one symbol must be specified');
    if (!parsed.ok) return void refuse(session, parsed.code, parsed.message);
    const parsedWish = parseWish(request, session.options.dialect);
    if (!parsedWish.ok) return void refuse(session, parsedWish.code, parsedWish.message);
    if (session.identity!.account === '')
      return void refuse(session, 'BROKER_ERROR', 'Broker adapter not found');
    const { wish } = parsedWish;
    const items = parsed.symbols.map((requested) => this.#itemOf(requested, wish, session.identity!));
    const isSingle = !parsed.batch && wish.isDesign;
    const answer = (outcomes: readonly SubscribeOutcome[]) => {
      this.#answer(session, request, items, outcomes, isSingle ? refuse : null);
      return [];
    };
    return this.#serve(session, items, answer, (granted, askedAt) =>
      granted.map((each) => ({
        granted: [each],
        needsRoom: (session.options.features & FEATURE.SNAPSHOT) !== 0,
        join: () => this.#holdings.hold(session, each, askedAt),
      })),
    );
  }

  /**
   * Gives a client back what its session held: one question, then what was missed, the last values, and the streams.
   * @param answer told of the subscriptions as in a confirmation, a portion at a time, as fast as the client reads; not
   *   called when the client has gone
   */
  restore(
    client: ClientSession,
    parked: ParkedSession,
    answer: (entries: readonly Json[], hasMore: boolean) => void,
  ): Promise<void> {
    const items = parked.instruments.flatMap(({ exchange, symbol, wishes }) =>
      wishes.map((each) => {
        const wish = restoredWish(each, client.options.dialect);
        return this.#itemOf({ symbol, exchange, mode: wish.mode }, wish, client.identity!);
      }),
    );
    const confirm = (outcomes: readonly SubscribeOutcome[]) => {
      const confirmFrom = (from: number) => {
        const to = from + PORTION;
        answer(entriesOf(items.slice(from, to), outcomes.slice(from, to)), to < items.length);
      };
      confirmFrom(0);
      const others = Math.ceil(items.length / PORTION) - 1;
      return Array.from({ length: others }, (_, i) => () => confirmFrom((i + 1) * PORTION));
    };
    return this.#serve(client, items, confirm, (granted) => {
      const absenceFrom = absences(parked);
      return [...Map.groupBy(granted, ({ instrument }) => instrument.slot).values()].map((group) => ({
        granted: group,
        needsRoom: true,
        join: () => this.#holdings.giveBack(client, group, absenceFrom),
      }));
    });
  }

  /**
   * Asks for what was wished, answers, and lets the client hold what was granted.
   * @param answer told what became of each item, in their order; not called when the client has gone. Sends the first
   *   portion of the confirmation, or all of it, and returns what sends the others, each once the client has room for it
   * @param joins done behind the answer: a client may rely on it that the confirmation precedes the first tick
   */
  #serve(
    session: ClientSession,
    items: readonly Item[],
    answer: (outcomes: readonly SubscribeOutcome[]) => readonly (() => void)[],
    joins: (granted: readonly Granted[], askedAt: number) => readonly PacedJoin[],
  ): Promise<void> {
    const { account, rights } = session.identity!;
    const allowed = items.map((item) => permitted(item, rights));
    const room = this.#limits.reserve(session, allowed);
    const within = refuseBeyond(session, allowed, room);
    const served = this.#ask(account, within).then(({ outcomes: answered, askedAt }) => {
      const outcomes = stillPermitted(items, answered, rights, session.identity?.rights ?? null);
      const granted = outcomes.flatMap((outcome, i) =>
        outcome.status === 'ok'
          ? outcome.instruments.map((instrument): Granted => ({ instrument, item: items[i]! }))
          : [],
      );
      try {
        if (!session.open) return;
        const portions = answer(outcomes).map((join): PacedJoin => ({ granted: [], needsRoom: true, join }));
        // A client may take long to join: others are not to wait for room that it will not use.
        const isMissing = ({ instrument: { slot }, item }: Granted) =>
          this.#index.get(slot)?.find(formOf(item, session.options)) === undefined;
        const kept = allowed.filter((_, i) => outcomes[i]!.status === 'ok');
        room.keep(kept, granted.filter(isMissing).length);
        return this.#paced.run(session, [
          ...portions,
          { granted: [], needsRoom: false, join: () => this.#tellStatuses(session, granted) },
          ...joins(granted, askedAt),
        ]);
      } finally {
        // The control plane counts the subscription already. An answer that cannot be written, say because the echoed
        // request_id is nested too deeply, must not leave it there.
        const counted = answered.flatMap((outcome) => (outcome.status === 'ok' ? outcome.instruments : []));
        this.#control.need(counted.map(({ slot }) => this.#index.need(slot)));
      }
    });
    return served.finally(() => room.keep([], 0));
  }

  /** How the feed stands comes before its ticks, and before a last value that may be stale. */
  #tellStatuses(session: ClientSession, granted: readonly Granted[]): void {
    if ((session.options.features & FEATURE.STATUS) === 0) return;
    // Where they are by now: they may have moved while the client read.
    this.#statuses.hold(
      session,
      granted.map(({ instrument }) => instrument),
    );
  }

  #symbolsOf(request: RawRequest, emptyMessage: string): ParsedSymbols {
    return this.#limits.refuseBatch(request) ?? parseSymbols(request, emptyMessage);
  }

  #itemOf(requested: RequestedSymbol, wish: SubscriptionWish, { account, broker }: Identity): Item {
    const levels = this.#offers.capabilities(account).depthLevels(broker, requested.exchange);
    return itemOf(requested, { wish, broker, levels });
  }

  /** Asks the control plane for what can be served. @returns an outcome for every item, in their order */
  async #ask(account: string, items: readonly Item[]): Promise<SubscribeAnswer> {
    const asked = items.filter(({ refusal }) => refusal === null);
    if (asked.length === 0) return { outcomes: items.map(({ refusal }) => refusal!), askedAt: 0 };
    const wishes = asked.map((item) => {
      const { exchange, symbol } = item.requested;
      return { exchange, symbol, mode: sourceMode(item) };
    });
    // One question for all modes: what a reader has been answered is counted by questions, so two of one request would
    // leave a moment in which half of it looks like nobody's.
    const { outcomes, askedAt } = await this.#control.subscribe(account, wishes);
    const answers = outcomes.values();
    return { outcomes: items.map(({ refusal }) => refusal ?? answers.next().value!), askedAt };
  }

  #answer(
    session: ClientSession,
    request: RawRequest,
    items: readonly Item[],
    outcomes: readonly SubscribeOutcome[],
    refuse: Refuse | null,
  ): void {
    const broker = session.identity?.broker ?? '';
    const first = outcomes[0];
    if (refuse !== null && first?.status === 'error') {
      const whole = subscribeError(items[0]!.requested, first, items[0]!.context);
      refuse(session, first.code, first.message, whole);
      return;
    }
    const entries = entriesOf(items, outcomes);
    const isPartial = outcomes.some(({ status }) => status === 'error');
    session.send(subscribeAnswer(entries, broker, isPartial, request));
  }

  unsubscribe(session: ClientSession, request: RawRequest, refuse: Refuse): undefined {
    const parsed = this.#symbolsOf(request, 'Either symbols or unsubscribe_all is required');
    if (!parsed.ok) {
      if (request.unsubscribe_all) return this.unsubscribeAll(session, request);
      return void refuse(session, parsed.code, parsed.message);
    }
    const broker = session.identity?.broker ?? '';
    const { dialect } = session.options;
    if (!parsed.batch) {
      const mode = parseMode(request.mode === undefined ? MODE.QUOTE : request.mode, dialect);
      if (!mode.ok) return void refuse(session, 'INVALID_MODE', mode.message);
    }
    const successful: Json[] = [];
    const failed: Json[] = [];
    const slots = new Set<number>();
    for (const entry of parsed.symbols) {
      const modes = modesToRemove(entry, parsed.batch, request.mode, dialect);
      if (typeof modes === 'string') {
        failed.push(failedEntry(entry.symbol, entry.exchange, modes, broker));
        continue;
      }
      for (const holding of session.holdings.get(holdingKey(entry.exchange, entry.symbol)) ?? []) {
        for (const mode of modes) this.#holdings.release(session, holding, mode);
        slots.add(holding.instrument.slot);
      }
      successful.push({ symbol: entry.symbol, exchange: entry.exchange, status: 'success', broker });
    }
    this.#control.need([...slots].map((slot) => this.#index.need(slot)));
    session.send(unsubscribeAnswer(successful, failed, broker, request));
    return undefined;
  }

  unsubscribeAll(session: ClientSession, request: RawRequest): undefined {
    const broker = session.identity?.broker ?? '';
    const successful: Json[] = [];
    for (const held of session.holdings.values()) {
      const { symbol, exchange } = held[0]!.instrument;
      const modes = Math.max(...held.map(({ streams }) => streams.size));
      for (let i = 0; i < modes; i++) successful.push({ symbol, exchange, status: 'success', broker });
    }
    this.#holdings.releaseAll(session);
    session.send(unsubscribeAnswer(successful, [], broker, request));
    return undefined;
  }
}
