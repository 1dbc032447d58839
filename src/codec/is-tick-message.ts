/**
 * Whether bytes from another process are a tick message that every reader may read: the hot path's, which reads numbers at
 * fixed places, and the generated one, which follows offsets.
 *
 * Where the offsets of vectors and strings stand in the table depends on how the strings were aligned, so they are found
 * through the vtable, which is itself at a fixed place: bytes 14 to 35, its length, the table's, then a field's place in
 * the table each.
 */
import { MAX_PRICE_DECIMALS } from './price.ts';
import { DEPTH_LEVELS, MODE } from './tick.ts';
import {
  buyLevelsWord,
  HEADER_OFFSET,
  LEVEL,
  levelCountOf,
  MAX_DEEP_TICK_BYTES,
  MAX_TICK_BYTES,
  modeOf,
  priceDecimalsOf,
  QUOTE_OFFSET,
  SNAP_OFFSET,
  sellLevelsWord,
} from './tick-message.ts';

const TABLE_OFFSET = HEADER_OFFSET - 4;
/** `TKW1` */
const IDENTIFIER = 0x31574b54;
const VTABLE_BYTES = 22;
const VTABLE_OFFSET = TABLE_OFFSET - VTABLE_BYTES;
/** First word behind the header. */
const HEADER_END_WORD = QUOTE_OFFSET / 4;
/** Fields of the table, in the order of the schema. */
const FIELD = { HEADER: 0, QUOTE: 1, SNAP: 2, BUY: 3, SELL: 4, FIRST_STRING: 5, END: 9 } as const;

/**
 * Any thread; neither allocates nor throws. What it lets pass lies within its bytes: header, fields of its mode, levels
 * and strings. The numbers themselves may be anything.
 *
 * @param words the message from its first word on; there may be more words behind it
 * @param byteLength length of the message
 */
export function isTickMessage(words: Int32Array, byteLength: number): boolean {
  const wordCount = byteLength >> 2;
  if ((byteLength & 3) !== 0 || wordCount < HEADER_END_WORD || wordCount > words.length) return false;
  if (words[0] !== TABLE_OFFSET || words[1] !== IDENTIFIER) return false;
  if (words[TABLE_OFFSET / 4] !== VTABLE_BYTES || uint16(words, VTABLE_OFFSET) !== VTABLE_BYTES) return false;
  if (priceDecimalsOf(words) > MAX_PRICE_DECIMALS) return false;
  const mode = modeOf(words);
  if (mode < MODE.LTP || mode > MODE.DEEP_DEPTH) return false;
  if (byteLength > (mode === MODE.DEEP_DEPTH ? MAX_DEEP_TICK_BYTES : MAX_TICK_BYTES)) return false;
  const hasQuote = mode === MODE.QUOTE || mode === MODE.DEPTH;
  const hasLevels = mode === MODE.DEPTH || mode === MODE.DEEP_DEPTH;
  if (fieldOffset(words, FIELD.HEADER) !== HEADER_OFFSET) return false;
  if (fieldOffset(words, FIELD.QUOTE) !== (hasQuote ? QUOTE_OFFSET : TABLE_OFFSET)) return false;
  if (fieldOffset(words, FIELD.SNAP) !== (mode === MODE.DEPTH ? SNAP_OFFSET : TABLE_OFFSET)) return false;
  if (hasQuote && byteLength < SNAP_OFFSET) return false;
  if (!hasLevels) {
    if (levelCountOf(words) !== 0 || fieldOffset(words, FIELD.BUY) !== TABLE_OFFSET) return false;
    if (fieldOffset(words, FIELD.SELL) !== TABLE_OFFSET) return false;
  } else if (!hasBook(words, wordCount)) return false;
  for (let field: number = FIELD.FIRST_STRING; field < FIELD.END; field++) {
    if (!isString(words, field, wordCount)) return false;
  }
  return true;
}

function uint16(words: Int32Array, byte: number): number {
  return (words[byte >> 2]! >>> ((byte & 2) * 8)) & 0xffff;
}

/** Byte of a field in the message; that of the table itself for a field that is not there. */
function fieldOffset(words: Int32Array, field: number): number {
  return TABLE_OFFSET + uint16(words, VTABLE_OFFSET + 4 + 2 * field);
}

/** Word that a field's offset leads to, -1 for an offset that leads out of the message. */
function target(words: Int32Array, field: number, wordCount: number): number {
  const byte = fieldOffset(words, field);
  const word = byte >> 2;
  if (byte === TABLE_OFFSET || (byte & 3) !== 0 || word >= wordCount) return -1;
  // Unsigned in the message: one beyond 2^31 is negative here.
  const offset = words[word]!;
  if ((offset & 3) !== 0 || offset < 4) return -1;
  const at = word + (offset >> 2);
  return at < wordCount ? at : -1;
}

function hasBook(words: Int32Array, wordCount: number): boolean {
  const mode = modeOf(words);
  const levels = levelCountOf(words);
  if (mode === MODE.DEPTH && levels > DEPTH_LEVELS) return false;
  const buy = buyLevelsWord(mode);
  const sell = sellLevelsWord(mode, levels);
  if (sell + levels * LEVEL.WORDS > wordCount) return false;
  if (target(words, FIELD.BUY, wordCount) !== buy - 1 || words[buy - 1] !== levels) return false;
  return target(words, FIELD.SELL, wordCount) === sell - 1 && words[sell - 1] === levels;
}

/** Whether a string ends, with its zero, within the message. */
function isString(words: Int32Array, field: number, wordCount: number): boolean {
  const at = target(words, field, wordCount);
  if (at < 0) return false;
  const length = words[at]!;
  return length >= 0 && length < (wordCount - at - 1) * 4;
}
