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
import { InstrumentRates } from './instrument-rates.ts';

/** So many of the busiest instruments are shown. */
export const TOP_INSTRUMENTS = 20;

/** Rates are those of so many seconds. */
const RATE_SECONDS = 4;

/** Of an engine; a proxy host has neither, since its instruments are known to its workers alone. */
export interface InstrumentSource {
  readonly lastValues: SharedArrayBuffer;
  /** Those that somebody needs. */
  readonly instruments: () => readonly Instrument[];
}

export interface ViewCollectorParts {
  readonly host: () => HostView;
  readonly figures: EngineFigures;
  readonly upstreams: (now: number) => readonly UpstreamView[];
  readonly source: InstrumentSource | null;
}

export class ViewCollector {
  readonly #parts: ViewCollectorParts;
  readonly #rates: InstrumentRates | null;
  /** Clients by instrument, as they were counted last. */
  #holders: ReadonlyMap<string, number> = new Map();
  #top: readonly InstrumentView[] = [];
  readonly #totals: { readonly at: number; readonly ticks: number; readonly deliveries: number }[] = [];

  constructor(parts: ViewCollectorParts) {
    this.#parts = parts;
    this.#rates = parts.source === null ? null : new InstrumentRates(parts.source.lastValues);
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
      upstreams: upstreams(at),
      segments: segments.map((segment) => ({ ...segment, delayMs: delays.get(segment.exchange) ?? null })),
      rates: this.#rateOf(figures.totals(), at),
      hops: figures.hops(),
      clockOffset: figures.clockOffset(),
      lost: figures.lost(),
      clients: figures.clients(),
      threads: figures.threads(),
      topInstruments: this.#top,
    };
  }

  /** Threads tell their counters once a second, each at its own moment: over fewer seconds one would be missed, or come twice. */
  #rateOf({ ticks, deliveries }: { ticks: number; deliveries: number }, at: number): EngineView['rates'] {
    this.#totals.push({ at, ticks, deliveries });
    if (this.#totals.length > RATE_SECONDS + 1) this.#totals.shift();
    const from = this.#totals[0]!;
    const perMs = (rise: number) => (at > from.at ? (rise * 1000) / (at - from.at) : 0);
    return {
      ticksPerSecond: perMs(ticks - from.ticks),
      deliveriesPerSecond: perMs(deliveries - from.deliveries),
    };
  }
}

/** What charts need of a view. */
export function historyPoint({ at, rates, hops }: EngineView): HistoryPoint {
  const hop = hops.receive_to_send;
  return { at, ...rates, p50: hop?.p50 ?? null, p99: hop?.p99 ?? null };
}

function nameOf({ exchange, symbol }: Pick<InstrumentView, 'exchange' | 'symbol'>): string {
  return `${exchange}\0${symbol}`;
}
