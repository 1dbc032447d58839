/** What an exchange knows of one instrument, whatever the wire that shows it. */

/** One level of a book. In Angel's Depth20, price and quantity must fit an int32 and orders an int16. */
export interface MarketLevel {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}

/**
 * The market in one instrument as a frame encoder takes it. Prices are integers in price units of the wire (as a rule
 * 1/100), all integers are within ±(2^53 - 1). A side with fewer levels than the frame holds ends in empty levels.
 */
export interface MarketState {
  readonly exchangeType: number;
  /** The token as the wire writes it: what `ExchangeWire.encodeToken` makes of it. */
  readonly tokenBytes: Uint8Array;
  readonly sequenceNumber: number;
  /** Epoch milliseconds of ordinary frames; live exchanges floor them to the second. */
  readonly exchangeTimeMs: number;
  /** Epoch milliseconds of deep depth frames. */
  readonly depthTimeMs: number;
  readonly lastTradedPrice: number;
  readonly lastTradedQuantity: number;
  readonly averageTradedPrice: number;
  readonly volume: number;
  readonly totalBuyQuantity: number;
  readonly totalSellQuantity: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Epoch seconds; 0 before the first trade. */
  readonly lastTradedTime: number;
  readonly openInterest: number;
  readonly openInterestChange: number;
  readonly upperCircuit: number;
  readonly lowerCircuit: number;
  readonly high52w: number;
  readonly low52w: number;
  /** Best first. */
  readonly buy: readonly MarketLevel[];
  readonly sell: readonly MarketLevel[];
}
