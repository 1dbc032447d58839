/** Tick messages with known values, for tests of the framings. */
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import {
  buildTickTemplate,
  buyLevelsWord,
  DOUBLE,
  LEVEL,
  sellLevelsWord,
  type TickTemplate,
  WORD,
  writeInt64,
} from '../../src/codec/tick-message.ts';

export const RELIANCE: Instrument = {
  slot: 0,
  broker: 'angel',
  exchange: 'NSE',
  symbol: 'RELIANCE',
  segment: 1,
  token: '2885',
};

/** Writes an int64 of any size. */
export function setInt64(words: Int32Array, word: number, value: bigint): void {
  words[word] = Number(BigInt.asIntN(32, value));
  words[word + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** Writes a level of `side`: price as a scaled integer, quantity, orders. */
export function setLevel(tick: TickTemplate, firstWord: number, i: number, level: readonly number[]): void {
  const word = firstWord + i * LEVEL.WORDS;
  writeInt64(tick.words, word + LEVEL.PRICE, level[0] ?? 0);
  writeInt64(tick.words, word + LEVEL.QUANTITY, level[1] ?? 0);
  tick.words[word + LEVEL.ORDERS] = level[2] ?? 0;
}

/** A tick of RELIANCE, the one of which the deployed server's answers were recorded. */
export function sampleTick(mode: Mode, instrument = RELIANCE, levels?: number): TickTemplate {
  const tick = buildTickTemplate(instrument, mode, 2, levels);
  const { words, doubles } = tick;
  const set = (word: number, value: number) => writeInt64(words, word, value);
  set(WORD.EPOCH, 1787367600000);
  set(WORD.SEQ, 42);
  set(WORD.EXCHANGE_SEQ, 123456789);
  set(WORD.EXCHANGE_TIME_MS, 1787371200000);
  setInt64(words, WORD.RECEIVE_TIME_NS, 1787371200412_345_678n);
  setInt64(words, WORD.PUBLISH_TIME_NS, 1787371200412_350_000n);
  set(WORD.LTP, 250050);
  if (mode === MODE.QUOTE || mode === MODE.DEPTH) {
    set(WORD.LAST_QUANTITY, 10);
    set(WORD.AVERAGE_PRICE, 249835);
    set(WORD.VOLUME, 1000000);
    set(WORD.OPEN, 249000);
    set(WORD.HIGH, 251075);
    set(WORD.LOW, 248525);
    set(WORD.CLOSE, 249900);
    doubles[DOUBLE.TOTAL_BUY_QUANTITY] = 5000;
    doubles[DOUBLE.TOTAL_SELL_QUANTITY] = 6000;
  }
  if (mode === MODE.DEPTH) {
    set(WORD.OPEN_INTEREST, 4321);
    set(WORD.UPPER_CIRCUIT, 275000);
    set(WORD.LOWER_CIRCUIT, 225000);
  }
  for (let i = 0; i < tick.levels; i++) {
    setLevel(tick, buyLevelsWord(mode), i, [250025 - 5 * i, 100 + i, 3 + i]);
    setLevel(tick, sellLevelsWord(mode, tick.levels), i, [250075 + 5 * i, 200 + i, 7 + i]);
  }
  return tick;
}

/** Marks the LTP as absent. */
export function withoutLtp(tick: TickTemplate): TickTemplate {
  tick.words[WORD.FLAGS] = FLAG.ABSENT_LTP;
  return tick;
}
