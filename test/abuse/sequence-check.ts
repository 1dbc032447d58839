/**
 * Holds the ticks of one client to the promise of the `sequence` feature: each instrument's numbers rise by one, in one
 * epoch. Reads them from a message's bytes, since a parser would take more of the machine than what is attacked.
 */

/** What a message must hold to be found: every symbol of the load begins so, with four digits behind. */
const SYMBOL = Buffer.from('BENCH');
const SYMBOL_DIGITS = 4;
const ZERO = 48;

type ReadNumber = (buffer: Buffer, from: number, to: number) => number;

/** @returns the number behind the key, or NaN when the message has none */
function behindText(key: string): ReadNumber {
  const bytes = Buffer.from(key);
  return (buffer, from, to) => {
    const found = buffer.indexOf(bytes, from);
    if (found < 0 || found >= to) return Number.NaN;
    let value = 0;
    for (let at = found + bytes.length; at < to; at++) {
      const digit = buffer[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    return value;
  };
}

/** The same of msgpack, where each is a float64. */
function behindName(name: string): ReadNumber {
  const bytes = Buffer.from(`${String.fromCharCode(0xa0 + name.length)}${name}\xcb`, 'latin1');
  return (buffer, from, to) => {
    const found = buffer.indexOf(bytes, from);
    return found < 0 || found >= to ? Number.NaN : buffer.readDoubleBE(found + bytes.length);
  };
}

const READERS = {
  json: { seq: behindText('"seq": '), epoch: behindText('"epoch": ') },
  msgpack: { seq: behindName('seq'), epoch: behindName('epoch') },
} as const;

export class SequenceCheck {
  readonly #seq: ReadNumber;
  readonly #epoch: ReadNumber;
  readonly #latest: Float64Array;
  readonly #epochs: Float64Array;
  /** Ticks that were not the one behind the one before. */
  faults = 0;

  /** @param instruments how many there are; their symbols are numbered from 0 */
  constructor(framing: keyof typeof READERS, instruments: number) {
    this.#seq = READERS[framing].seq;
    this.#epoch = READERS[framing].epoch;
    this.#latest = new Float64Array(instruments);
    this.#epochs = new Float64Array(instruments);
  }

  /** A tick, between two places of a buffer. One without its numbers is a fault. */
  check(buffer: Buffer, from: number, to: number): void {
    const seq = this.#seq(buffer, from, to);
    const epoch = this.#epoch(buffer, from, to);
    const index = readIndex(buffer, from);
    const before = this.#latest[index];
    // The first tick of an instrument begins the count.
    const isNext = before === 0 || (seq === before! + 1 && epoch === this.#epochs[index]);
    if (!isNext || Number.isNaN(seq) || Number.isNaN(epoch)) this.faults++;
    this.#latest[index] = seq;
    this.#epochs[index] = epoch;
  }
}

function readIndex(buffer: Buffer, from: number): number {
  const found = buffer.indexOf(SYMBOL, from) + SYMBOL.length;
  let index = 0;
  for (let i = 0; i < SYMBOL_DIGITS; i++) index = index * 10 + buffer[found + i]! - ZERO;
  return index;
}
