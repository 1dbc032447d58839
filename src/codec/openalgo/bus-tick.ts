/**
 * From a tick of OpenAlgo's bus (a JSON object with prices as decimal numbers) to a tick message. The prices have become
 * doubles in JSON; with seven decimals the integer is the one that was printed, for everything below 2^28 rupees.
 */
import { DEPTH_LEVELS, FLAG, MODE } from '../tick.ts';
import {
  buyLevelsWord,
  DOUBLE,
  LEVEL,
  sellLevelsWord,
  type TickTemplate,
  WORD,
  writeInt64,
} from '../tick-message.ts';
import type { JsonObject } from './bus-message.ts';

/** Currencies need seven; the shortest form is printed whatever the scale. */
export const BUS_PRICE_DECIMALS = 7;
const PRICE_SCALE = 10 ** BUS_PRICE_DECIMALS;
/** Times below are seconds: as milliseconds they would lie before March 1973. */
const FIRST_MILLISECONDS = 1e11;

/** The first of several names that holds a finite number: brokers spell the same thing differently. */
function numberOf(data: JsonObject, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = data[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return null;
}

/** The integer that a number stands for, or null when there is none or it is larger than any quantity or price. */
function scaled(value: number | null, scale: number): number | null {
  const integer = Math.round((value ?? Number.NaN) * scale);
  return Number.isSafeInteger(integer) ? integer : null;
}

function writePrice(template: TickTemplate, word: number, value: number | null): void {
  writeInt64(template.words, word, scaled(value, PRICE_SCALE) ?? 0);
}

function writeCount(template: TickTemplate, word: number, value: number | null): void {
  writeInt64(template.words, word, scaled(value, 1) ?? 0);
}

/**
 * Patches the numbers of a bus tick into a template of the topic's mode, whose price decimals are BUS_PRICE_DECIMALS.
 * Numbers that the publisher leaves out become 0, or absent where a tick can say so. Any thread; does not throw.
 *
 * @returns the flags of absent values
 */
export function normaliseBusTick(data: JsonObject, template: TickTemplate): number {
  const ltp = numberOf(data, 'ltp', 'last_price');
  writePrice(template, WORD.LTP, ltp);
  const time = numberOf(data, 'ltt', 'timestamp');
  const isSeconds = time !== null && time < FIRST_MILLISECONDS;
  writeCount(template, WORD.EXCHANGE_TIME_MS, isSeconds ? time * 1000 : time);
  let flags = scaled(ltp, PRICE_SCALE) === null ? FLAG.ABSENT_LTP : 0;
  if (template.mode >= MODE.QUOTE) flags |= normaliseQuote(data, template);
  if (template.mode === MODE.DEPTH) {
    writeCount(template, WORD.OPEN_INTEREST, numberOf(data, 'oi', 'open_interest'));
    writePrice(template, WORD.UPPER_CIRCUIT, numberOf(data, 'upper_circuit'));
    writePrice(template, WORD.LOWER_CIRCUIT, numberOf(data, 'lower_circuit'));
    const book = objectOf(data.depth);
    normaliseSide(book.buy, template, buyLevelsWord(MODE.DEPTH));
    normaliseSide(book.sell, template, sellLevelsWord(MODE.DEPTH, DEPTH_LEVELS));
  }
  return flags;
}

function normaliseQuote(data: JsonObject, template: TickTemplate): number {
  writeCount(template, WORD.LAST_QUANTITY, numberOf(data, 'last_trade_quantity', 'last_quantity', 'ltq'));
  writePrice(template, WORD.AVERAGE_PRICE, numberOf(data, 'average_price', 'avg_trade_price'));
  writeCount(template, WORD.VOLUME, numberOf(data, 'volume'));
  writePrice(template, WORD.OPEN, numberOf(data, 'open'));
  writePrice(template, WORD.HIGH, numberOf(data, 'high'));
  writePrice(template, WORD.LOW, numberOf(data, 'low'));
  writePrice(template, WORD.CLOSE, numberOf(data, 'close', 'prev_close'));
  const buy = numberOf(data, 'total_buy_quantity');
  const sell = numberOf(data, 'total_sell_quantity');
  template.doubles[DOUBLE.TOTAL_BUY_QUANTITY] = buy ?? 0;
  template.doubles[DOUBLE.TOTAL_SELL_QUANTITY] = sell ?? 0;
  return (
    (buy === null ? FLAG.ABSENT_TOTAL_BUY_QUANTITY : 0) |
    (sell === null ? FLAG.ABSENT_TOTAL_SELL_QUANTITY : 0)
  );
}

/** Levels that are missing become empty ones; levels beyond the fifth have no place. */
function normaliseSide(side: unknown, template: TickTemplate, firstWord: number): void {
  const levels: readonly unknown[] = Array.isArray(side) ? side : [];
  for (let i = 0; i < DEPTH_LEVELS; i++) {
    const level = objectOf(levels[i]);
    const word = firstWord + i * LEVEL.WORDS;
    writePrice(template, word + LEVEL.PRICE, numberOf(level, 'price'));
    writeCount(template, word + LEVEL.QUANTITY, numberOf(level, 'quantity'));
    template.words[word + LEVEL.ORDERS] = numberOf(level, 'orders') ?? 0;
  }
}

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
