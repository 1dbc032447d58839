/** What goes through the hop benchmarks: a quote message's length, and the instant at which it was due. */
import { type Instrument, MODE } from '../../src/codec/tick.ts';
import { buildTickTemplate, readInt64, WORD, writeInt64 } from '../../src/codec/tick-message.ts';

export function hopInstrument(slot: number): Instrument {
  const symbol = `BENCH${String(slot).padStart(4, '0')}`;
  return { slot, broker: 'angel', exchange: 'NSE', symbol, segment: 1, token: String(900_000 + slot) };
}

export function createHopMessage(slot = 0): Int32Array {
  return buildTickTemplate(hopInstrument(slot), MODE.QUOTE, 2).words;
}

/** @param us whole µs of the machine's monotonic clock */
export function setDueUs(words: Int32Array, us: number): void {
  writeInt64(words, WORD.PUBLISH_TIME_NS, us);
}

export function dueUsOf(words: Int32Array): number {
  return readInt64(words, WORD.PUBLISH_TIME_NS);
}

/** The same from the bytes of a message, wherever they lie in memory. */
export function dueUsOfBytes(bytes: Buffer): number {
  const at = WORD.PUBLISH_TIME_NS * 4;
  return bytes.readInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}
