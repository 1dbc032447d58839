/**
 * What each client holds: how it joins the streams of what it was granted, follows instruments that move, and leaves. The
 * control plane is told what is needed here whenever that has become less or other. Proxy worker thread.
 */
import { FEATURE } from '../../../codec/framing.ts';
import { type Instrument, MODE, type Mode } from '../../../codec/tick.ts';
import { modeOf } from '../../../codec/tick-message.ts';
import type { InstrumentMove, SlotNeed } from '../../worker-messages.ts';
import { holdsMode, type SubscriptionLimits } from '../admission/subscription-limits.ts';
import { inParts, type WorkTurns } from '../admission/work-turns.ts';
import {
  addHolding,
  type ClientSession,
  dropHolding,
  findHolding,
  type Holding,
  noteStrictDepth,
} from '../connection/client-session.ts';
import { URGENT_PART } from '../connection/session-keeper.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { FeedStatusNotifier } from '../feed-status-notifier.ts';
import { gapMessage } from '../gap-message.ts';
import { type StreamDelivery, termsOf } from '../slow/stream-delivery.ts';
import { type Joining, joinBehindLast } from './join-behind-last.ts';
import type { SnapshotJoin } from './snapshot-join.ts';
import type { Position, Stream, StreamForm, SubscriptionIndex } from './subscription-index.ts';
import { formOf, type Granted, needOf, permitted } from './subscription-item.ts';

export interface ClientHoldingsOptions {
  readonly control: Pick<ControlPlane, 'need'>;
  readonly index: SubscriptionIndex;
  readonly snapshots: SnapshotJoin;
  readonly statuses: FeedStatusNotifier;
  readonly limits: Pick<SubscriptionLimits, 'add' | 'addMoved' | 'followStreams'>;
  readonly delivery: StreamDelivery;
  /** Ends the connection of a client that does not read. */
  readonly cutOff: (session: ClientSession) => void;
  readonly turns: WorkTurns;
}

/** Instruments that are released before it is looked whether the slice is over: some 0.1 ms. */
const RELEASE_PART = 50;

export class ClientHoldings {
  readonly #control: Pick<ControlPlane, 'need'>;
  readonly #index: SubscriptionIndex;
  readonly #snapshots: SnapshotJoin;
  readonly #statuses: FeedStatusNotifier;
  readonly #limits: Pick<SubscriptionLimits, 'add' | 'addMoved' | 'followStreams'>;
  readonly #delivery: StreamDelivery;
  readonly #cutOff: ClientHoldingsOptions['cutOff'];
  readonly #turns: WorkTurns;

  constructor(options: ClientHoldingsOptions) {
    this.#control = options.control;
    this.#index = options.index;
    this.#snapshots = options.snapshots;
    this.#statuses = options.statuses;
    this.#limits = options.limits;
    this.#delivery = options.delivery;
    this.#cutOff = options.cutOff;
    this.#turns = options.turns;
  }

