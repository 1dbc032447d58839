/**
 * What a tick looks like to a client, once for all framings: a tree of keys and constants with a `Field` wherever a
 * number of the tick message goes. Views 1 to 3 are the deployed server's messages, keys and order included, with our
 * additions behind `timestamp`; view 4 is the depth message of the published design.
 */

import { type Dialect, depthNotice } from './dialect.ts';
import { ABSENT_FLAGS, FLAG, type Instrument, MODE, type Mode } from './tick.ts';
import { buyLevelsWord, DOUBLE, LEVEL, levelCountOf, modeOf, sellLevelsWord, WORD } from './tick-message.ts';

/** Additions that a client may choose, as bits. Each adds keys at the end of the message and changes none. */
export const FEATURE = {
  /** `epoch` and `seq`. */
  SEQUENCE: 1,
  /** `stamps`: exchange, receive, publish and send time in ns since 1970, and the exchange's sequence. */
  STAMPS: 2,
  /** `snapshot: true` on a last value that is no new tick, and `stale: true` where its feed has fallen silent since. */
  SNAPSHOT: 4,
  /** `feed_status` messages, and `stale: true` as with SNAPSHOT. */
  STATUS: 8,
  /** A `receipt` message before each tick that stands for several. */
  RECEIPTS: 16,
  /** A session id in the authenticate answer, with which another connection gets the subscriptions back. */
  SESSION: 32,
} as const;

/** The features that change the bytes of ticks. Clients that differ in others only share a stream. */
export const SHAPES_TICKS = FEATURE.SEQUENCE | FEATURE.STAMPS | FEATURE.SNAPSHOT | FEATURE.STATUS;

/** The features that show which ticks are stale. */
export const SHOWS_STALE = FEATURE.SNAPSHOT | FEATURE.STATUS;

/** Kinds of numbers in a shape. What `at` means depends on the kind. */
export const FIELD = {
  /** Price at word `at`. */
  PRICE: 0,
  /** int64 at word `at`, an integer in the framings. */
  INTEGER: 1,
  /** uint32 at word `at`. */
  ORDERS: 2,
  /** Double at index `at`. */
  TOTAL: 3,
  /** LTP less close, a price. */
  CHANGE: 4,
  /** Change per close in percent, to two decimals. */
  CHANGE_PERCENT: 5,
  /** Receive time in whole ms since 1970. */
  RECEIVE_MS: 6,
  /** Receive time as ISO 8601 text. */
  RECEIVE_ISO: 7,
  /** int64 of ns since 1970 at word `at`. */
  NANOSECONDS: 8,
  /** int64 of ms since 1970 at word `at`, in ns. */
  MS_AS_NANOSECONDS: 9,
  /** The send time, ns since 1970. */
  SEND_TIME: 10,
  /** int64 of ms since 1970 at word `at`, an integer in the framings. */
  MILLISECONDS: 11,
} as const;
export type FieldKind = (typeof FIELD)[keyof typeof FIELD];

/** The place of a number in a shape. The shape has null there for messages with `absentFlag` set. */
export class Field {
  readonly kind: FieldKind;
  readonly at: number;
  readonly absentFlag: number;

  constructor(kind: FieldKind, at = 0, absentFlag = 0) {
    this.kind = kind;
    this.at = at;
    this.absentFlag = absentFlag;
  }
}

/** A message with fields in the places of its numbers. Key order is the order on the wire. */
export type Shape =
  | Field
  | string
  | number
  | boolean
  | null
  | readonly Shape[]
  | { readonly [key: string]: Shape };

/** What the shape of a tick depends on; it is the same for all ticks of a subscription that agree in these points. */
export interface ShapeRequest {
  readonly instrument: Instrument;
  readonly view: Mode;
  /** Bits of FEATURE. */
  readonly features: number;
  readonly dialect: Dialect;
  /** Levels per side that the client asked for; view 4 only. */
  readonly depthLevel: number;
}

const price = (word: number, absentFlag = 0) => new Field(FIELD.PRICE, word, absentFlag);
const integer = (word: number, absentFlag = 0) => new Field(FIELD.INTEGER, word, absentFlag);
const nanoseconds = (word: number) => new Field(FIELD.NANOSECONDS, word);

