/**
 * The tick message: FlatBuffers bytes (`tick.fbs`) at fixed places. One template per instrument and mode is built with
 * the FlatBuffers builder; afterwards only numbers are patched in place. That works because the table is written last,
 * hence stands first, with its structs inside it and the strings behind everything: no offset depends on their length.
 * `buildTickTemplate` checks that for every template that it makes.
 *
 * | part            | byte offset             | size            | in modes            |
 * | root, ident     | 0                       | 8               | all                 |
 * | vtable, table   | 8                       |                 | all                 |
 * | header          | HEADER_OFFSET           | 72              | all                 |
 * | quote fields    | QUOTE_OFFSET            | 72              | QUOTE, DEPTH        |
 * | snap fields     | SNAP_OFFSET             | 48              | DEPTH               |
 * | buy levels      | buyLevelsOffset(mode)   | 24 × levels     | DEPTH, DEEP_DEPTH   |
 * | sell levels     | sellLevelsOffset(...)   | 24 × levels     | DEPTH, DEEP_DEPTH   |
 * | strings         | behind                  |                 | all                 |
 *
 * Readers on the hot path use the word indexes below on an Int32Array over the message (a word is 4 bytes; an int64 is
 * the pair low word, high word, little-endian). Everybody else uses the generated reader.
 */
import { Builder, ByteBuffer } from 'flatbuffers';
import { Level } from './generated/tickwire/level.ts';
import { QuoteFields } from './generated/tickwire/quote-fields.ts';
import { SnapFields } from './generated/tickwire/snap-fields.ts';
import { Tick } from './generated/tickwire/tick.ts';
import { TickHeader } from './generated/tickwire/tick-header.ts';
import { DEPTH_LEVELS, type Instrument, MODE, type Mode } from './tick.ts';

/** Byte offsets inside a tick message. */
export const HEADER_OFFSET = 40;
export const QUOTE_OFFSET = 112;
export const SNAP_OFFSET = 184;
const DEPTH_BUY_OFFSET = 264;
const DEEP_DEPTH_BUY_OFFSET = 144;
const LEVEL_BYTES = 24;
/** Between the last buy level and the first sell level: the length of the sell vector and its alignment. */
const VECTOR_HEAD_BYTES = 8;
const FILE_IDENTIFIER = 'TKW1';

/** Word indexes (4 bytes each) of the low word of every int64, and of the 32-bit fields, on an Int32Array. */
export const WORD = {
  EPOCH: 10,
  SEQ: 12,
  EXCHANGE_SEQ: 14,
  EXCHANGE_TIME_MS: 16,
  RECEIVE_TIME_NS: 18,
  PUBLISH_TIME_NS: 20,
  LTP: 22,
  SLOT: 24,
  FLAGS: 25,
  /** Four bytes: mode, price decimals, segment, level count; low byte first. */
  MODE_AND_SCALE: 26,
  LAST_QUANTITY: 28,
  AVERAGE_PRICE: 30,
  VOLUME: 32,
  OPEN: 34,
  HIGH: 36,
  LOW: 38,
  CLOSE: 40,
  LAST_TRADE_TIME_MS: 46,
  OPEN_INTEREST: 48,
  UPPER_CIRCUIT: 50,
  LOWER_CIRCUIT: 52,
  HIGH_52W: 54,
  LOW_52W: 56,
} as const;

/** Indexes on a Float64Array over the message. */
export const DOUBLE = { TOTAL_BUY_QUANTITY: 21, TOTAL_SELL_QUANTITY: 22 } as const;

/** First word behind the quote fields: a lower mode's message is derived by copying up to here. */
export const QUOTE_END_WORD = SNAP_OFFSET / 4;

/** Words per level, and the words of a level's fields. */
export const LEVEL = { WORDS: LEVEL_BYTES / 4, PRICE: 0, QUANTITY: 2, ORDERS: 4 } as const;

/** Upper bounds of a message's size, strings included; `buildTickTemplate` refuses what would be larger. */
export const MAX_TICK_BYTES = 768;
export const MAX_DEEP_TICK_BYTES = 1408;

