/**
 * What a process says of itself in numbers: for Prometheus (`/metrics`), for supervisors (`/healthz`, `/readyz`), and for the
 * dashboard. Everything comes from what the threads have told; a thread that has fallen silent is told of as such, and not
 * by the last that it said. Main thread; nothing is computed while nobody asks.
 */

import type { ThreadMeasures } from '../../workers/measures/thread-measures.ts';
import { ThreadWatch } from '../../workers/measures/thread-watch.ts';
import type { ExchangeStanding } from '../brokers/feed-status.ts';
import type { Percentiles } from './histogram-totals.ts';
import { createRegistry } from './metric-registry.ts';
import { type Phase, type ReadinessFacts, type Reason, reasonsNotReady } from './readiness.ts';
import {
  type ClockOffsetFigure,
  clockOffset,
  type LocalHop,
  recentDelays,
  recentHop,
  type ThreadFigures,
  threadFigures,
} from './recent-figures.ts';
import { sumCounters, sumLosses } from './sum-counters.ts';
import { ThreadRecord } from './thread-record.ts';

export type HostRole = 'engine' | 'feed' | 'proxy';

/** A worker of the process, as its supervisor sees it. */
export interface MeasuredWorker {
  readonly record: ThreadRecord;
  readonly isRunning: boolean;
  readonly restarts: number;
}

/** A connection to a broker. */
export interface MeasuredUpstream extends MeasuredWorker {
  readonly feed: number;
  readonly broker: string;
  readonly account: string;
  readonly state: ReadinessFacts['upstreams'][number]['state'];
  readonly detail: string;
  /** Instruments that it carries. */
  readonly instruments: number;
}

/** What there is at the moment. */
export interface MeasuredHost {
  readonly role: HostRole;
  readonly workers: () => readonly MeasuredWorker[];
  readonly upstreams: () => readonly MeasuredUpstream[];
  /** Users whose key is good and who have no broker session. */
  readonly unservedUsers: () => number;
  /** How whole exchanges stand. */
  readonly exchanges: () => readonly ExchangeStanding[];
}

/** What the operator's listener answers. */
export interface MetricsPage {
  readonly status: 200 | 404 | 503;
  readonly contentType: string;
  readonly body: string;
}

const PERIOD_MS = 1000;
const JSON_TYPE = 'application/json; charset=utf-8';

export class EngineMetrics {
  readonly #host: MeasuredHost;
  readonly #main = new ThreadRecord('main');
  /** Also those of connections that have ended: what they lost stays lost. */
  readonly #records = new Set<ThreadRecord>([this.#main]);
  readonly #restarts = new Map<ThreadRecord, number>();
  /** Of connections, also of those that have ended. */
  readonly #brokers = new Map<ThreadRecord, string>();
  readonly #registry = createRegistry(this);
  readonly startedAt = Date.now();
  #watch: ThreadWatch | null = null;
  #timer: NodeJS.Timeout | undefined;
  #phase: Phase = 'starting';
  /** Of the package; empty until the start knows it. */
  version = '';

  constructor(host: MeasuredHost) {
    this.#host = host;
  }