  /**
   * Enters a client into the stream of a mode, behind the last value if it asked for one. Without, it still gets a tick
   * that came while the control plane was asked: it may be the exchange's first image, and the next tick hours away.
   */
  hold(session: ClientSession, granted: Granted, askedAt: number): void {
    const { instrument } = granted;
    const stream = this.#take(session, granted);
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

  /** Gives a client back what its session held of one instrument, behind what it missed and the last value. */
  giveBack(
    client: ClientSession,
    granted: readonly Granted[],
    absenceFrom: (instrument: Instrument) => Joining['absence'],
  ): void {
    const taken = granted.flatMap((each) => this.#take(client, each) ?? []);
    const streams = this.#index.get(granted[0]!.instrument.slot);
    if (streams === undefined) return;
    this.#joinBehindLast({ client, streams, taken, absence: absenceFrom(streams.instrument) });
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
  #take(session: ClientSession, { instrument, item }: Granted): Stream | null {
    // Rights may have become less while it waited for its turn.
    if (permitted(item, session.identity?.rights ?? null).refusal !== null) {
      if (findHolding(session, instrument) === undefined) this.#statuses.release(session, instrument.slot);
      return null;
    }
    const { wish } = item.context;
    const form = formOf(item, session.options);
    const held = findHolding(session, instrument)?.streams.get(wish.mode);
    // Mode 4 with another number of levels takes the place of the one before.
    if (held?.form.depthLevel === form.depthLevel || (held !== undefined && wish.mode !== MODE.DEEP_DEPTH)) {
      this.#delivery.change(session, held, wish.terms);
      return null;
    }
    if (wish.mode === MODE.DEEP_DEPTH) noteStrictDepth(session, instrument, !wish.depthFallback);
    // Rights that took another mode of the instrument away meanwhile took its statuses along.
    if ((session.options.features & FEATURE.STATUS) !== 0) this.#statuses.hold(session, [instrument]);
    const isMore = !holdsMode(session, instrument, form.view);
    const stream = this.#enter(session, instrument, form, held);
    this.#limits.add(session, isMore ? 1 : 0, stream.subscribers === 1);
    this.#delivery.agree(session, stream, wish.terms);
    return stream;
  }

  /** Notes a client's stream, in place of one that it held; the caller counts it and lets it join. */
  #enter(session: ClientSession, instrument: Instrument, form: StreamForm, held?: Stream): Stream {
    const holding = findHolding(session, instrument) ?? addHolding(session, instrument);
    const isFirst = holding.streams.size === 0;
    const stream = this.#index.add(instrument, form);
    holding.streams.set(form.view, stream);
    if (held !== undefined) {
      this.#delivery.settle(session, held);
      this.#leave(session, held);
    }
    if (isFirst && (form.features & FEATURE.SEQUENCE) !== 0) {
      this.#index.get(instrument.slot)!.gapSubscribers[form.framing]++;
    }
    return stream;
  }

  /** Takes clients along to the slots that their instruments have from now on. They get their ticks in the same forms. */
  follow(moves: readonly InstrumentMove[], sessions: Iterable<ClientSession>): void {
    const targets = new Map(moves.map(({ from, to }) => [from, to]));
    for (const session of sessions) {
      // What one that has gone still names is given back where it was.
      if (!session.open) continue;
      for (const holding of [...session.holdings.values()].flat()) {
        const to = targets.get(holding.instrument.slot);
        if (to !== undefined && !this.#move(session, holding, to)) break;
      }
      for (const granted of session.open ? [...session.granted, ...session.joining] : []) {
        const to = targets.get(granted.instrument.slot);
        if (to !== undefined) this.#redirect(session, granted, to);
      }
    }
    this.#limits.followStreams();
    this.#index.lingering.forget(new Set(targets.keys()));
    this.#control.need(moves.flatMap(({ from, to }) => [this.#index.need(to.slot), this.#index.need(from)]));
  }

  /** @returns false for a client that was cut off instead */
  #move(session: ClientSession, holding: Holding, to: Instrument): boolean {
    const { base, deep } = this.#index.get(holding.instrument.slot)!;
    for (const stream of holding.streams.values()) {
      const waits = (session.slow?.client.waitsFrom(stream) ?? null) !== null;
      // The library would drop it without a word, and what is not sent now could not be sent from the new slot.
      if (waits && session.backlogBytes > session.maxBackpressureBytes * URGENT_PART) {
        this.#cutOff(session);
        return false;
      }
      this.#delivery.settle(session, stream);
    }
    const held = [...holding.streams.values()].map((stream) => ({
      form: stream.form,
      terms: termsOf(session, stream),
    }));
    for (const { form } of held) this.release(session, holding, form.view);
    let isNews = false;
    for (const { form, terms } of held) {
      // It may have subscribed the other one by itself meanwhile.
      if (findHolding(session, to)?.streams.has(form.view) === true) continue;
      isNews = true;
      const isMore = !holdsMode(session, to, form.view);
      const stream = this.#enter(session, to, form);
      if (isMore) this.#limits.addMoved(session);
      this.#delivery.agree(session, stream, terms);
      this.#join(session, stream);
    }
    if ((session.options.features & FEATURE.STATUS) !== 0) this.#statuses.holdMoved(session, to);
    if (isNews) {
      const { base: baseThere, deep: deepThere } = this.#index.get(to.slot)!;
      this.#tellRestart(session, to, base, baseThere);
      this.#tellRestart(session, to, deep, deepThere);
    }
    return true;
  }

  /** The sequence numbers of another token begin anew: whoever counts reads of it before the first of them. */
  #tellRestart(session: ClientSession, to: Instrument, last: Position, there: Position): void {
    if (last.epoch === 0) return;
    if (there.epoch === 0) there.continues ??= { epoch: last.epoch, seq: last.seq };
    // To those who were there before it is no restart: the topic of gaps is theirs too.
    else if ((session.options.features & FEATURE.SEQUENCE) !== 0)
      session.send(gapMessage(to, 'restart', last, { epoch: there.epoch, seq: there.seq + 1 }));
  }

