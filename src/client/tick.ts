/** What a program reads of the market. Prices in rupees, quantities in units; a value that the broker did not send is null. */
import type { Gap, Receipt } from './notice.ts';
import type { Stamps } from './stamps.ts';

export type TickMode = 'ltp' | 'quote' | 'depth';

interface TickBase {
  /** `EXCHANGE:SYMBOL`, as it was subscribed. */
  readonly instrument: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly broker: string;
  /** Last traded price. */
  readonly ltp: number | null;
  /** The exchange's time, ms since 1970; where the broker sends none, the time of receipt. null where more than five levels were asked for. */
  readonly time: number | null;
  /** When the engine received it, ms since 1970. */
  readonly receivedAt: number;
  /** The last value from before the subscription, or from before a pause: nothing has happened just now. */
  readonly isSnapshot: boolean;
  /** The engine says that the instrument has fallen silent since: an old price. See also `Subscription.staleReason`. */
  readonly isStale: boolean;
  /** Which count `seq` belongs to; null without the feature `sequence`. */
  readonly epoch: number | null;
  /** Rises by one from tick to tick of an instrument; null without the feature `sequence`. */
  readonly seq: number | null;
  /** Ticks are missing right before this one; null if none are. */
  readonly gap: Gap | null;
  /** What this tick stands for, if it stands for several; null if for itself alone. */
  readonly receipt: Receipt | null;
  /** Where the tick was when; null without the feature `stamps`. */
  readonly stamps: Stamps | null;
}

export interface LtpTick extends TickBase {
  readonly mode: 'ltp';
}

interface DayValues {
  readonly volume: number | null;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  /** Of the day before. */
  readonly close: number | null;
  readonly lastQuantity: number | null;
  readonly averagePrice: number | null;
  readonly totalBuyQuantity: number | null;
  readonly totalSellQuantity: number | null;
  /** Against `close`. */
  readonly change: number | null;
  readonly changePercent: number | null;
}

export interface QuoteTick extends TickBase, DayValues {
  readonly mode: 'quote';
}

export interface DepthLevel {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}

/** Where more than five levels were asked for the day's values are null: a quote beside it has them. */
export interface DepthTick extends TickBase, DayValues {
  readonly mode: 'depth';
  readonly openInterest: number | null;
  readonly upperCircuit: number | null;
  readonly lowerCircuit: number | null;
  /** Levels that the broker gives, which may be fewer than were asked for. */
  readonly levels: number;
  /** Best price first; empty for an index. */
  readonly buy: readonly DepthLevel[];
  readonly sell: readonly DepthLevel[];
}

export type Tick = LtpTick | QuoteTick | DepthTick;
export type TickOf<Mode extends TickMode> = Extract<Tick, { readonly mode: Mode }>;
