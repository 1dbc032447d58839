/** One symbol of a subscribe request on its way. Proxy worker thread. */
import type { RequestedSymbol } from '../../codec/client-request.ts';
import type { Json } from '../../codec/server-message.ts';
import { DEPTH_LEVELS, MODE, type Mode } from '../../codec/tick.ts';
import type { SubscribeOutcome } from '../worker-messages.ts';
import { type EntryContext, subscribeEntry } from './subscription-answers.ts';

export interface Item {
  readonly requested: RequestedSymbol;
  readonly context: EntryContext;
  /** Levels that it will be served with. */
  readonly servedLevel: number;
  /** Why it is refused without asking the control plane. */
  readonly refusal: SubscribeOutcome | null;
}

/** The mode of ticks that an item needs from upstream: five levels come with a depth tick. */
export function sourceMode({ context, servedLevel }: Item): Mode {
  const { mode } = context.wish;
  return mode === MODE.DEEP_DEPTH && servedLevel <= DEPTH_LEVELS ? MODE.DEPTH : mode;
}

/** What a confirmation says of each item. */
export function entriesOf(items: readonly Item[], outcomes: readonly SubscribeOutcome[]): Json[] {
  return items.map(({ requested, context, servedLevel }, i) =>
    subscribeEntry(requested, outcomes[i]!, servedLevel, context),
  );
}
