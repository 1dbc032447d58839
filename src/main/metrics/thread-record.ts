/**
 * What one thread of the process has told of itself, over all its lives. Counters of a worker begin with 0 when it is
 * started again; the totals here never go back, so that no loss is forgotten because the thread that had it failed.
 */
import type {
  ClockBounds,
  HopMeasure,
  HopName,
  ThreadMeasures,
} from '../../workers/measures/thread-measures.ts';
import { HistogramTotals } from './histogram-totals.ts';

type Counters = Readonly<Record<string, number>>;

/** A hop since the start of the process. */
export interface RecordedHop {
  readonly hop: HopName;
  readonly exchange: string;
  readonly to: string;
  readonly totals: HistogramTotals;
}

/** Measures that are older than this say nothing about the present: the thread stands still, or is gone. */
const FRESH_MS = 3000;
/** Many exchanges tell whole seconds, so that one tick a second can be timed: fewer of them would be no percentile. */
const DELAY_SECONDS = 10;

export class ThreadRecord {
  /** As in the log: `proxy 0`, `feed 1`. */
  readonly name: string;
  /** The name without its number. */
  readonly kind: string;
  readonly totals = new Map<string, number>();
  readonly hops = new Map<string, RecordedHop>();
  readonly loopDelay = new HistogramTotals();
  readonly gc = new Map<string, HistogramTotals>();
  /** What it said last, empty while it is not there: the truth about what is now, and not about what has happened. */
  counters: Counters = {};
  /** The counters of a second before, and how long that was. */
  #countersBefore: Counters = {};
  #countersAt = 0;
  #betweenMs = 0;
  readonly #delays: (readonly HopMeasure[])[] = [];
  #recent: ThreadMeasures | null = null;
  /** When it was heard last, or began. */
  #heardAt: number;
  readonly #now: () => number;

  constructor(name: string, now: () => number = () => performance.now()) {
    this.name = name;
    this.kind = name.replace(/ \d+$/, '');
    this.#now = now;
    this.#heardAt = now();
  }

  /** What it said within the last seconds; null when it is silent. */
  get recent(): ThreadMeasures | null {
    return this.isSilent ? null : this.#recent;
  }

  /** It has said nothing for seconds. */
  get isSilent(): boolean {
    return this.#now() - this.#heardAt > FRESH_MS;
  }

  /** `exchange_to_receive` of the last ten seconds; nothing of a silent thread. */
  get delays(): readonly HopMeasure[] {
    return this.isSilent ? [] : this.#delays.flat();
  }

  /** How far the clock is ahead of the exchanges', as this thread's connection knows it. */
  get clock(): ClockBounds | null {
    return this.recent?.clock ?? null;
  }

  /** How fast a counter rises, per second, as of the latest two times that the thread told it; 0 for a silent one. */
  rate(counter: string): number {
    if (this.isSilent || this.#betweenMs === 0) return 0;
    return ((this.counters[counter] ?? 0) - (this.#countersBefore[counter] ?? 0)) / (this.#betweenMs / 1000);
  }

  /** Its thread has ended, or begins. */
  renew(): void {
    this.counters = {};
    this.#betweenMs = 0;
    this.#countersAt = 0;
    this.#recent = null;
    this.#delays.length = 0;
    this.#heardAt = this.#now();
  }

  noteCounters(counters: Counters): void {
    const before = this.counters;
    for (const [name, value] of Object.entries(counters)) {
      const step = value - (before[name] ?? 0);
      this.totals.set(name, (this.totals.get(name) ?? 0) + Math.max(0, step));
    }
    this.#countersBefore = before;
    this.counters = counters;
    const now = this.#now();
    this.#betweenMs = this.#countersAt === 0 ? 0 : now - this.#countersAt;
    this.#countersAt = now;
  }

  noteMeasures(measures: ThreadMeasures): void {
    this.#recent = measures;
    this.#heardAt = this.#now();
    for (const measure of measures.hops) this.#hop(measure).totals.add(measure.increment);
    this.#delays.push(measures.hops.filter(({ exchange }) => exchange !== ''));
    if (this.#delays.length > DELAY_SECONDS) this.#delays.shift();
    const { loopDelay, gc } = measures.health;
    if (loopDelay !== null) this.loopDelay.add(loopDelay);
    for (const { kind, pauses } of gc) {
      const totals = this.gc.get(kind) ?? new HistogramTotals();
      this.gc.set(kind, totals);
      totals.add(pauses);
    }
  }

  #hop({ hop, exchange, to }: HopMeasure): RecordedHop {
    const key = `${hop}/${exchange}/${to}`;
    const known = this.hops.get(key);
    if (known !== undefined) return known;
    const recorded = { hop, exchange, to, totals: new HistogramTotals() };
    this.hops.set(key, recorded);
    return recorded;
  }
}
