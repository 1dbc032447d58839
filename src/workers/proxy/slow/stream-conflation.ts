/**
 * The ticks of a stream for those of its clients who do not get every one: the latest, kept once for all of them, and for
 * each client a record of what it stands for. Proxy worker thread.
 */
import { FLAG, MODE } from '../../../codec/tick.ts';
import {
  MAX_DEEP_TICK_BYTES,
  MAX_TICK_BYTES,
  modeOf,
  numberWordsOf,
  priceDecimalsOf,
  readInt64,
  WORD,
} from '../../../codec/tick-message.ts';
import type { ConflationRecord } from './conflation-record.ts';

/** What records note of a tick. One object, filled anew with each tick. */
export interface TickNote {
  epoch: number;
  seq: number;
  /** LTP as a scaled integer, NaN when there is none. */
  ltp: number;
  priceDecimals: number;
  /** Whether it tells of a trade: price or volume are others than before. */
  isTrade: boolean;
}

export class StreamConflation {
  /** The latest tick: a tick message without its strings. */
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly #records: ConflationRecord[] = [];
  #hasTick = false;
  readonly #note: TickNote = { epoch: 0, seq: 0, ltp: Number.NaN, priceDecimals: 0, isTrade: false };

  /** @param isDeep whether its ticks come in the mode DEEP_DEPTH */
  constructor(isDeep: boolean) {
    this.words = new Int32Array((isDeep ? MAX_DEEP_TICK_BYTES : MAX_TICK_BYTES) / 4);
    this.doubles = new Float64Array(this.words.buffer);
  }

  /** Records of clients. */
  get size(): number {
    return this.#records.length;
  }

  /** Takes a tick. Hot path of conflated streams; allocates nothing but for messages to clients, and does not throw. */
  take(words: Int32Array): void {
    const note = this.#note;
    note.isTrade = this.#isTrade(words);
    note.epoch = readInt64(words, WORD.EPOCH);
    note.seq = readInt64(words, WORD.SEQ);
    note.ltp = hasPrice(words) ? readInt64(words, WORD.LTP) : Number.NaN;
    note.priceDecimals = priceDecimalsOf(words);
    const latest = this.words;
    this.#hasTick = true;
    for (let word = 0, end = numberWordsOf(words); word < end; word++) latest[word] = words[word]!;
    for (let i = 0; i < this.#records.length; i++) this.#records[i]!.take(note);
  }

  enter(record: ConflationRecord): void {
    record.place = this.#records.length;
    this.#records.push(record);
  }

  leave(record: ConflationRecord): void {
    const last = this.#records.pop();
    if (last === undefined || last === record) return;
    this.#records[record.place] = last;
    last.place = record.place;
  }

  /** Sends at once what waits, whether or not the clients have room. */
  settleAll(): void {
    // A client that cannot be sent to may leave.
    for (const { client, stream } of [...this.#records]) client.settle(stream);
  }

  /** The first tick has none to be compared with, and counts as a trade if it has a price. */
  #isTrade(words: Int32Array): boolean {
    if (!hasPrice(words)) return false;
    const latest = this.words;
    if (!this.#hasTick || !hasPrice(latest) || isOther(latest, words, WORD.LTP)) return true;
    return hasVolume(words) && hasVolume(latest) && isOther(latest, words, WORD.VOLUME);
  }
}

function isOther(before: Int32Array, words: Int32Array, word: number): boolean {
  return before[word] !== words[word] || before[word + 1] !== words[word + 1];
}

function hasPrice(words: Int32Array): boolean {
  return (words[WORD.FLAGS]! & FLAG.ABSENT_LTP) === 0;
}

function hasVolume(words: Int32Array): boolean {
  const mode = modeOf(words);
  return (mode === MODE.QUOTE || mode === MODE.DEPTH) && (words[WORD.FLAGS]! & FLAG.ABSENT_TRADES) === 0;
}
