/**
 * What the last values tell of instruments and exchanges: how old the latest tick is and how many came. A look takes some
 * 0.3 µs for each instrument. Main thread; it reads what feed workers wrote and is seen by nobody.
 */
import type { Instrument } from '../../codec/tick.ts';
import { MAX_DEEP_TICK_BYTES, readInt64, WORD } from '../../codec/tick-message.ts';
import { KIND, LastValueTable } from '../../workers/ring/last-value-table.ts';
import type { SegmentView } from '../ops/engine-view.ts';
import { segmentName } from '../ops/segment-name.ts';

const NS_PER_MS = 1_000_000;

/** Two looks that are closer tell more of chance than of the rate. */
const SHORTEST_MS = 500;

/** Where an instrument stands. */
interface Standing {
  readonly epoch: number;
  readonly seq: number;
  /** ms of the clock of the looks */
  readonly at: number;
}

/** What the last look, or the one before, has found. */
interface Seen extends Standing {
  readonly ticksPerSecond: number;
}

export interface InstrumentRate {
  readonly exchange: string;
  readonly symbol: string;
  readonly ticksPerSecond: number;
  readonly lastTickAgeMs: number | null;
}

export type SegmentRate = Omit<SegmentView, 'delayMs'>;

export class InstrumentRates {
  readonly #table: LastValueTable;
  readonly #accountOf: (slot: number) => string;
  readonly #words = new Int32Array(MAX_DEEP_TICK_BYTES / 4);
  readonly #seen = new Map<number, Seen>();

  /** @param accountOf through whose session a slot's instrument comes */
  constructor(lastValues: SharedArrayBuffer, accountOf: (slot: number) => string) {
    this.#table = new LastValueTable(lastValues);
    this.#accountOf = accountOf;
  }

  /**
   * @param instruments those that somebody needs
   * @param now ms since 1970
   * @param at ms of a clock that never goes back
   * @param most so many of the busiest are told
   */
  look(
    instruments: readonly Instrument[],
    now: number,
    at: number,
    most: number,
  ): { readonly segments: SegmentRate[]; readonly top: InstrumentRate[] } {
    const segments = new Map<string, SegmentRate>();
    const rates: InstrumentRate[] = [];
    const slots = new Set<number>();
    for (const instrument of instruments) {
      slots.add(instrument.slot);
      const rate = this.#lookAt(instrument, now, at);
      rates.push(rate);
      const { broker, exchange } = instrument;
      const key = { broker, account: this.#accountOf(instrument.slot), exchange };
      const name = segmentName(key);
      const before = segments.get(name);
      segments.set(name, {
        ...key,
        lastTickAgeMs: least(before?.lastTickAgeMs ?? null, rate.lastTickAgeMs),
        ticksPerSecond: (before?.ticksPerSecond ?? 0) + rate.ticksPerSecond,
      });
    }
    for (const slot of this.#seen.keys()) if (!slots.has(slot)) this.#seen.delete(slot);
    rates.sort((one, other) => other.ticksPerSecond - one.ticksPerSecond);
    const sorted = [...segments].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each);
    return { segments: sorted, top: rates.slice(0, most) };
  }

  #lookAt({ slot, exchange, symbol }: Instrument, now: number, at: number): InstrumentRate {
    const words = this.#words;
    if (this.#table.read(slot, KIND.BASE, words) === 0) {
      return { exchange, symbol, ticksPerSecond: 0, lastTickAgeMs: null };
    }
    const epoch = readInt64(words, WORD.EPOCH);
    const seq = readInt64(words, WORD.SEQ);
    const ticksPerSecond = this.#rateOf(slot, { epoch, seq, at });
    const lastTickAgeMs = Math.max(0, now - readInt64(words, WORD.RECEIVE_TIME_NS) / NS_PER_MS);
    return { exchange, symbol, ticksPerSecond, lastTickAgeMs };
  }

  #rateOf(slot: number, standing: Standing): number {
    const seen = this.#seen.get(slot);
    if (seen !== undefined && standing.at - seen.at < SHORTEST_MS) return seen.ticksPerSecond;
    const ticksPerSecond = seen === undefined ? 0 : rateBetween(seen, standing);
    this.#seen.set(slot, { ...standing, ticksPerSecond });
    return ticksPerSecond;
  }
}

/** A new epoch counts from 1 again. */
function rateBetween(before: Standing, now: Standing): number {
  const ticks = now.epoch === before.epoch ? now.seq - before.seq : now.seq;
  return (Math.max(0, ticks) * 1000) / (now.at - before.at);
}

function least(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
