import type { ExchangeWire } from '../../codec/exchange-wire.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedInstrument } from './simulated-instrument.ts';
import type { KnownInstrument } from './simulator-options.ts';

/** Numbers of a segment's sequence counter between two ticks: others trade in the segment too. */
const MOST_SEQUENCE_STEP = 800;

/** The key of a token: it is unique only inside its exchange. */
export function instrumentKey(exchangeType: number, token: string): string {
  return `${exchangeType}/${token}`;
}

/** Every instrument that was ever asked for, and one sequence counter per segment. */
export class SimulatedMarket {
  readonly #wire: ExchangeWire;
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #known = new Map<string, KnownInstrument>();
  readonly #instruments = new Map<string, SimulatedInstrument>();
  /** Last sequence number by exchange type. */
  readonly #sequence: number[] = [];

  constructor(wire: ExchangeWire, seed: number, known: readonly KnownInstrument[]) {
    this.#wire = wire;
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    for (const instrument of known) {
      this.#known.set(instrumentKey(instrument.exchangeType, instrument.token), instrument);
    }
  }

  /**
   * The instrument of a token, made on first use. Known instruments are the ones that people watch: they tick as liquid
   * ones, so that a demonstration with a dozen of them looks alive.
   * @throws RangeError for a token that the wire cannot carry.
   */
  instrument(exchangeType: number, token: string, nowMs: number): SimulatedInstrument {
    const key = instrumentKey(exchangeType, token);
    const existing = this.#instruments.get(key);
    if (existing !== undefined) return existing;
    const known = this.#known.get(key);
    const kind = known?.kind ?? this.#wire.guessKind(exchangeType, token);
    const instrument = new SimulatedInstrument(
      {
        exchangeType,
        token,
        kind,
        referencePrice: known?.referencePrice ?? null,
        tickClass: known === undefined || kind === 'index' ? null : 'liquid',
      },
      this.#wire,
      this.#seed,
      nowMs,
    );
    this.#numberNext(instrument);
    this.#instruments.set(key, instrument);
    return instrument;
  }

  /** One tick of an instrument. Runs in the simulated exchange's thread; neither allocates nor throws. */
  step(instrument: SimulatedInstrument, nowMs: number): void {
    instrument.step(nowMs);
    this.#numberNext(instrument);
  }

  #numberNext(instrument: SimulatedInstrument): void {
    if (instrument.kind === 'index') return;
    const { exchangeType } = instrument;
    const next = (this.#sequence[exchangeType] ?? 0) + this.#random.between(1, MOST_SEQUENCE_STEP);
    this.#sequence[exchangeType] = next;
    instrument.sequenceNumber = next;
  }
}
