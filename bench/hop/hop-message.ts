/** What goes through the ring of the hop benchmarks: a quote message's length, and the instant at which it was due. */
import { MODE } from '../../src/codec/tick.ts';
import { buildTickTemplate, readInt64, WORD, writeInt64 } from '../../src/codec/tick-message.ts';

export function createHopMessage(): Int32Array {
  const instrument = {
    slot: 0,
    broker: 'angel',
    exchange: 'NSE',
    symbol: 'BENCH0000',
    segment: 1,
    token: '900000',
  };
  return buildTickTemplate(instrument, MODE.QUOTE, 2).words;
}

/** @param us whole µs of the machine's monotonic clock */
export function setDueUs(words: Int32Array, us: number): void {
  writeInt64(words, WORD.PUBLISH_TIME_NS, us);
}

export function dueUsOf(words: Int32Array): number {
  return readInt64(words, WORD.PUBLISH_TIME_NS);
}
