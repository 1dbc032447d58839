/**
 * An instrument of the load: a price that walks, quantities that change with every tick, a book around the price. It
 * costs a fraction of what the simulated exchange's instruments do, so that the load takes little of the machine.
 */
import { encodeToken } from '../../src/codec/angel/frame-encoder.ts';
import type { MarketState } from '../../src/codec/market-state.ts';

interface Level {
  price: number;
  quantity: number;
  orders: number;
}

const LEVELS = 5;
/** Paise between two levels, and between two prices. */
const STEP = 5;

export class SyntheticInstrument implements MarketState {
  readonly exchangeType: number;
  readonly token: string;
  readonly tokenBytes: Uint8Array;
  sequenceNumber = 0;
  exchangeTimeMs = 0;
  depthTimeMs = 0;
  lastTradedPrice: number;
  lastTradedQuantity = 1;
  averageTradedPrice: number;
  volume = 0;
  totalBuyQuantity = 400_000;
  totalSellQuantity = 400_000;
  readonly open: number;
  high: number;
  low: number;
  readonly close: number;
  lastTradedTime = 0;
  openInterest = 0;
  readonly openInterestChange = 0;
  readonly upperCircuit: number;
  readonly lowerCircuit: number;
  readonly high52w: number;
  readonly low52w: number;
  readonly buy: Level[] = [];
  readonly sell: Level[] = [];
  #random: number;

  /** @param number gives the instrument its price and its own sequence of changes */
  constructor(exchangeType: number, token: string, number: number) {
    this.exchangeType = exchangeType;
    this.token = token;
    this.tokenBytes = encodeToken(token);
    this.#random = (Math.imul(number + 1, 0x9e3779b1) >>> 0) + 1;
    const price = 10_000 + STEP * (number % 60_000);
    this.lastTradedPrice = price;
    this.averageTradedPrice = price;
    this.open = price - STEP;
    this.high = price + STEP;
    this.low = price - 2 * STEP;
    this.close = price - 3 * STEP;
    this.upperCircuit = Math.round(price * 1.2);
    this.lowerCircuit = Math.round(price * 0.8);
    this.high52w = Math.round(price * 1.5);
    this.low52w = Math.round(price * 0.5);
    for (let i = 0; i < LEVELS; i++) {
      this.buy.push({ price: price - (i + 1) * STEP, quantity: 100, orders: 3 });
      this.sell.push({ price: price + (i + 1) * STEP, quantity: 100, orders: 3 });
    }
  }

  /** The next tick. @param timeMs its exchange time, epoch ms */
  advance(timeMs: number): void {
    const random = this.#next();
    const move = ((random & 3) - 1.5 < 0 ? -1 : 1) * STEP;
    const price = this.lastTradedPrice + (this.lastTradedPrice < 5000 ? STEP : move);
    const quantity = 1 + (random & 255);
    this.sequenceNumber++;
    this.exchangeTimeMs = timeMs;
    this.lastTradedTime = Math.floor(timeMs / 1000);
    this.lastTradedPrice = price;
    this.lastTradedQuantity = quantity;
    this.averageTradedPrice += (random >> 8) & 1;
    this.volume += quantity;
    this.totalBuyQuantity += ((random >> 9) & 63) - 31;
    this.totalSellQuantity += ((random >> 15) & 63) - 31;
    if (price > this.high) this.high = price;
    if (price < this.low) this.low = price;
    for (let i = 0; i < LEVELS; i++) {
      const bid = this.buy[i]!;
      const ask = this.sell[i]!;
      bid.price = price - (i + 1) * STEP;
      ask.price = price + (i + 1) * STEP;
      bid.quantity = 1 + ((random >>> i) & 1023);
      ask.quantity = 1 + ((random >>> (i + 5)) & 1023);
      bid.orders = 1 + ((random >>> (i + 10)) & 15);
      ask.orders = 1 + ((random >>> (i + 12)) & 15);
    }
  }

  /** xorshift32. */
  #next(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return x >>> 0;
  }
}