const LTP = new Field(FIELD.PRICE, WORD.LTP, FLAG.ABSENT_LTP);
const EXCHANGE_TIME = new Field(FIELD.MILLISECONDS, WORD.EXCHANGE_TIME_MS);
const LAST_QUANTITY = integer(WORD.LAST_QUANTITY, FLAG.ABSENT_TRADES);
const AVERAGE_PRICE = price(WORD.AVERAGE_PRICE, FLAG.ABSENT_TRADES);
const VOLUME = integer(WORD.VOLUME, FLAG.ABSENT_TRADES);
const RECEIVE_MS = new Field(FIELD.RECEIVE_MS);
const PRICES_OF_DAY = {
  open: price(WORD.OPEN),
  high: price(WORD.HIGH),
  low: price(WORD.LOW),
  close: price(WORD.CLOSE),
};
const TOTALS = {
  total_buy_quantity: new Field(FIELD.TOTAL, DOUBLE.TOTAL_BUY_QUANTITY, FLAG.ABSENT_TOTAL_BUY_QUANTITY),
  total_sell_quantity: new Field(FIELD.TOTAL, DOUBLE.TOTAL_SELL_QUANTITY, FLAG.ABSENT_TOTAL_SELL_QUANTITY),
};
const CHANGES = {
  change: new Field(FIELD.CHANGE, 0, FLAG.ABSENT_LTP),
  change_percent: new Field(FIELD.CHANGE_PERCENT, 0, FLAG.ABSENT_LTP),
};

function levels(firstWord: number, count: number): Shape {
  return Array.from({ length: count }, (_, i) => {
    const word = firstWord + i * LEVEL.WORDS;
    return {
      price: price(word + LEVEL.PRICE),
      quantity: integer(word + LEVEL.QUANTITY),
      orders: new Field(FIELD.ORDERS, word + LEVEL.ORDERS),
    };
  });
}

function book(words: Int32Array, count: number): Shape {
  const mode = modeOf(words);
  return {
    buy: levels(buyLevelsWord(mode), count),
    sell: levels(sellLevelsWord(mode, levelCountOf(words)), count),
  };
}

/** The receive time where the exchange's is not known: clients take a number for granted. `stamps` tells them apart. */
function shownTime(words: Int32Array): Field {
  return (words[WORD.FLAGS]! & FLAG.ABSENT_EXCHANGE_TIME) === 0 ? EXCHANGE_TIME : RECEIVE_MS;
}

function deployedData(request: ShapeRequest, words: Int32Array): Shape {
  const { symbol, exchange } = request.instrument;
  const end = { symbol, exchange, mode: request.view, timestamp: RECEIVE_MS };
  if (request.view === MODE.LTP) return { ltp: LTP, ltt: shownTime(words), ...end };
  if (request.view === MODE.QUOTE) {
    return {
      ltp: LTP,
      ltt: shownTime(words),
      volume: VOLUME,
      ...PRICES_OF_DAY,
      last_trade_quantity: LAST_QUANTITY,
      average_price: AVERAGE_PRICE,
      ...TOTALS,
      ...end,
      avg_trade_price: AVERAGE_PRICE,
      ltq: LAST_QUANTITY,
      last_quantity: LAST_QUANTITY,
      ...CHANGES,
    };
  }
  return {
    ltp: LTP,
    ltt: shownTime(words),
    volume: VOLUME,
    ...PRICES_OF_DAY,
    last_quantity: LAST_QUANTITY,
    oi: integer(WORD.OPEN_INTEREST, FLAG.ABSENT_OPEN_INTEREST),
    upper_circuit: price(WORD.UPPER_CIRCUIT, FLAG.ABSENT_PRICE_LIMITS),
    lower_circuit: price(WORD.LOWER_CIRCUIT, FLAG.ABSENT_PRICE_LIMITS),
    depth: book(words, levelCountOf(words)),
    ...end,
    last_trade_quantity: LAST_QUANTITY,
    ltq: LAST_QUANTITY,
    average_price: AVERAGE_PRICE,
    avg_trade_price: AVERAGE_PRICE,
    ...TOTALS,
    ...CHANGES,
  };
}

function deployedMessage(request: ShapeRequest, words: Int32Array): { [key: string]: Shape } {
  const { symbol, exchange, broker } = request.instrument;
  const data = deployedData(request, words);
  return { type: 'market_data', symbol, exchange, mode: request.view, data, broker };
}

const RECEIVE_ISO = new Field(FIELD.RECEIVE_ISO);