  /** Begins to measure this thread. */
  start(): void {
    const watch = new ThreadWatch();
    this.#watch = watch;
    this.#timer = setInterval(() => {
      const measures: ThreadMeasures = { type: 'measures', hops: [], health: watch.take(), clock: null };
      this.#main.noteMeasures(measures);
      this.#follow();
    }, PERIOD_MS);
    this.#timer.unref();
  }

  /** Safe in every state. */
  stop(): void {
    clearInterval(this.#timer);
    this.#watch?.stop();
    this.#watch = null;
  }

  /** The start has ended, or the clients are let go. */
  enter(phase: Phase): void {
    this.#phase = phase;
  }

  get host(): MeasuredHost {
    return this.#host;
  }

  /** All that have ever been, as far as they were seen by a look a second. */
  get records(): ReadonlySet<ThreadRecord> {
    this.#follow();
    return this.#records;
  }

  /** Lives of a thread behind the first. */
  restartsOf(record: ThreadRecord): number {
    return this.#restarts.get(record) ?? 0;
  }

  /** The broker to which a thread is connected; undefined for one that is not. */
  brokerOf(record: ThreadRecord): string | undefined {
    return this.#brokers.get(record);
  }

  hops(): Readonly<Record<LocalHop, Percentiles | null>> {
    const to = this.#host.role === 'feed' ? 'bus' : 'clients';
    const hop = (name: LocalHop) => recentHop(this.records, name, to);
    return {
      receive_to_publish: hop('receive_to_publish'),
      publish_to_send: hop('publish_to_send'),
      receive_to_send: hop('receive_to_send'),
    };
  }

  /** ms from the exchange to here in the last ten seconds, by `segmentName`. */
  delays(): ReadonlyMap<string, Percentiles> {
    return recentDelays(this.#host.upstreams());
  }

  clockOffset(): ClockOffsetFigure | null {
    return clockOffset(this.records);
  }

  /** Since the start, by the labels of `tickwire_lost_total{where}`. */
  lost(): Readonly<Record<string, number>> {
    return sumLosses(this.records);
  }

  threads(): readonly ThreadFigures[] {
    const figures: ThreadFigures[] = [];
    for (const record of this.records) {
      const of = threadFigures(record, this.restartsOf(record));
      if (of !== null) figures.push(of);
    }
    return figures;
  }

  clients(): { total: number; slow: number; backlogBytes: number } {
    const sum = (counter: string) =>
      [...this.records].reduce(
        (total, { kind, counters }) => total + (kind === 'proxy' ? (counters[counter] ?? 0) : 0),
        0,
      );
    return { total: sum('clients'), slow: sum('clientsSlow'), backlogBytes: sum('unsentBytes') };
  }

  /** Per second: ticks that come in (on a proxy host those that clients hold), and ticks that clients get, counted for each. */
  rates(): { ticksPerSecond: number; deliveriesPerSecond: number } {
    const sum = (from: string, ...counters: string[]) =>
      [...this.records].reduce((total, record) => {
        if (record.kind !== from) return total;
        return total + counters.reduce((rates, counter) => rates + record.rate(counter), 0);
      }, 0);
    return {
      ticksPerSecond: sum(this.#host.role === 'proxy' ? 'proxy' : 'feed', 'ticks'),
      deliveriesPerSecond: sum('proxy', 'deliveries', 'conflatedSent'),
    };
  }

  /** Ticks that came in and ticks that were given to clients, counted for each, since the start. */
  totals(): { ticks: number; deliveries: number } {
    const sum = (metric: string) =>
      sumCounters(metric, this.records).reduce((total, { value }) => total + value, 0);
    const ticks = this.#host.role === 'proxy' ? 'tickwire_wanted_ticks' : 'tickwire_ticks';
    return { ticks: sum(ticks), deliveries: sum('tickwire_deliveries') };
  }

  /** Why this process does not serve fresh ticks; nothing when it does. */
  reasons(): readonly Reason[] {
    const { workers, upstreams, unservedUsers, exchanges } = this.#host;
    const heard = ({ record, isRunning }: MeasuredWorker) => ({
      name: record.name,
      isRunning,
      isHeard: !record.isSilent,
    });
    // Why a connection has no worker is what its state says.
    const feeds = upstreams().filter(({ isRunning }) => isRunning);
    const threads = [...workers(), ...feeds].map(heard);
    return reasonsNotReady({
      phase: this.#phase,
      threads,
      upstreams: upstreams(),
      unservedUsers: unservedUsers(),
      exchanges: exchanges(),
      links: this.#links(),
    });
  }

  ready(): { ok: boolean; reasons: readonly string[] } {
    const reasons = this.reasons().map(({ code, text }) => `${code}: ${text}`);
    return { ok: reasons.length === 0, reasons };
  }

  /** What is answered at a path of the operator's listener. Never rejects. */
  async page(path: string): Promise<MetricsPage> {
    switch (path) {
      case '/metrics':
        return { status: 200, contentType: this.#registry.contentType, body: await this.#registry.metrics() };
      case '/healthz':
        return answer(200, { status: 'ok', role: this.#host.role, version: this.version });
      case '/readyz': {
        const { ok, reasons } = this.ready();
        return answer(ok ? 200 : 503, { status: ok ? 'ready' : 'not ready', reasons });
      }
      default:
        return answer(404, { status: 'not found' });
    }
  }

  #follow(): void {
    const { workers, upstreams } = this.#host;
    const connections = upstreams();
    for (const { record, broker } of connections) this.#brokers.set(record, broker);
    for (const { record, restarts } of [...workers(), ...connections]) {
      this.#records.add(record);
      this.#restarts.set(record, restarts);
    }
  }

  #links(): ReadinessFacts['links'] {
    let links: { all: number; up: number } | null = null;
    for (const { counters } of this.records) {
      if (counters.links === undefined) continue;
      links ??= { all: 0, up: 0 };
      links.all += counters.links;
      links.up += counters.linksUp ?? 0;
    }
    return links;
  }
}

function answer(status: MetricsPage['status'], body: object): MetricsPage {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(body)}\n` };
}