/** What the numbers of the largest message leave for the four strings, with the length and the padding of each. */
const MAX_STRING_BYTES = MAX_TICK_BYTES - 512 - 4 * 12;
const textEncoder = new TextEncoder();

/** Whether the messages of an instrument with these strings have their place in the last-value table. */
export function hasFittingStrings(instrument: Omit<Instrument, 'slot' | 'segment'>): boolean {
  const { broker, exchange, symbol, token } = instrument;
  return textEncoder.encode(broker + exchange + symbol + token).length <= MAX_STRING_BYTES;
}

/** Words up to the end of a message's numbers; strings are behind. Any thread; neither allocates nor throws. */
export function numberWordsOf(words: Int32Array): number {
  const mode = modeOf(words);
  if (mode === MODE.LTP) return QUOTE_OFFSET / 4;
  if (mode === MODE.QUOTE) return QUOTE_END_WORD;
  const levels = levelCountOf(words);
  return sellLevelsWord(mode, levels) + levels * LEVEL.WORDS;
}

/** First word of the buy levels of a DEPTH or DEEP_DEPTH message. */
export function buyLevelsWord(mode: Mode): number {
  return (mode === MODE.DEEP_DEPTH ? DEEP_DEPTH_BUY_OFFSET : DEPTH_BUY_OFFSET) / 4;
}

/** First word of the sell levels of a message with `levels` levels per side. */
export function sellLevelsWord(mode: Mode, levels: number): number {
  return buyLevelsWord(mode) + (levels * LEVEL_BYTES + VECTOR_HEAD_BYTES) / 4;
}

/** Mode of a message. Any thread; neither allocates nor throws. */
export function modeOf(words: Int32Array): Mode {
  return (words[WORD.MODE_AND_SCALE]! & 0xff) as Mode;
}

/** Digits behind the decimal point of a message's prices. Any thread; neither allocates nor throws. */
export function priceDecimalsOf(words: Int32Array): number {
  return (words[WORD.MODE_AND_SCALE]! >>> 8) & 0xff;
}

/** Levels per side of a message. Any thread; neither allocates nor throws. */
export function levelCountOf(words: Int32Array): number {
  return words[WORD.MODE_AND_SCALE]! >>> 24;
}

/**
 * The int64 at `word` as a number. Exact from -2^53 to 2^53, the nearest double beyond.
 * Any thread; neither allocates nor throws.
 */
export function readInt64(words: Int32Array, word: number): number {
  return words[word + 1]! * 4294967296 + (words[word]! >>> 0);
}

/** Writes an integer of at most 53 bits as int64. Any thread; neither allocates nor throws. */
export function writeInt64(words: Int32Array, word: number, value: number): void {
  words[word] = value | 0;
  words[word + 1] = Math.floor(value / 4294967296);
}

/** A tick message whose numbers are patched in place, tick after tick. */
export interface TickTemplate {
  readonly mode: Mode;
  readonly levels: number;
  readonly bytes: Uint8Array;
  /** The message as 32-bit words, and as doubles: the same memory as `bytes`. */
  readonly words: Int32Array;
  readonly doubles: Float64Array;
}

function levelsVector(
  builder: Builder,
  levels: number,
  start: (builder: Builder, n: number) => void,
): number {
  start(builder, levels);
  for (let i = 0; i < levels; i++) Level.createLevel(builder, 0n, 0n, 0, 0);
  return builder.endVector();
}

/**
 * Builds the message of an instrument and mode with all numbers zero.
 *
 * @param levels levels per side; 0 for LTP and QUOTE, 5 for DEPTH, up to 20 for DEEP_DEPTH
 * @throws RangeError when the strings make the message larger than its place in the last-value table
 */