/** The published design's LTP and Quote messages. */
function designMessage(request: ShapeRequest): { [key: string]: Shape } {
  const { symbol, exchange } = request.instrument;
  const quote = {
    ...CHANGES,
    volume: VOLUME,
    ...PRICES_OF_DAY,
    last_trade_quantity: LAST_QUANTITY,
    avg_trade_price: AVERAGE_PRICE,
  };
  return {
    type: 'market_data',
    mode: request.view,
    topic: `${symbol}.${exchange}`,
    data: {
      symbol,
      exchange,
      ltp: LTP,
      ...(request.view === MODE.QUOTE ? quote : {}),
      timestamp: RECEIVE_ISO,
    },
  };
}

/** The published design's depth message, which a mode 4 subscription gets in either dialect. */
function designDepthMessage(request: ShapeRequest, words: Int32Array): { [key: string]: Shape } {
  const { symbol, exchange, broker } = request.instrument;
  const { depthLevel } = request;
  const given = levelCountOf(words);
  const supported = given >= depthLevel;
  return {
    type: 'market_data',
    mode: request.view,
    depth_level: depthLevel,
    ...(supported ? {} : { actual_depth_level: given }),
    topic: `${symbol}.${exchange}`,
    data: {
      symbol,
      exchange,
      ltp: LTP,
      depth: book(words, Math.min(given, depthLevel)),
      timestamp: RECEIVE_ISO,
      broker_supported: supported,
      ...(supported ? {} : { broker_message: depthNotice(broker, exchange, given) }),
    },
  };
}

function messageOf(request: ShapeRequest, words: Int32Array): { [key: string]: Shape } {
  if (request.view === MODE.DEEP_DEPTH) return designDepthMessage(request, words);
  return request.dialect === 'design' ? designMessage(request) : deployedMessage(request, words);
}

const SEQUENCE = { epoch: integer(WORD.EPOCH), seq: integer(WORD.SEQ) };
const STAMPS = {
  stamps: {
    exchange_time: new Field(FIELD.MS_AS_NANOSECONDS, WORD.EXCHANGE_TIME_MS, FLAG.ABSENT_EXCHANGE_TIME),
    receive_time: nanoseconds(WORD.RECEIVE_TIME_NS),
    publish_time: nanoseconds(WORD.PUBLISH_TIME_NS),
    send_time: new Field(FIELD.SEND_TIME),
    exchange_seq: integer(WORD.EXCHANGE_SEQ),
  },
};

/** Whether a message of a mode holds everything that a view shows. */
function serves(mode: Mode, view: Mode): boolean {
  if (view === MODE.DEEP_DEPTH) return mode === MODE.DEPTH || mode === MODE.DEEP_DEPTH;
  return mode !== MODE.DEEP_DEPTH && mode >= view;
}

/**
 * The shape of the ticks that have the mode, the level count, the absent values, and the snapshot and stale flags of the
 * message in `words`.
 *
 * @throws RangeError when messages of that mode do not hold what the view shows
 */
export function tickShape(request: ShapeRequest, words: Int32Array): Shape {
  const mode = modeOf(words);
  const { view, features, instrument } = request;
  if (!serves(mode, view)) {
    const name = `${instrument.exchange}:${instrument.symbol}`;
    throw new RangeError(`view ${view} of ${name} cannot be made from a message of mode ${mode}`);
  }
  const flags = words[WORD.FLAGS]!;
  const isSnapshot = (flags & FLAG.SNAPSHOT) !== 0;
  const isStale = (flags & FLAG.STALE) !== 0;
  const shape = {
    ...messageOf(request, words),
    ...((features & FEATURE.SEQUENCE) === 0 ? {} : SEQUENCE),
    ...((features & FEATURE.STAMPS) === 0 ? {} : STAMPS),
    ...((features & FEATURE.SNAPSHOT) !== 0 && isSnapshot ? { snapshot: true } : {}),
    ...((features & SHOWS_STALE) !== 0 && isStale ? { stale: true } : {}),
  };
  return (flags & ABSENT_FLAGS) === 0 ? shape : withoutAbsent(shape, flags);
}

/** The shape with null in the places of values that are absent. */
function withoutAbsent(shape: Shape, flags: number): Shape {
  if (shape instanceof Field) return (shape.absentFlag & flags) === 0 ? shape : null;
  if (typeof shape !== 'object' || shape === null) return shape;
  if (Array.isArray(shape)) return shape.map((item: Shape) => withoutAbsent(item, flags));
  const members = Object.entries<Shape>(shape).map(([key, member]): [string, Shape] => [
    key,
    withoutAbsent(member, flags),
  ]);
  return Object.fromEntries(members);
}
