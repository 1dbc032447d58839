/** Puts together, once a second, what an operator sees of the process. Main thread; a look takes some ms at most. */
import type { Instrument } from '../../codec/tick.ts';
import type {
  EngineFigures,
  EngineView,
  HistoryPoint,
  HostView,
  InstrumentView,
  UpstreamView,
} from '../ops/engine-view.ts';
import { segmentName } from '../ops/segment-name.ts';
import { InstrumentRates } from './instrument-rates.ts';

/** So many of the busiest instruments are shown. */
export const TOP_INSTRUMENTS = 20;

/** Of an engine; a proxy host has neither, since its instruments are known to its workers alone. */
export interface InstrumentSource {
  readonly lastValues: SharedArrayBuffer;
  /** Those that somebody needs. */
  readonly instruments: () => readonly Instrument[];
  /** Through whose session a slot's instrument comes. */
  readonly accountOf: (slot: number) => string;
}

export interface ViewCollectorParts {
  readonly host: () => HostView;
  readonly figures: EngineFigures;
  readonly upstreams: () => readonly UpstreamView[];
  readonly source: InstrumentSource | null;
}

export class ViewCollector {
  readonly #parts: ViewCollectorParts;
  readonly #rates: InstrumentRates | null;
  /** Clients by instrument, as they were counted last. */
  #holders: ReadonlyMap<string, number> = new Map();
  #top: readonly InstrumentView[] = [];

  constructor(parts: ViewCollectorParts) {
    this.#parts = parts;
    const { source } = parts;
    this.#rates = source === null ? null : new InstrumentRates(source.lastValues, source.accountOf);
  }

  /** The busiest instruments of the last view: those whose clients are worth counting. */
  get top(): readonly InstrumentView[] {
    return this.#top;
  }

  /** @param holders clients that hold each of `names` */
  noteHolders(
    names: readonly Pick<InstrumentView, 'exchange' | 'symbol'>[],
    holders: readonly number[],
  ): void {
    this.#holders = new Map(names.map((name, i) => [nameOf(name), holders[i] ?? 0]));
  }

  /**
   * What charts need of this second.
   * @param now ms since 1970
   */
  point(now: number): HistoryPoint {
    const { figures } = this.#parts;
    const hop = figures.hops().receive_to_send;
    return { at: now, ...figures.rates(), p50: hop?.p50 ?? null, p99: hop?.p99 ?? null };
  }

  /**
   * All there is to see.
   * @param now ms since 1970
   * @param at ms of performance.now()
   */
  collect(now: number, at: number): EngineView {
    const { host, figures, upstreams, source } = this.#parts;
    const { segments, top } = this.#rates?.look(source?.instruments() ?? [], now, at, TOP_INSTRUMENTS) ?? {
      segments: [],
      top: [],
    };
    const delays = figures.delays();
    this.#top = top.map((rate) => ({ ...rate, clients: this.#holders.get(nameOf(rate)) ?? 0 }));
    return {
      at: now,
      host: host(),
      ready: figures.ready(),
      upstreams: upstreams(),
      segments: segments.map((segment) => ({
        ...segment,
        delayMs: delays.get(segmentName(segment)) ?? null,
      })),
      rates: figures.rates(),
      hops: figures.hops(),
      clockOffset: figures.clockOffset(),
      lost: figures.lost(),
      clients: figures.clients(),
      threads: figures.threads(),
      topInstruments: this.#top,
    };
  }
}

function nameOf({ exchange, symbol }: Pick<InstrumentView, 'exchange' | 'symbol'>): string {
  return `${exchange}\0${symbol}`;
}