export function buildTickTemplate(
  instrument: Instrument,
  mode: Mode,
  priceDecimals: number,
  levels = mode === MODE.DEPTH ? DEPTH_LEVELS : 0,
): TickTemplate {
  const builder = new Builder(1024);
  builder.forceDefaults(true);
  // Written back to front: what is created first ends up last. This order makes the offsets constant.
  const exchange = builder.createString(instrument.exchange);
  const symbol = builder.createString(instrument.symbol);
  const broker = builder.createString(instrument.broker);
  const token = builder.createString(instrument.token);
  const hasLevels = mode === MODE.DEPTH || mode === MODE.DEEP_DEPTH;
  const sell = hasLevels ? levelsVector(builder, levels, Tick.startSellVector) : 0;
  const buy = hasLevels ? levelsVector(builder, levels, Tick.startBuyVector) : 0;
  Tick.startTick(builder);
  Tick.addToken(builder, token);
  Tick.addBroker(builder, broker);
  Tick.addSymbol(builder, symbol);
  Tick.addExchange(builder, exchange);
  if (hasLevels) {
    Tick.addSell(builder, sell);
    Tick.addBuy(builder, buy);
  }
  if (mode === MODE.DEPTH)
    Tick.addSnap(builder, SnapFields.createSnapFields(builder, 0n, 0n, 0n, 0n, 0n, 0n));
  if (mode === MODE.QUOTE || mode === MODE.DEPTH) {
    Tick.addQuote(builder, QuoteFields.createQuoteFields(builder, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0, 0));
  }
  const { slot, segment } = instrument;
  Tick.addHeader(
    builder,
    TickHeader.createTickHeader(
      builder,
      0n,
      0n,
      0n,
      0n,
      0n,
      0n,
      0n,
      slot,
      0,
      mode,
      priceDecimals,
      segment,
      levels,
      0,
    ),
  );
  builder.finish(Tick.endTick(builder), FILE_IDENTIFIER);

  // A buffer of its own, from offset 0, so that word and double views are aligned.
  const bytes = builder.asUint8Array().slice();
  const limit = mode === MODE.DEEP_DEPTH ? MAX_DEEP_TICK_BYTES : MAX_TICK_BYTES;
  if (bytes.length > limit) {
    throw new RangeError(
      `tick message of ${instrument.exchange}:${instrument.symbol} has ${bytes.length} bytes, limit ${limit}`,
    );
  }
  assertFixedOffsets(bytes, mode, levels);
  return {
    mode,
    levels,
    bytes,
    words: new Int32Array(bytes.buffer),
    doubles: new Float64Array(bytes.buffer),
  };
}

function assertFixedOffsets(bytes: Uint8Array, mode: Mode, levels: number): void {
  const tick = Tick.getRootAsTick(new ByteBuffer(bytes));
  const found = [tick.header()?.bb_pos, tick.quote()?.bb_pos, tick.snap()?.bb_pos];
  const wanted: (number | undefined)[] = [HEADER_OFFSET];
  if (mode === MODE.QUOTE || mode === MODE.DEPTH) wanted.push(QUOTE_OFFSET);
  if (mode === MODE.DEPTH) wanted.push(SNAP_OFFSET);
  if (levels > 0) {
    found.push(tick.buy(0)?.bb_pos, tick.sell(0)?.bb_pos);
    while (wanted.length < 3) wanted.push(undefined);
    wanted.push(buyLevelsWord(mode) * 4, sellLevelsWord(mode, levels) * 4);
  }
  if (wanted.some((offset, i) => offset !== found[i])) {
    throw new Error(`tick message layout moved: mode ${mode}, offsets ${found}, expected ${wanted}`);
  }
}

/** The strings of a message, for readers that meet its instrument for the first time. Allocates. */
export function readInstrument(bytes: Uint8Array): Instrument {
  const tick = Tick.getRootAsTick(new ByteBuffer(bytes));
  const header = tick.header();
  return {
    slot: header?.slot() ?? 0,
    broker: tick.broker() ?? '',
    exchange: tick.exchange() ?? '',
    symbol: tick.symbol() ?? '',
    segment: header?.segment() ?? 0,
    token: tick.token() ?? '',
  };
}
