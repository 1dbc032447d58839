/** Ticks from the wire: one object for each, with the notices that came right before it. */
import { type Gap, instrumentName, type Receipt } from './notice.ts';
import { readStamps } from './stamps.ts';
import type { DepthLevel, Tick, TickMode } from './tick.ts';
import { isMessage, messagesOf, numberOf, textOf, type WireMessage } from './wire.ts';

/** The wire's number of a mode. Depth of more than five levels has one of its own, and the form of OpenAlgo's published design. */
export const WIRE_MODE = { LTP: 1, QUOTE: 2, DEPTH: 3, DEEP_DEPTH: 4 } as const;

/** Levels of mode 3. */
export const DEPTH_LEVELS = 5;

const MODES: Readonly<Record<number, TickMode>> = {
  [WIRE_MODE.LTP]: 'ltp',
  [WIRE_MODE.QUOTE]: 'quote',
  [WIRE_MODE.DEPTH]: 'depth',
  [WIRE_MODE.DEEP_DEPTH]: 'depth',
};

/** A tick, before it is known whom it is for. */
export interface TickHead {
  readonly instrument: string;
  readonly exchange: string;
  readonly symbol: string;
  /** See WIRE_MODE. */
  readonly wireMode: number;
  readonly data: WireMessage;
}

/** null: no tick that this client knows. */
export function readTickHead(message: WireMessage): TickHead | null {
  const { data } = message;
  const wireMode = numberOf(message.mode) ?? 0;
  if (!isMessage(data) || MODES[wireMode] === undefined) return null;
  const exchange = textOf(data.exchange);
  const symbol = textOf(data.symbol);
  return { instrument: instrumentName(exchange, symbol), exchange, symbol, wireMode, data };
}

function readLevels(value: unknown): readonly DepthLevel[] {
  return messagesOf(value).map(({ price, quantity, orders }) => ({
    price: numberOf(price) ?? 0,
    quantity: numberOf(quantity) ?? 0,
    orders: numberOf(orders) ?? 0,
  }));
}

/** Deep depth has its time as a text. */
function readTime(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : (numberOf(value) ?? 0);
}

function readDay(data: WireMessage) {
  return {
    volume: numberOf(data.volume),
    open: numberOf(data.open),
    high: numberOf(data.high),
    low: numberOf(data.low),
    close: numberOf(data.close),
    lastQuantity: numberOf(data.last_trade_quantity),
    averagePrice: numberOf(data.average_price),
    totalBuyQuantity: numberOf(data.total_buy_quantity),
    totalSellQuantity: numberOf(data.total_sell_quantity),
    change: numberOf(data.change),
    changePercent: numberOf(data.change_percent),
  };
}

/**
 * @param broker of the subscription, where the tick does not name it
 * @param gap what was said to be missing since the tick before
 * @param receipt what this tick stands for
 */
export function readTick(
  message: WireMessage,
  { instrument, exchange, symbol, wireMode, data }: TickHead,
  broker: string,
  gap: Gap | null,
  receipt: Receipt | null,
): Tick {
  const base = {
    instrument,
    exchange,
    symbol,
    broker: typeof message.broker === 'string' ? message.broker : broker,
    ltp: numberOf(data.ltp),
    time: numberOf(data.ltt),
    receivedAt: readTime(data.timestamp),
    isSnapshot: message.snapshot === true,
    isStale: message.stale === true,
    epoch: numberOf(message.epoch),
    seq: numberOf(message.seq),
    gap,
    receipt,
    stamps: readStamps(message.stamps),
  };
  if (wireMode === WIRE_MODE.LTP) return { ...base, mode: 'ltp' };
  if (wireMode === WIRE_MODE.QUOTE) return { ...base, mode: 'quote', ...readDay(data) };
  const depth = isMessage(data.depth) ? data.depth : {};
  return {
    ...base,
    mode: 'depth',
    ...readDay(data),
    openInterest: numberOf(data.oi),
    upperCircuit: numberOf(data.upper_circuit),
    lowerCircuit: numberOf(data.lower_circuit),
    levels: numberOf(message.actual_depth_level) ?? numberOf(message.depth_level) ?? DEPTH_LEVELS,
    buy: readLevels(depth.buy),
    sell: readLevels(depth.sell),
  };
}
