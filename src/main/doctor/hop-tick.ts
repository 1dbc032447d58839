/** The tick that is sent to measure a hop: a quote like every other, with the time of its sending. */
import { type Instrument, MODE } from '../../codec/tick.ts';
import { buildTickTemplate, readInt64, WORD, writeInt64 } from '../../codec/tick-message.ts';
import { monotonicUs } from './latencies.ts';

export const HOP_INSTRUMENT: Instrument = {
  slot: 0,
  broker: 'angel',
  exchange: 'NSE',
  symbol: 'DOCTOR',
  segment: 1,
  token: '0',
};

export function createHopTick(): Int32Array {
  return buildTickTemplate(HOP_INSTRUMENT, MODE.QUOTE, 2).words;
}

/** Writes the time of now into the tick. */
export function stampHopTick(words: Int32Array, sequence: number): void {
  writeInt64(words, WORD.SEQ, sequence);
  writeInt64(words, WORD.PUBLISH_TIME_NS, Math.round(monotonicUs()));
}

/** How long ago the tick was stamped, µs. */
export function ageOfHopTick(words: Int32Array): number {
  return monotonicUs() - readInt64(words, WORD.PUBLISH_TIME_NS);
}
