/** One symbol of a subscribe request on its way, and whether the client may have it. Proxy worker thread. */
import type { RequestedSymbol } from '../../../codec/client-request.ts';
import type { ConnectionOptions } from '../../../codec/connection-options.ts';
import { SHAPES_TICKS } from '../../../codec/framing.ts';
import type { Json } from '../../../codec/server-message.ts';
import { DEPTH_LEVELS, type Instrument, MODE, type Mode } from '../../../codec/tick.ts';
import type { Rights } from '../../entitlement-messages.ts';
import type { SlotNeed, SubscribeOutcome } from '../../worker-messages.ts';
import { highestLevel } from '../capabilities.ts';
import { refuseByRights } from '../entitlements/entitlement-check.ts';
import { type EntryContext, subscribeEntry, unsupportedDepth } from './subscription-answers.ts';
import type { StreamForm } from './subscription-index.ts';

export interface Item {
  readonly requested: RequestedSymbol;
  readonly context: EntryContext;
  /** Levels that it will be served with. */
  readonly servedLevel: number;
  /** Why it is refused without asking the control plane. */
  readonly refusal: SubscribeOutcome | null;
}

/** An item that the control plane has granted. */
export interface Granted {
  /** Another one when it moves before the client has joined. */
  instrument: Instrument;
  readonly item: Item;
}

/** A symbol as it is wished, refused if the broker has no such depth. */
export function itemOf(requested: RequestedSymbol, context: EntryContext): Item {
  const { wish, broker, levels } = context;
  if (wish.mode === MODE.DEEP_DEPTH) {
    const servedLevel = highestLevel(levels, wish.depthLevel) ?? 0;
    const isServed = servedLevel === wish.depthLevel || (servedLevel > 0 && wish.depthFallback);
    const refusal = isServed ? null : unsupportedDepth(broker, requested.exchange, wish.depthLevel);
    return { requested, context, servedLevel, refusal };
  }
  const isWrongDepth = wish.mode === MODE.DEPTH && wish.depth !== DEPTH_LEVELS;
  const message = `Invalid depth level ${wish.depth}. Must be ${DEPTH_LEVELS}`;
  const refusal: SubscribeOutcome = { status: 'error', code: 'INVALID_DEPTH', message };
  return { requested, context, servedLevel: DEPTH_LEVELS, refusal: isWrongDepth ? refusal : null };
}

/** The mode of ticks that an item needs from upstream: five levels come with a depth tick. */
export function sourceMode({ context, servedLevel }: Item): Mode {
  const { mode } = context.wish;
  return mode === MODE.DEEP_DEPTH && servedLevel <= DEPTH_LEVELS ? MODE.DEPTH : mode;
}

/** What a granted item needs from upstream. */
export function needOf({ instrument: { slot }, item }: Granted): SlotNeed {
  return { slot, modes: 1 << sourceMode(item) };
}

/** The form in which a client gets the ticks of an item. */
export function formOf(
  { context: { wish }, servedLevel }: Item,
  { framing, features, dialect }: ConnectionOptions,
): StreamForm {
  const { mode: view, depthLevel } = wish;
  return { view, framing, features: features & SHAPES_TICKS, dialect, depthLevel, servedLevel };
}

/** What a confirmation says of each item. */
export function entriesOf(items: readonly Item[], outcomes: readonly SubscribeOutcome[]): Json[] {
  return items.map(({ requested, context, servedLevel }, i) =>
    subscribeEntry(requested, outcomes[i]!, servedLevel, context),
  );
}

/** The same item, refused if the client's role does not allow it. */
export function permitted(item: Item, rights: Rights | null): Item {
  if (rights === null || item.refusal !== null) return item;
  const { requested, context, servedLevel: depthLevel } = item;
  const { exchange, symbol } = requested;
  const refusal = refuseByRights(rights, { exchange, symbol, mode: context.wish.mode, depthLevel });
  return { ...item, refusal };
}

/** The outcomes, without what a change of rights while the control plane was asked has taken away. */
export function stillPermitted(
  items: readonly Item[],
  outcomes: readonly SubscribeOutcome[],
  before: Rights | null,
  rights: Rights | null,
): readonly SubscribeOutcome[] {
  if (rights === before) return outcomes;
  return outcomes.map((outcome, i) =>
    outcome.status === 'error' ? outcome : (permitted(items[i]!, rights).refusal ?? outcome),
  );
}
