/**
 * From a decoded Angel frame to the numbers of a tick message: units, absent values, and nothing of the delivery
 * (epoch, sequence number, slot, receive and publish times are the feed worker's).
 */
import { FLAG, MODE, type Mode } from '../tick.ts';
import {
  buyLevelsWord,
  DOUBLE,
  LEVEL,
  readInt64,
  sellLevelsWord,
  type TickTemplate,
  WORD,
  writeInt64,
} from '../tick-message.ts';
import { type AngelFrame, type AngelMode, FIELD, FRAME_DOUBLE } from './frame-decoder.ts';
import { ANGEL_MODE } from './frame-layout.ts';

const TICK_MODES: Readonly<Record<AngelMode, Mode>> = {
  [ANGEL_MODE.LTP]: MODE.LTP,
  [ANGEL_MODE.QUOTE]: MODE.QUOTE,
  [ANGEL_MODE.SNAP_QUOTE]: MODE.DEPTH,
  [ANGEL_MODE.DEPTH_20]: MODE.DEEP_DEPTH,
};

/** From here on a last traded time is in milliseconds: as seconds it would be the year 5138. */
const FIRST_MILLISECONDS = 1e11;

/** Mode of the tick that a frame becomes. Any thread; neither allocates nor throws. */
export function tickModeOf(mode: AngelMode): Mode {
  return TICK_MODES[mode];
}

/**
 * Patches the numbers of an LTP, Quote or SnapQuote frame into a template, and sets its flags to those of absent
 * values. Prices stay integers; the template's price decimals must be those of the frame's exchange type. Feed worker;
 * neither allocates nor throws.
 *
 * @param template of the mode `tickModeOf(frame.mode)` or a lower one, which then takes a part of the frame
 * @returns the flags
 */
export function normalise(frame: AngelFrame, template: TickTemplate): number {
  const { words, mode } = template;
  const { fields } = frame;
  copyWords(fields, FIELD.SEQUENCE_NUMBER, words, WORD.EXCHANGE_SEQ, 4);
  copyWords(fields, FIELD.LAST_TRADED_PRICE, words, WORD.LTP, 2);
  let flags = 0;
  if (mode >= MODE.QUOTE) {
    copyWords(fields, FIELD.LAST_TRADED_QUANTITY, words, WORD.LAST_QUANTITY, 14);
    flags = normaliseTotals(frame.doubles, template.doubles);
  }
  if (mode === MODE.DEPTH) {
    normaliseLastTradeTime(fields, words);
    copyWords(fields, FIELD.OPEN_INTEREST, words, WORD.OPEN_INTEREST, 10);
    copyLevels(frame, template);
  }
  words[WORD.FLAGS] = flags;
  return flags;
}

/**
 * Patches a Depth20 frame into a deep depth template. Such a frame has neither sequence number nor last price: the
 * first becomes 0, the second is that of `base`. Feed worker; neither allocates nor throws.
 *
 * @param base the instrument's latest SnapQuote, Quote or LTP tick, null as long as there is none
 * @returns the flags, `ABSENT_LTP` when there is no last price
 */
export function normaliseDeepDepth(
  frame: AngelFrame,
  template: TickTemplate,
  base: TickTemplate | null,
): number {
  const { words } = template;
  words[WORD.EXCHANGE_SEQ] = 0;
  words[WORD.EXCHANGE_SEQ + 1] = 0;
  copyWords(frame.fields, FIELD.EXCHANGE_TIME_MS, words, WORD.EXCHANGE_TIME_MS, 2);
  let flags = 0;
  if (base === null) {
    flags = FLAG.ABSENT_LTP;
    words[WORD.LTP] = 0;
    words[WORD.LTP + 1] = 0;
  } else {
    copyWords(base.words, WORD.LTP, words, WORD.LTP, 2);
  }
  copyLevels(frame, template);
  words[WORD.FLAGS] = flags;
  return flags;
}

function copyWords(from: Int32Array, fromWord: number, to: Int32Array, toWord: number, count: number): void {
  for (let i = 0; i < count; i++) to[toWord + i] = from[fromWord + i]!;
}

function copyLevels(frame: AngelFrame, template: TickTemplate): void {
  const { words, mode, levels } = template;
  copyWords(frame.buy, 0, words, buyLevelsWord(mode), levels * LEVEL.WORDS);
  copyWords(frame.sell, 0, words, sellLevelsWord(mode, levels), levels * LEVEL.WORDS);
}

function normaliseTotals(from: Float64Array, to: Float64Array): number {
  const buy = from[FRAME_DOUBLE.TOTAL_BUY_QUANTITY]!;
  const sell = from[FRAME_DOUBLE.TOTAL_SELL_QUANTITY]!;
  const hasBuy = Number.isFinite(buy);
  const hasSell = Number.isFinite(sell);
  to[DOUBLE.TOTAL_BUY_QUANTITY] = hasBuy ? buy : 0;
  to[DOUBLE.TOTAL_SELL_QUANTITY] = hasSell ? sell : 0;
  return (hasBuy ? 0 : FLAG.ABSENT_TOTAL_BUY_QUANTITY) | (hasSell ? 0 : FLAG.ABSENT_TOTAL_SELL_QUANTITY);
}

/** Seconds become milliseconds; everything that cannot be seconds is copied as it is, 0 (no trade) included. */
function normaliseLastTradeTime(fields: Int32Array, words: Int32Array): void {
  const time = readInt64(fields, FIELD.LAST_TRADED_TIME);
  if (time > 0 && time < FIRST_MILLISECONDS) writeInt64(words, WORD.LAST_TRADE_TIME_MS, time * 1000);
  else copyWords(fields, FIELD.LAST_TRADED_TIME, words, WORD.LAST_TRADE_TIME_MS, 2);
}
