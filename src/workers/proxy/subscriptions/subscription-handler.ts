/** Subscribe and unsubscribe: from a client's request to streams and the control plane's wishes. Proxy worker thread. */
import {
  type ParsedSymbols,
  parseMode,
  parseSymbols,
  type RawRequest,
  type RequestedSymbol,
} from '../../../codec/client-request.ts';
import { FEATURE, SHAPES_TICKS } from '../../../codec/framing.ts';
import type { Json, ServerMessage } from '../../../codec/server-message.ts';
import { type Instrument, MODE, type Mode } from '../../../codec/tick.ts';
import { modeOf } from '../../../codec/tick-message.ts';
import type { InstrumentMove, SlotNeed, SubscribeOutcome } from '../../worker-messages.ts';
import { holdsMode, refuseBeyond, type SubscriptionLimits } from '../admission/subscription-limits.ts';
import {
  addHolding,
  type ClientSession,
  dropHolding,
  findHolding,
  type Holding,
  holdingKey,
  type Identity,
  noteStrictDepth,
} from '../connection/client-session.ts';
import type { ControlPlane, SubscribeAnswer } from '../control-plane.ts';
import type { FeedStatusNotifier } from '../feed-status-notifier.ts';
import type { FeedOffers } from '../proxy-intake.ts';
import { absences, type ParkedSession, restoredWish } from '../sessions/session-image.ts';
import { type StreamDelivery, termsOf } from '../slow/stream-delivery.ts';
import { type Joining, joinBehindLast } from './join-behind-last.ts';
import { modesToRemove } from './modes-to-remove.ts';
import { type PacedJoin, PacedJoins } from './paced-joins.ts';
import type { SnapshotJoin } from './snapshot-join.ts';
import { failedEntry, subscribeAnswer, subscribeError, unsubscribeAnswer } from './subscription-answers.ts';
import type { Stream, StreamForm, SubscriptionIndex } from './subscription-index.ts';
import { entriesOf, type Item, itemOf, permitted, sourceMode, stillPermitted } from './subscription-item.ts';
import { parseWish, type SubscriptionWish } from './subscription-wish.ts';

/** Answers a request with an error in the connection's dialect. `whole` is a message that replaces the plain one. */
export type Refuse = (session: ClientSession, code: string, message: string, whole?: ServerMessage) => void;

export class SubscriptionHandler {
  readonly #control: ControlPlane;
  readonly #index: SubscriptionIndex;
  readonly #snapshots: SnapshotJoin;
  readonly #offers: Pick<FeedOffers, 'capabilities'>;
  readonly #statuses: FeedStatusNotifier;
  readonly #paced: PacedJoins;
  readonly #limits: SubscriptionLimits;
  readonly #delivery: StreamDelivery;

