/** The state of one instrument in a feed worker. */
import type { Instrument, Mode } from '../../codec/tick.ts';
import { buildTickTemplate, type TickTemplate, WORD, writeInt64 } from '../../codec/tick-message.ts';
import type { ExchangeDelay } from '../measures/broker-delays.ts';
import type { SlotState } from '../ring/slot-owners.ts';
import type { SlotTaking } from './slot-exchange.ts';

/**
 * AWAITED: another worker owns the instrument; its ticks are held. TAKING: ours, but not yet joined to what the other one
 * published. OWNED: ours; nobody can take it away but by asking this worker.
 */
export const OWNERSHIP = { AWAITED: 0, TAKING: 1, OWNED: 2 } as const;
export type Ownership = (typeof OWNERSHIP)[keyof typeof OWNERSHIP];

export type LastPublished = Pick<SlotState, 'lastTimeMs' | 'lastSeq' | 'lastDeepTimeMs'>;

/** One instrument of this feed. */
export class InstrumentFeed {
  readonly instrument: Instrument;
  /** The upstream mode that is wished for, 0 while only the deep overlay is. */
  wished: Mode | 0 = 0;
  /** Whether the 20-level overlay is wished for. */
  deep = false;
  /** A frame of the wished mode has come: frames of lower modes carry nothing new from then on. */
  wishedSeen = false;
  /** The next tick follows an outage. */
  gapBefore = false;
  deepGapBefore = false;
  seq = 0;
  /** Deep depth ticks are counted apart: their stream lies beside the other, and neither is a gap in it. */
  deepSeq = 0;
  /** Latest tick of modes LTP to DEPTH, from which a deep depth tick takes its LTP. */
  latest: TickTemplate | null = null;
  /** The last ticks that were published, as they were when the last value was looked at; by this worker or the one before. */
  published: LastPublished = { lastTimeMs: 0, lastSeq: 0, lastDeepTimeMs: 0 };
  /** Where its time from the exchange to here is counted; null where no exchange's time is known. */
  delay: ExchangeDelay | null = null;
  /** Of the latest tick, ms since 1970; 0 before the first. */
  exchangeTimeMs = 0;
  ownership: Ownership = OWNERSHIP.OWNED;
  /** Null while the instrument is owned. */
  taking: SlotTaking | null = null;
  readonly #templates: (TickTemplate | undefined)[] = [];
  readonly #priceDecimals: number;
  #epoch: number;

  constructor(instrument: Instrument, priceDecimals: number, epoch: number) {
    this.instrument = instrument;
    this.#priceDecimals = priceDecimals;
    this.#epoch = epoch;
  }

  get epoch(): number {
    return this.#epoch;
  }

  set epoch(epoch: number) {
    this.#epoch = epoch;
    for (const template of this.#templates) {
      if (template !== undefined) writeInt64(template.words, WORD.EPOCH, epoch);
    }
  }

  /** Goes on where another worker stopped. */
  goOn(state: SlotState): void {
    const { epoch, seq, deepSeq, gapBefore, deepGapBefore } = state;
    this.epoch = epoch;
    this.seq = seq;
    this.deepSeq = deepSeq;
    this.gapBefore = gapBefore;
    this.deepGapBefore = deepGapBefore;
    this.published = state;
  }

  /** The message to patch. Builds it at the first tick of a mode; neither allocates nor throws afterwards. */
  template(mode: Mode, levels?: number): TickTemplate {
    return this.#templates[mode] ?? this.#build(mode, levels);
  }

  #build(mode: Mode, levels: number | undefined): TickTemplate {
    const template = buildTickTemplate(this.instrument, mode, this.#priceDecimals, levels);
    writeInt64(template.words, WORD.EPOCH, this.#epoch);
    this.#templates[mode] = template;
    return template;
  }
}
