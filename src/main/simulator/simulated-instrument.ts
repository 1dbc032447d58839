import type { ExchangeWire, InstrumentKind } from '../../codec/exchange-wire.ts';
import type { MarketLevel, MarketState } from '../../codec/market-state.ts';
import { DEEP_DEPTH_LEVELS } from '../../codec/tick.ts';
import { hashText, SeededRandom } from './seeded-random.ts';
import { type TickClass, tickClassOfShare } from './traffic-profiles.ts';

/** What makes kinds differ: bounds of a made-up price, smallest change of it (rupees); daily price limit, quantity step. */
const KIND_TRAITS = {
  index: { lowestPrice: 10_000, highestPrice: 60_000, tick: 0.05, circuit: 0.2, lot: 0 },
  cash: { lowestPrice: 50, highestPrice: 5_000, tick: 0.05, circuit: 0.1, lot: 1 },
  derivative: { lowestPrice: 20, highestPrice: 500, tick: 0.05, circuit: 0.2, lot: 25 },
  currency: { lowestPrice: 80, highestPrice: 110, tick: 0.0025, circuit: 0.03, lot: 1 },
} as const;

/** Ticks between the previous close and a price limit, at least. */
const LEAST_ROOM_TICKS = 10;
/** Below it a book of twenty levels could hold more than the total says. */
const LOWEST_TOTAL_QUANTITY = 100_000;

interface MutableLevel {
  price: number;
  quantity: number;
  orders: number;
}

export interface InstrumentIdentity {
  readonly exchangeType: number;
  readonly token: string;
  readonly kind: InstrumentKind;
  /** Previous close in price units; null makes one up from the seed and the token. */
  readonly referencePrice: number | null;
  /** null draws one from the seed and the token. */
  readonly tickClass: TickClass | null;
}

/**
 * The market in one token: a random walk in whole ticks with everything that a frame shows. Its path depends on the
 * seed, the identity and the number of its steps alone.
 */
export class SimulatedInstrument implements MarketState {
  readonly exchangeType: number;
  readonly token: string;
  readonly tokenBytes: Uint8Array;
  readonly kind: InstrumentKind;
  readonly tickClass: TickClass;
  readonly tickSize: number;

  sequenceNumber = 0;
  exchangeTimeMs = 0;
  depthTimeMs = 0;
  lastTradedPrice: number;
  lastTradedQuantity = 0;
  averageTradedPrice: number;
  volume = 0;
  totalBuyQuantity = 0;
  totalSellQuantity = 0;
  readonly open: number;
  high: number;
  low: number;
  readonly close: number;
  lastTradedTime = 0;
  openInterest = 0;
  openInterestChange = 0;
  upperCircuit = 0;
  lowerCircuit = 0;
  high52w: number;
  low52w: number;
  readonly buy: readonly MarketLevel[];
  readonly sell: readonly MarketLevel[];

  readonly #random: SeededRandom;
  readonly #lot: number;
  readonly #highestPrice: number;
  readonly #lowestPrice: number;
  readonly #buy: MutableLevel[] = [];
  readonly #sell: MutableLevel[] = [];
  /** Unrounded: many small trades would never move a rounded average. */
  #average: number;