  constructor(
    control: ControlPlane,
    index: SubscriptionIndex,
    snapshots: SnapshotJoin,
    offers: Pick<FeedOffers, 'capabilities'>,
    statuses: FeedStatusNotifier,
    limits: SubscriptionLimits,
    delivery: StreamDelivery,
  ) {
    this.#control = control;
    this.#index = index;
    this.#snapshots = snapshots;
    this.#offers = offers;
    this.#statuses = statuses;
    this.#paced = new PacedJoins(control, index);
    this.#limits = limits;
    this.#delivery = delivery;
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
    const answer = (outcomes: readonly SubscribeOutcome[]) =>
      this.#answer(session, request, items, outcomes, isSingle ? refuse : null);
    return this.#serve(session, items, answer, (granted, askedAt) =>
      granted.map(([instrument, item]) => ({
        need: { slot: instrument.slot, modes: 1 << sourceMode(item) },
        join: () => this.#hold(session, instrument, item, askedAt),
      })),
    );
  }

  /**
   * Gives a client back what its session held: one question, then what was missed, the last values, and the streams.
   * @param answer told of each subscription as in a confirmation; not called when the client has gone
   */
  restore(
    client: ClientSession,
    parked: ParkedSession,
    answer: (entries: readonly Json[]) => void,
  ): Promise<void> {
    const items = parked.instruments.flatMap(({ exchange, symbol, wishes }) =>
      wishes.map((each) => {
        const wish = restoredWish(each, client.options.dialect);
        return this.#itemOf({ symbol, exchange, mode: wish.mode }, wish, client.identity!);
      }),
    );
    const confirm = (outcomes: readonly SubscribeOutcome[]) => answer(entriesOf(items, outcomes));
    return this.#serve(client, items, confirm, (granted) => {
      const absenceFrom = absences(parked);
      return [...Map.groupBy(granted, ([{ slot }]) => slot)].map(([slot, group]) => ({
        need: { slot, modes: group.reduce((bits, [, item]) => bits | (1 << sourceMode(item)), 0) },
        join: () => {
          const taken = group.flatMap(([instrument, item]) => this.#take(client, instrument, item) ?? []);
          const streams = this.#index.get(slot);
          if (streams === undefined) return;
          this.#joinBehindLast({ client, streams, taken, absence: absenceFrom(streams.instrument) });
        },
      }));
    });
  }

  /**
   * Asks for what was wished, answers, and lets the client hold what was granted.
   * @param answer told what became of each item, in their order; not called when the client has gone
   * @param joins done behind the answer: a client may rely on it that the confirmation precedes the first tick
   */
  #serve(
    session: ClientSession,
    items: readonly Item[],
    answer: (outcomes: readonly SubscribeOutcome[]) => void,
    joins: (granted: readonly (readonly [Instrument, Item])[], askedAt: number) => readonly PacedJoin[],
  ): Promise<void> {
    const { account, rights } = session.identity!;
    const allowed = items.map((item) => permitted(item, rights));
    const room = this.#limits.reserve(session, allowed);
    const within = refuseBeyond(session, allowed, room);
    const served = this.#ask(account, within).then(({ outcomes: answered, askedAt }) => {
      const outcomes = stillPermitted(items, answered, rights, session.identity?.rights ?? null);
      const granted = outcomes.flatMap((outcome, i) =>
        outcome.status === 'ok'
          ? outcome.instruments.map((instrument) => [instrument, items[i]!] as const)
          : [],
      );
      const instruments = granted.map(([instrument]) => instrument);
      try {
        if (!session.open) return;
        answer(outcomes);
        // How the feed stands comes before its ticks, and before a last value that may be stale.
        if ((session.options.features & FEATURE.STATUS) !== 0) this.#statuses.hold(session, instruments);
        return this.#paced.run(session, joins(granted, askedAt));
      } finally {
        // The control plane counts the subscription already. An answer that cannot be written, say because the echoed
        // request_id is nested too deeply, must not leave it there.
        const counted = answered.flatMap((outcome) => (outcome.status === 'ok' ? outcome.instruments : []));
        this.#control.need(counted.map(({ slot }) => this.#index.need(slot)));
      }
    });
    return served.finally(room.release);
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
        for (const mode of modes) this.#release(session, holding, mode);
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
    this.releaseAll(session);
    session.send(unsubscribeAnswer(successful, [], broker, request));
    return undefined;
  }

  /** Ends all subscriptions of a client, also one that is gone. */
  releaseAll(session: ClientSession): void {
    this.releaseWhere(session, () => true);
  }

  /** Ends those subscriptions of a client that are meant. */
  releaseWhere(session: ClientSession, isMeant: (instrument: Instrument, form: StreamForm) => boolean): void {
    const changed: SlotNeed[] = [];
    for (const holding of [...session.holdings.values()].flat()) {
      const { slot } = holding.instrument;
      const before = this.#index.need(slot);
      for (const [mode, { form }] of [...holding.streams]) {
        if (isMeant(holding.instrument, form)) this.#release(session, holding, mode);
      }
      const after = this.#index.need(slot);
      // What others hold as well is nothing new to the control plane, and a client may hold thousands.
      if (after.modes !== before.modes) changed.push(after);
    }
    this.#control.need(changed);
  }

  /**
   * Enters a client into the stream of a mode, behind the last value if it asked for one. Without, it still gets a tick
   * that came while the control plane was asked: it may be the exchange's first image, and the next tick hours away.
   */
  #hold(session: ClientSession, instrument: Instrument, item: Item, askedAt: number): void {
    const stream = this.#take(session, instrument, item);
    if (stream === null) return;
    const streams = this.#index.get(instrument.slot)!;
    if ((session.options.features & FEATURE.SNAPSHOT) !== 0) {
      this.#joinBehindLast({ client: session, streams, taken: [stream], absence: null });
      return;
    }
    // The confirmation has left: whatever comes from now on is for this client too.
    this.#join(session, stream);
    const isDeep = stream.source === MODE.DEEP_DEPTH;
    if (this.#snapshots.passedBy(streams, isDeep, askedAt)) this.#sendLast(session, stream);
  }

  #join(session: ClientSession, stream: Stream): void {
    const { framing, features } = stream.form;
    // Not before: what was missed before the client joined is no gap to it.
    if ((features & FEATURE.SEQUENCE) !== 0) {
      session.socket.subscribe(this.#index.get(stream.slot)!.gapTopic(framing));
    }
    this.#delivery.join(session, stream);
  }

  #joinBehindLast(joining: Joining & { readonly client: ClientSession }): void {
    joinBehindLast(joining, this.#snapshots, this.#index, (stream) => this.#join(joining.client, stream));
  }

  /** Notes what a client subscribes to; the caller lets it join. @returns null for what it holds already */
  #take(session: ClientSession, instrument: Instrument, item: Item): Stream | null {
    // Rights may have become less while it waited for its turn.
    if (permitted(item, session.identity?.rights ?? null).refusal !== null) return null;
    const { wish } = item.context;
    const { framing, features, dialect } = session.options;
    const form: StreamForm = {
      view: wish.mode,
      framing,
      features: features & SHAPES_TICKS,
      dialect,
      depthLevel: wish.depthLevel,
      servedLevel: item.servedLevel,
    };
    const held = findHolding(session, instrument)?.streams.get(wish.mode);
    // Mode 4 with another number of levels takes the place of the one before.
    if (held?.form.depthLevel === form.depthLevel || (held !== undefined && wish.mode !== MODE.DEEP_DEPTH)) {
      this.#delivery.change(session, held, wish.terms);
      return null;
    }
    if (wish.mode === MODE.DEEP_DEPTH) noteStrictDepth(session, instrument, !wish.depthFallback);
    const stream = this.#enter(session, instrument, form, held);
    this.#delivery.agree(session, stream, wish.terms);
    return stream;
  }

  /** Notes a client's stream, in place of one that it held; the caller lets it join. */
  #enter(session: ClientSession, instrument: Instrument, form: StreamForm, held?: Stream): Stream {
    const holding = findHolding(session, instrument) ?? addHolding(session, instrument);
    const isFirst = holding.streams.size === 0;
    const stream = this.#index.add(instrument, form);
    if (!holdsMode(session, instrument, form.view)) this.#limits.add(session, 1);
    holding.streams.set(form.view, stream);
    if (held !== undefined) this.#leave(session, held);
    if (isFirst && (form.features & FEATURE.SEQUENCE) !== 0) {
      this.#index.get(instrument.slot)!.gapSubscribers[form.framing]++;
    }
    return stream;
  }

  /** Takes clients along to the slots that their instruments have from now on. They get their ticks in the same forms. */
  follow(moves: readonly InstrumentMove[], sessions: Iterable<ClientSession>): void {
    const targets = new Map(moves.map(({ from, to }) => [from, to]));
    for (const session of sessions) {
      for (const holding of [...session.holdings.values()].flat()) {
        const to = targets.get(holding.instrument.slot);
        if (to !== undefined) this.#move(session, holding, to);
      }
    }
    for (const { from } of moves) this.#index.lingering.forget(from);
    this.#control.need(moves.flatMap(({ from, to }) => [this.#index.need(to.slot), this.#index.need(from)]));
  }

  #move(session: ClientSession, holding: Holding, to: Instrument): void {
    const { base } = this.#index.get(holding.instrument.slot)!;
    const held = [...holding.streams.values()].map((stream) => {
      this.#delivery.settle(session, stream);
      return { form: stream.form, terms: termsOf(session, stream) };
    });
    for (const { form } of held) this.#release(session, holding, form.view);
    for (const { form, terms } of held) {
      const stream = this.#enter(session, to, form);
      this.#delivery.agree(session, stream, terms);
      this.#join(session, stream);
    }
    if ((session.options.features & FEATURE.STATUS) !== 0) this.#statuses.holdMoved(session, to);
    const streams = this.#index.get(to.slot)!;
    // The sequence numbers of another token begin anew: whoever counts reads of it before the first of them.
    if (base.epoch > 0) streams.continues ??= base;
  }

  /** Sends the last value that the join found, unless it is of a lower mode: then the first tick will be the first. */
  #sendLast(session: ClientSession, stream: Stream): void {
    const { words, doubles } = this.#snapshots;
    if (modeOf(words) < stream.source) return;
    session.sendBytes(stream.encoder.encode(words, doubles, this.#snapshots.now()), stream.isBinary);
  }

  #release(session: ClientSession, holding: Holding, mode: Mode): void {
    const stream = holding.streams.get(mode);
    if (stream === undefined) return;
    holding.streams.delete(mode);
    const { instrument } = holding;
    if (!holdsMode(session, instrument, mode)) this.#limits.add(session, -1);
    const { framing, features } = session.options;
    const isLast = holding.streams.size === 0;
    if (isLast) dropHolding(session, holding);
    if (isLast && (features & FEATURE.STATUS) !== 0) this.#statuses.release(session, instrument.slot);
    if (isLast && (features & FEATURE.SEQUENCE) !== 0) {
      const streams = this.#index.get(instrument.slot)!;
      streams.gapSubscribers[framing]--;
      if (session.open) session.socket.unsubscribe(streams.gapTopic(framing));
    }
    this.#leave(session, stream);
  }

  #leave(session: ClientSession, stream: Stream): void {
    this.#index.remove(stream);
    this.#delivery.leave(session, stream);
  }
}
