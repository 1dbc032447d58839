/**
 * How many subscriptions a client, a key and all clients together hold, and whether there is room for more. A
 * subscription is a pair of symbol and mode, however many sources its ticks come from. Proxy worker thread.
 */
import {
  countSymbols,
  type ParsedSymbols,
  type RawRequest,
  type RequestedSymbol,
} from '../../../codec/client-request.ts';
import { MODE, type Mode } from '../../../codec/tick.ts';
import type { AdmissionTask, ClientLimits } from '../../admission-messages.ts';
import type { RightsLimits } from '../../entitlement-messages.ts';
import { NO_PLACE, USAGE, UsageTable } from '../../usage-table.ts';
import type { InstrumentName, SubscribeOutcome } from '../../worker-messages.ts';
import { type ClientSession, holdingKey } from '../connection/client-session.ts';
import type { SubscriptionIndex } from '../subscriptions/subscription-index.ts';

/** A wish for one symbol, as far as limits look at it. */
interface Wish {
  readonly requested: RequestedSymbol;
  readonly context: { readonly wish: { readonly mode: Mode; readonly depthLevel: number } };
  readonly refusal: SubscribeOutcome | null;
}

/** Room that is kept for a request until what it asks for is held. */
export interface Reservation {
  /** How many of its new subscriptions there is room for, and why not for more. */
  readonly granted: number;
  readonly refusal: SubscribeOutcome;
  /** How many of those that the client holds with another number of levels there is room for, and why not for more. */
  readonly changes: number;
  readonly changeRefusal: SubscribeOutcome;
  /**
   * Gives back what is not wanted any more, once.
   * @param wishes those that may still come to be held
   * @param missing how many of them need a stream that is not there, at most
   */
  keep(wishes: readonly Wish[], missing: number): void;
}

/** What a client's subscriptions are counted by. */
export interface SubscriptionAccount {
  count: number;
  /** What it has room for beside them. It has one request under way at a time, which may reserve in parts. */
  readonly reserved: { subscriptions: number; streams: number };
  /** Of its key in the usage table. */
  place: number;
  /** Of its key, null for the configured one. */
  maxOfKey: number | null;
}

/** Whether a client has a subscription of that mode, from whatever source. */
export function holdsMode(
  { holdings }: ClientSession,
  { exchange, symbol }: InstrumentName,
  mode: Mode,
): boolean {
  const held = holdings.get(holdingKey(exchange, symbol));
  return held?.some(({ streams }) => streams.has(mode)) ?? false;
}

function isNew(session: ClientSession, { requested, refusal, context }: Wish): boolean {
  return refusal === null && !holdsMode(session, requested, context.wish.mode);
}

/** Whether a wish for what the client holds takes another stream: mode 4 with another number of levels does. */
function isChange({ holdings }: ClientSession, { requested, refusal, context }: Wish): boolean {
  const { mode, depthLevel } = context.wish;
  if (refusal !== null || mode !== MODE.DEEP_DEPTH) return false;
  const held = holdings.get(holdingKey(requested.exchange, requested.symbol)) ?? [];
  return held.some(({ streams }) => (streams.get(mode)?.form.depthLevel ?? depthLevel) !== depthLevel);
}

function overLimit(limit: number, whose: string, option: string): SubscribeOutcome {
  const message = `Subscription limit reached: ${whose} may hold ${limit} (${option}); unsubscribe something first`;
  return { status: 'error', code: 'SUBSCRIPTION_LIMIT', message };
}

/** The wishes with a refusal for each for which there is no room. */
export function refuseBeyond<T extends Wish>(
  session: ClientSession,
  wishes: readonly T[],
  { granted, refusal, changes, changeRefusal }: Reservation,
): readonly T[] {
  let left = granted;
  let changesLeft = changes;
  return wishes.map((wish) => {
    if (isNew(session, wish)) return left-- > 0 ? wish : { ...wish, refusal };
    if (isChange(session, wish)) return changesLeft-- > 0 ? wish : { ...wish, refusal: changeRefusal };
    return wish;
  });
}

export class SubscriptionLimits {
  readonly #limits: ClientLimits;
  readonly #usage: UsageTable;
  readonly #row: number;
  readonly #index: Pick<SubscriptionIndex, 'streams'>;
  /** As many as are counted in the usage table. */
  #streams = 0;

  constructor({ limits, usage, row, workers }: AdmissionTask, index: Pick<SubscriptionIndex, 'streams'>) {
    this.#limits = limits;
    this.#usage = new UsageTable(usage, workers);
    this.#row = row;
    this.#index = index;
  }

  /** Why a list of symbols is not even looked at, null for one that is. */
  refuseBatch(request: RawRequest): Extract<ParsedSymbols, { readonly ok: false }> | null {
    const { maxBatch } = this.#limits;
    const count = countSymbols(request);
    if (maxBatch === 0 || count <= maxBatch) return null;
    const message = `A request may name ${maxBatch} symbols (TICKWIRE_MAX_BATCH), this one names ${count}; send several`;
    return { ok: false, code: 'BATCH_TOO_LARGE', message };
  }

