/**
 * From a decoded Kite packet to the numbers of a tick message: units, absent values, and nothing of the delivery (epoch,
 * sequence number, slot, receive and publish times are the feed worker's).
 */
import { FLAG, MODE, type Mode } from '../tick.ts';
import {
  buyLevelsWord,
  DOUBLE,
  LEVEL,
  sellLevelsWord,
  type TickTemplate,
  WORD,
  writeInt64,
} from '../tick-message.ts';
import { FIELD, type KitePacket, TIME, TOTAL } from './frame-decoder.ts';
import { LEVELS, PACKET, type PacketLength, SEGMENT } from './frame-layout.ts';

const MS_PER_S = 1000;

/** An index has no trades, hence no book either. */
const ABSENT_IN_INDEX = FLAG.ABSENT_TRADES | FLAG.ABSENT_TOTAL_BUY_QUANTITY | FLAG.ABSENT_TOTAL_SELL_QUANTITY;

/** Mode of the tick that a packet becomes. Any thread; neither allocates nor throws. */
export function tickModeOf(length: PacketLength): Mode {
  switch (length) {
    case PACKET.LTP:
      return MODE.LTP;
    case PACKET.INDEX_QUOTE:
    case PACKET.QUOTE:
      return MODE.QUOTE;
    default:
      return MODE.DEPTH;
  }
}

/** Levels per side of a segment's depth ticks: none of an index, so that nobody takes zeros for a book. */
export function depthLevelsOf(segment: number): number {
  return segment === SEGMENT.INDICES ? 0 : LEVELS;
}

/**
 * Patches the numbers of a packet into a template, and sets its flags to those of absent values. Prices stay integers;
 * the template's price decimals must be those of the packet's segment. Feed worker; neither allocates nor throws.
 *
 * @param template of the mode `tickModeOf(packet.length)` or a lower one, which then takes a part of the packet
 * @returns the flags
 */
export function normalise(packet: KitePacket, template: TickTemplate): number {
  const { words, mode } = template;
  const { fields, length } = packet;
  const isIndex = length === PACKET.INDEX_QUOTE || length === PACKET.INDEX_FULL;
  writeInt64(words, WORD.EXCHANGE_SEQ, 0);
  copyWords(fields, FIELD.LAST_PRICE, words, WORD.LTP, 2);
  let flags = normaliseExchangeTime(packet, words);
  if (mode >= MODE.QUOTE) {
    if (isIndex) {
      flags |= ABSENT_IN_INDEX;
      words.fill(0, WORD.LAST_QUANTITY, WORD.OPEN);
    } else {
      copyWords(fields, FIELD.LAST_QUANTITY, words, WORD.LAST_QUANTITY, 6);
    }
    copyWords(fields, FIELD.OPEN, words, WORD.OPEN, 8);
    template.doubles[DOUBLE.TOTAL_BUY_QUANTITY] = isIndex ? 0 : packet.totals[TOTAL.BUY]!;
    template.doubles[DOUBLE.TOTAL_SELL_QUANTITY] = isIndex ? 0 : packet.totals[TOTAL.SELL]!;
  }
  if (mode === MODE.DEPTH) {
    flags |= FLAG.ABSENT_PRICE_LIMITS;
    if (isIndex) {
      flags |= FLAG.ABSENT_OPEN_INTEREST;
    } else {
      writeInt64(words, WORD.LAST_TRADE_TIME_MS, packet.times[TIME.LAST_TRADE]! * MS_PER_S);
      copyWords(fields, FIELD.OPEN_INTEREST, words, WORD.OPEN_INTEREST, 2);
      copyWords(packet.buy, 0, words, buyLevelsWord(mode), template.levels * LEVEL.WORDS);
      copyWords(packet.sell, 0, words, sellLevelsWord(mode, template.levels), template.levels * LEVEL.WORDS);
    }
  }
  words[WORD.FLAGS] = flags;
  return flags;
}

function normaliseExchangeTime(packet: KitePacket, words: Int32Array): number {
  const { length, times } = packet;
  const hasTime = length === PACKET.FULL || length === PACKET.INDEX_FULL;
  const seconds = hasTime ? times[TIME.EXCHANGE]! : 0;
  writeInt64(words, WORD.EXCHANGE_TIME_MS, seconds * MS_PER_S);
  return seconds === 0 ? FLAG.ABSENT_EXCHANGE_TIME : 0;
}

function copyWords(from: Int32Array, fromWord: number, to: Int32Array, toWord: number, count: number): void {
  for (let i = 0; i < count; i++) to[toWord + i] = from[fromWord + i]!;
}