  /** Lets a client join later where the instrument is from now on. */
  #redirect(session: ClientSession, granted: Granted, to: Instrument): void {
    const { slot } = granted.instrument;
    this.#index.lingering.letGo(needOf(granted));
    granted.instrument = to;
    this.#index.lingering.hold(needOf(granted));
    // What is not confirmed yet is told nothing; the confirmation is of where it is by then.
    if ((session.options.features & FEATURE.STATUS) === 0 || !session.joining.has(granted)) return;
    this.#statuses.holdMoved(session, to);
    this.#statuses.release(session, slot);
  }

  /** Sends the last value that the join found, unless it is of a lower mode: then the first tick will be the first. */
  #sendLast(session: ClientSession, stream: Stream): void {
    const { words, doubles } = this.#snapshots;
    if (modeOf(words) < stream.source) return;
    session.sendBytes(stream.encoder.encode(words, doubles, this.#snapshots.now()), stream.isBinary);
  }

  /**
   * Ends all subscriptions of a client, which asks for nothing meanwhile, in as many turns as it takes.
   * @returns undefined when that was done at once
   */
  releaseAll(session: ClientSession): Promise<void> | undefined {
    const names = inParts([...session.holdings.keys()], RELEASE_PART);
    return this.#turns.each(
      names,
      (some) => this.releaseNames(session, some),
      () => session.open,
    );
  }

  /** Ends all subscriptions that a client has of some names (`holdingKey`). */
  releaseNames(session: ClientSession, names: readonly string[]): void {
    this.#release(session, names, () => true);
  }

  /** Ends those subscriptions of a client that are meant. */
  releaseWhere(session: ClientSession, isMeant: (instrument: Instrument, form: StreamForm) => boolean): void {
    this.#release(session, [...session.holdings.keys()], isMeant);
  }

  #release(
    session: ClientSession,
    names: readonly string[],
    isMeant: (instrument: Instrument, form: StreamForm) => boolean,
  ): void {
    const changed: SlotNeed[] = [];
    for (const holding of names.flatMap((name) => session.holdings.get(name) ?? [])) {
      const { slot } = holding.instrument;
      const before = this.#index.modes(slot);
      for (const [mode, { form }] of holding.streams) {
        if (isMeant(holding.instrument, form)) this.release(session, holding, mode);
      }
      const after = this.#index.need(slot);
      // What others hold as well is nothing new to the control plane, and a client may hold thousands.
      if (after.modes !== before) changed.push(after);
    }
    this.#control.need(changed);
  }

  /** Ends one subscription; the caller tells the control plane. */
  release(session: ClientSession, holding: Holding, mode: Mode): void {
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
    this.#limits.followStreams();
    this.#delivery.leave(session, stream);
  }
}