  /** @throws RangeError for a token that the wire cannot carry. */
  constructor(identity: InstrumentIdentity, wire: ExchangeWire, seed: number, nowMs: number) {
    const { exchangeType, token, kind } = identity;
    const traits = KIND_TRAITS[kind];
    const unit = 10 ** wire.priceDecimals(exchangeType);
    const random = new SeededRandom(hashText(`${seed}/${exchangeType}/${token}`));
    this.#random = random;
    this.exchangeType = exchangeType;
    this.token = token;
    this.tokenBytes = wire.encodeToken(exchangeType, token);
    this.kind = kind;
    this.tickSize = Math.round(traits.tick * unit);
    this.#lot = traits.lot;

    // All draws are made for every instrument, so that a known price changes nothing but the price.
    const { lowestPrice, highestPrice } = traits;
    const madeUpPrice = unit * lowestPrice * (highestPrice / lowestPrice) ** random.fraction();
    const drawnClass = kind === 'index' ? 'index' : tickClassOfShare(random.fraction());
    this.tickClass = identity.tickClass ?? drawnClass;
    this.close = Math.max(this.tickSize, this.#round(identity.referencePrice ?? madeUpPrice));
    // Cheap options need room for a walk, too.
    const room = Math.max(LEAST_ROOM_TICKS * this.tickSize, this.#round(this.close * traits.circuit));
    this.#highestPrice = this.close + room;
    this.#lowestPrice = Math.max(this.tickSize, this.close - room);
    this.open = this.#limit(this.#round(this.close * (1 + (random.fraction() - 0.5) * 0.01)));
    this.lastTradedPrice = this.#limit(this.#round(this.open * (1 + (random.fraction() - 0.5) * 0.01)));
    this.high = this.#limit(Math.max(this.open, this.lastTradedPrice) + random.below(20) * this.tickSize);
    this.low = this.#limit(Math.min(this.open, this.lastTradedPrice) - random.below(20) * this.tickSize);
    this.#average = (this.open + this.lastTradedPrice) / 2;
    this.averageTradedPrice = kind === 'index' ? 0 : Math.round(this.#average);
    this.high52w = Math.max(this.high, this.#round(this.close * (1.02 + random.fraction() * 0.5)));
    this.low52w = Math.min(this.low, this.#round(this.close * (0.98 - random.fraction() * 0.5)));
    this.buy = this.#buy;
    this.sell = this.#sell;
    if (kind !== 'index') this.#openBook();
    this.stampTime(nowMs);
    this.lastTradedTime = this.exchangeTimeMs / 1000;
  }

  /** The exchange's clock resolves a second in modes 1 to 3 and a millisecond in mode 4. */
  stampTime(nowMs: number): void {
    this.depthTimeMs = Math.floor(nowMs);
    this.exchangeTimeMs = Math.floor(nowMs / 1000) * 1000;
  }

  /**
   * One change of the market. Runs in the simulated exchange's thread for every tick; neither allocates nor throws.
   */
  step(nowMs: number): void {
    const random = this.#random;
    const index = this.kind === 'index';
    let move = random.between(-3, 3);
    // An index has no sequence number: an unmoved one would repeat its frame byte by byte.
    if (index && move === 0) move = random.below(2) === 0 ? -1 : 1;
    let price = this.lastTradedPrice + move * this.tickSize;
    if (price > this.#highestPrice || price < this.#lowestPrice) {
      price = this.#limit(this.lastTradedPrice - move * this.tickSize);
    }
    this.lastTradedPrice = price;
    this.high = Math.max(this.high, price);
    this.low = Math.min(this.low, price);
    this.high52w = Math.max(this.high52w, price);
    this.low52w = Math.min(this.low52w, price);
    this.stampTime(nowMs);
    this.lastTradedTime = this.exchangeTimeMs / 1000;
    if (index) return;
    this.lastTradedQuantity = random.between(1, 40) * this.#lot;
    // The exchange updates price and volume by different messages: a third of the ticks shows the old volume.
    if (random.below(3) !== 0) this.#trade();
    this.#changeLevel(this.#buy);
    this.#changeLevel(this.#sell);
    this.#priceBook();
  }

  #trade(): void {
    const random = this.#random;
    this.volume += this.lastTradedQuantity;
    this.#average += ((this.lastTradedPrice - this.#average) * this.lastTradedQuantity) / this.volume;
    this.averageTradedPrice = Math.round(this.#average);
    this.totalBuyQuantity = Math.max(
      LOWEST_TOTAL_QUANTITY,
      this.totalBuyQuantity + random.between(-40, 40) * this.#lot,
    );
    this.totalSellQuantity = Math.max(
      LOWEST_TOTAL_QUANTITY,
      this.totalSellQuantity + random.between(-40, 40) * this.#lot,
    );
    if (this.openInterest > 0) {
      this.openInterest = Math.max(this.#lot, this.openInterest + random.between(-4, 4) * this.#lot);
    }
  }

  #openBook(): void {
    const random = this.#random;
    for (let level = 0; level < DEEP_DEPTH_LEVELS; level++) {
      this.#buy.push({ price: 0, quantity: 0, orders: 0 });
      this.#sell.push({ price: 0, quantity: 0, orders: 0 });
    }
    for (const side of [this.#buy, this.#sell]) {
      for (const level of side) this.#fillLevel(level);
    }
    this.lastTradedQuantity = random.between(1, 40) * this.#lot;
    this.volume = random.between(1_000, 200_000) * this.#lot;
    this.totalBuyQuantity = LOWEST_TOTAL_QUANTITY + random.below(10_000) * this.#lot;
    this.totalSellQuantity = LOWEST_TOTAL_QUANTITY + random.below(10_000) * this.#lot;
    // Cash tokens with derivatives show an open interest too.
    const hasInterest = this.kind !== 'cash' || random.below(2) === 0;
    this.openInterest = hasInterest ? random.between(1_000, 100_000) * this.#lot : 0;
    this.openInterestChange = hasInterest ? random.fraction() : 0;
    this.upperCircuit = this.#highestPrice;
    this.lowerCircuit = this.#lowestPrice;
    this.#priceBook();
  }

  #fillLevel(level: MutableLevel): void {
    level.orders = this.#random.between(1, 30);
    level.quantity = level.orders * this.#random.between(1, 5) * this.#lot;
  }

  #changeLevel(side: MutableLevel[]): void {
    const level = side[this.#random.below(DEEP_DEPTH_LEVELS)];
    if (level !== undefined) this.#fillLevel(level);
  }

  /** Puts the book around the last price, which stands at the best bid or at the best ask. */
  #priceBook(): void {
    const tick = this.tickSize;
    const atBid = this.#random.below(2) === 0;
    const spread = this.#random.between(1, 3) * tick;
    const bestBid = atBid ? this.lastTradedPrice : this.lastTradedPrice - spread;
    const bestAsk = bestBid + spread;
    for (let level = 0; level < DEEP_DEPTH_LEVELS; level++) {
      const bid = this.#buy[level];
      const ask = this.#sell[level];
      if (bid === undefined || ask === undefined) return;
      bid.price = bestBid - level * tick;
      if (bid.price < tick) {
        // Nobody bids below one tick: the level is empty.
        bid.price = 0;
        bid.quantity = 0;
        bid.orders = 0;
      } else if (bid.orders === 0) this.#fillLevel(bid);
      ask.price = bestAsk + level * tick;
    }
  }

  #round(price: number): number {
    return Math.round(price / this.tickSize) * this.tickSize;
  }

  #limit(price: number): number {
    return Math.min(this.#highestPrice, Math.max(this.#lowestPrice, price));
  }
}