  /** A client has this key from now on: what it holds is counted there. */
  useKey({ subscriptions, allowance }: ClientSession, place: number, own: RightsLimits | null): void {
    const counted = subscriptions.count + subscriptions.reserved.subscriptions;
    this.#count(subscriptions.place, -counted);
    this.#count(place, counted);
    subscriptions.place = place;
    subscriptions.maxOfKey = own?.maxSubscriptions ?? null;
    allowance.setRate(own?.requestsPerSecond ?? this.#limits.requestsPerSecond);
  }

  /**
   * Keeps room for those of the wishes that are new to the client, or held with another number of levels. Each of them may
   * need a stream of its own: whether one is there already shows when it is granted.
   */
  reserve(session: ClientSession, wishes: readonly Wish[]): Reservation {
    const { place, count, maxOfKey, reserved } = session.subscriptions;
    const { maxSubscriptionsPerClient, maxSubscriptionsPerKey, maxSubscriptions, maxStreams } = this.#limits;
    const wanted = wishes.filter((wish) => isNew(session, wish)).length;
    const ofClient =
      maxSubscriptionsPerClient === 0
        ? wanted
        : Math.min(wanted, Math.max(0, maxSubscriptionsPerClient - count - reserved.subscriptions));
    const keyLimit = maxOfKey ?? maxSubscriptionsPerKey;
    const ofKey = place === NO_PLACE ? ofClient : this.#claim(place, ofClient, keyLimit);
    const ofAll = this.#claim(USAGE.SUBSCRIPTIONS, ofKey, maxSubscriptions);
    this.followStreams();
    const changed = wishes.filter((wish) => isChange(session, wish)).length;
    const streams = this.#claim(USAGE.STREAMS, ofAll + changed, maxStreams);
    const granted = Math.min(ofAll, streams);
    this.#count(place, granted - ofKey);
    this.#count(USAGE.SUBSCRIPTIONS, granted - ofAll);
    const changeRefusal = overLimit(
      maxStreams,
      'all clients together, in forms of their own,',
      'TICKWIRE_MAX_STREAMS',
    );
    let refusal = changeRefusal;
    if (ofAll < ofKey)
      refusal = overLimit(maxSubscriptions, 'all clients together', 'TICKWIRE_MAX_SUBSCRIPTIONS');
    if (ofKey < ofClient)
      refusal = overLimit(keyLimit, 'this API key', 'its role, else TICKWIRE_MAX_SUBSCRIPTIONS_PER_KEY');
    if (ofClient < wanted)
      refusal = overLimit(maxSubscriptionsPerClient, 'a client', 'TICKWIRE_MAX_SUBSCRIPTIONS_PER_CLIENT');
    reserved.subscriptions += granted;
    reserved.streams += streams;
    const keep = (kept: readonly Wish[], missing: number) => {
      const left = kept.filter((wish) => isNew(session, wish)).length;
      this.#giveBack(session, Math.max(0, granted - left), Math.max(0, streams - missing));
    };
    return { granted, refusal, changes: streams - granted, changeRefusal, keep };
  }

  /**
   * A client holds a subscription more, or one less, or one with another stream. What it takes was kept for it.
   * @param isStreamNew whether its stream was not there before
   */
  add(session: ClientSession, change: 1 | 0 | -1, isStreamNew = false): void {
    const { subscriptions } = session;
    const { reserved } = subscriptions;
    subscriptions.count += change;
    this.#count(subscriptions.place, change);
    this.#count(USAGE.SUBSCRIPTIONS, change);
    if (change < 0) return;
    const streams = isStreamNew ? Math.min(1, reserved.streams) : 0;
    this.#giveBack(session, Math.min(change, reserved.subscriptions), streams);
  }

  /** A client holds a subscription again that it had at another place: whatever is kept for it is for others. */
  addMoved({ subscriptions }: ClientSession): void {
    subscriptions.count++;
    this.#count(subscriptions.place, 1);
    this.#count(USAGE.SUBSCRIPTIONS, 1);
  }

  /** A client's request is done: what it holds is counted, and nothing is kept for it beside that. */
  endRequest(session: ClientSession): void {
    const { subscriptions, streams } = session.subscriptions.reserved;
    this.#giveBack(session, subscriptions, streams);
  }

  /** A client has gone: neither what it held nor a request of its that is still under way takes room from anybody. */
  leave(session: ClientSession): void {
    const { count, place } = session.subscriptions;
    session.subscriptions.count = 0;
    this.#count(place, -count);
    this.#count(USAGE.SUBSCRIPTIONS, -count);
    this.endRequest(session);
  }

  /** Counts the streams that there are now: other workers look at it. To be called when some have ended, or moved. */
  followStreams(): void {
    const { streams } = this.#index;
    this.#count(USAGE.STREAMS, streams - this.#streams);
    this.#streams = streams;
  }

  #giveBack(
    { subscriptions: { place, reserved } }: ClientSession,
    subscriptions: number,
    streams: number,
  ): void {
    reserved.subscriptions -= subscriptions;
    reserved.streams -= streams;
    this.#count(place, -subscriptions);
    this.#count(USAGE.SUBSCRIPTIONS, -subscriptions);
    // What was made is counted before its room is given back: another worker may claim in between.
    this.followStreams();
    this.#count(USAGE.STREAMS, -streams);
  }

  #claim(column: number, count: number, limit: number): number {
    return this.#usage.claim(this.#row, column, count, limit);
  }

  #count(column: number, change: number): void {
    if (column !== NO_PLACE && change !== 0) this.#usage.add(this.#row, column, change);
  }
}
