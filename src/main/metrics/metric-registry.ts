/** All metrics of the process, in Prometheus' form and by its conventions: base units, `_total` for what only rises. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { StallStatus } from '../../workers/feed/feed-verdict.ts';
import { COUNTER_ROWS } from './counter-table.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import { GAUGE_ROWS, type GaugeRow } from './gauge-table.ts';
import { HistogramMetric, type HistogramSeries } from './histogram-metric.ts';
import { LOSS_PLACES, LOSSES } from './loss-counters.ts';
import { NOT_READY_CODES } from './readiness.ts';
import { type LabelledValue, sumCounters } from './sum-counters.ts';
import type { ThreadRecord } from './thread-record.ts';

const FEED_STATES = ['connecting', 'live', 'reconnecting', 'refused', 'stopped'];
const EXCHANGE_STATUSES: readonly StallStatus[] = ['live', 'stale', 'mute', 'recovering', 'market_closed'];
const MS_PER_S = 1000;
const US_PER_S = 1e6;
/** Bounds of the histograms, as powers of two of µs: 4 µs to 67 s, 1 ms to 8 s, 128 µs to 1 s. */
const HOP_OCTAVES: [number, number] = [2, 26];
const LOOP_OCTAVES: [number, number] = [10, 23];
const GC_OCTAVES: [number, number] = [7, 20];

type Read = () => Iterable<LabelledValue>;
/** What the registry is made of when it is asked; `EngineMetrics` itself is not complete while it makes it. */
type Source = Pick<
  EngineMetrics,
  'host' | 'version' | 'records' | 'restartsOf' | 'brokerOf' | 'reasons' | 'clockOffset' | 'startedAt'
>;

class MetricSet {
  readonly registry = new Registry();

  gauge(name: string, help: string, labelNames: string[], read: Read): void {
    const { registry } = this;
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        // What is not known is absent, and not the 0 that the library begins with.
        if (labelNames.length === 0) this.remove();
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }

  counter(name: string, help: string, labelNames: string[], read: Read): void {
    const { registry } = this;
    new Counter({
      name: `${name}_total`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.inc(labels, value);
      },
    });
  }

  histogram(
    name: string,
    help: string,
    labelNames: string[],
    octaves: [number, number],
    read: () => Iterable<HistogramSeries>,
  ): void {
    new HistogramMetric({ name, help, labelNames, octaves, read, registry: this.registry });
  }
}

function addCounters(metrics: MetricSet, source: Source): void {
  for (const metric of new Set(COUNTER_ROWS.map((row) => row.metric))) {
    const rows = COUNTER_ROWS.filter((row) => row.metric === metric);
    const labelNames = new Set<string>();
    for (const { byFeed, byThread, counters, prefix } of rows) {
      if (byFeed === true) labelNames.add('feed');
      if (byThread === true) labelNames.add('thread');
      if (prefix !== undefined) labelNames.add(prefix.label);
      for (const labels of Object.values(counters))
        for (const name of Object.keys(labels)) labelNames.add(name);
    }
    metrics.counter(metric, rows[0]!.help, [...labelNames], () => {
      const values = sumCounters(metric, source.records);
      if (metric !== LOSSES[0]!.metric) return values;
      const unseen = LOSS_PLACES.filter((place) => !values.some(({ labels }) => labels.where === place));
      return [...values, ...unseen.map((where) => ({ labels: { where }, value: 0 }))];
    });
  }
}

function readGauge({ from, counter, over }: GaugeRow, threads: Iterable<ThreadRecord>): LabelledValue[] {
  const values = [...threads].flatMap(({ kind, counters }) =>
    kind === from ? [counters[counter] ?? 0] : [],
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return [{ labels: {}, value: over === 'sum' ? sum : Math.max(0, ...values) }];
}

function addHost(metrics: MetricSet, source: Source): void {
  const { gauge } = bound(metrics);
  gauge('tickwire_build_info', 'Version and role of the process.', ['version', 'role', 'node'], () => {
    const { version } = source;
    const { role } = source.host;
    return [{ labels: { version, role, node: process.versions.node }, value: 1 }];
  });
  gauge(
    'tickwire_ready',
    'Whether clients get fresh ticks here: 1, or 0 with a reason in tickwire_not_ready.',
    [],
    () => [{ labels: {}, value: source.reasons().length === 0 ? 1 : 0 }],
  );
  gauge('tickwire_not_ready', 'Reasons not to be ready, by their code.', ['code'], () => {
    const codes = source.reasons().map(({ code }) => code);
    return NOT_READY_CODES.map((code) => ({
      labels: { code },
      value: codes.filter((each) => each === code).length,
    }));
  });
  gauge('process_start_time_seconds', 'Start of the process, seconds since 1970.', [], () => [
    { labels: {}, value: source.startedAt / MS_PER_S },
  ]);
  gauge('process_resident_memory_bytes', 'Memory of the process, of all threads.', [], () => [
    { labels: {}, value: process.memoryUsage.rss() },
  ]);
  metrics.counter('process_cpu_seconds', 'CPU time of the process, of all threads.', ['mode'], () => {
    const { user, system } = process.cpuUsage();
    return [
      { labels: { mode: 'user' }, value: user / US_PER_S },
      { labels: { mode: 'system' }, value: system / US_PER_S },
    ];
  });
  gauge(
    'tickwire_clock_offset_seconds',
    "How far this machine's clock is proven to be ahead of the exchanges'; negative: behind.",
    [],
    () => {
      const offset = source.clockOffset();
      return offset === null ? [] : [{ labels: {}, value: offset.ms / MS_PER_S }];
    },
  );
  gauge(
    'tickwire_clock_offset_uncertainty_seconds',
    'By how much it may be another; absent while nothing bounds it.',
    [],
    () => {
      const ms = source.clockOffset()?.uncertaintyMs ?? null;
      return ms === null ? [] : [{ labels: {}, value: ms / MS_PER_S }];
    },
  );
}

function addUpstreams(metrics: MetricSet, source: Source): void {
  const { gauge } = bound(metrics);
  gauge(
    'tickwire_upstream_state',
    'State of each connection to a broker: 1 for the one that it is in.',
    ['feed', 'broker', 'state'],
    () =>
      source.host.upstreams().flatMap(({ feed, broker, state }) =>
        FEED_STATES.map((each) => ({
          labels: { feed: String(feed), broker, state: each },
          value: Number(each === state),
        })),
      ),
  );
  gauge(
    'tickwire_upstream_instruments',
    'Instruments that each connection to a broker carries.',
    ['feed', 'broker'],
    () =>
      source.host.upstreams().map(({ feed, broker, instruments }) => ({
        labels: { feed: String(feed), broker },
        value: instruments,
      })),
  );
}

function addExchanges(metrics: MetricSet, source: Source): void {
  const help =
    'What the stall watchdog says of an exchange on a connection that is up: 1 for the present status.';
  bound(metrics).gauge('tickwire_exchange_status', help, ['feed', 'exchange', 'status'], () =>
    source.host.exchanges().flatMap(({ feed, exchange, status }) =>
      EXCHANGE_STATUSES.map((each) => ({
        labels: { feed: String(feed), exchange, status: each },
        value: Number(each === status),
      })),
    ),
  );
}

function addThreads(metrics: MetricSet, source: Source): void {
  const running = () =>
    [...source.host.workers(), ...source.host.upstreams()].filter(({ isRunning }) => isRunning);
  const each = (read: (record: ThreadRecord) => number | null) => () =>
    [...source.records].flatMap((record) => {
      const value = read(record);
      return value === null ? [] : [{ labels: { thread: record.name }, value }];
    });
  const { gauge } = bound(metrics);
  gauge(
    'tickwire_thread_utilization_ratio',
    'Part of the last second in which the event loop had work.',
    ['thread'],
    each(({ recent }) => recent?.health.utilization ?? null),
  );
  gauge(
    'tickwire_thread_heap_bytes',
    'JavaScript heap of the thread in use.',
    ['thread'],
    each(({ recent }) => recent?.health.heapBytes ?? null),
  );
  gauge('tickwire_thread_silent', '1 for a thread that has said nothing for seconds.', ['thread'], () =>
    running().map(({ record }) => ({ labels: { thread: record.name }, value: Number(record.isSilent) })),
  );
  metrics.counter(
    'tickwire_thread_restarts',
    'Times that a worker failed and was started again.',
    ['thread'],
    each((record) => source.restartsOf(record)),
  );
  metrics.histogram(
    'tickwire_event_loop_delay_seconds',
    'How late timers of the event loop were.',
    ['thread'],
    LOOP_OCTAVES,
    () => [...source.records].map(({ name, loopDelay }) => ({ labels: { thread: name }, totals: loopDelay })),
  );
  metrics.histogram(
    'tickwire_gc_pause_seconds',
    'Pauses of the thread for garbage collection.',
    ['thread', 'kind'],
    GC_OCTAVES,
    () =>
      [...source.records].flatMap(({ name, gc }) =>
        [...gc].map(([kind, totals]) => ({ labels: { thread: name, kind }, totals })),
      ),
  );
}

function addHops(metrics: MetricSet, source: Source): void {
  const read = function* (): Generator<HistogramSeries> {
    for (const record of source.records) {
      const broker = source.brokerOf(record) ?? '';
      for (const { hop, exchange, to, totals } of record.hops.values()) {
        const whose = { ...(exchange !== '' && { broker, exchange }), ...(to !== '' && { to }) };
        yield { labels: { hop, thread: record.name, ...whose }, totals };
      }
    }
  };
  const help =
    'The way of a tick: exchange_to_receive (by broker and exchange), receive_to_publish, publish_to_send, receive_to_send (to clients or the bus).';
  metrics.histogram(
    'tickwire_hop_seconds',
    help,
    ['hop', 'thread', 'broker', 'exchange', 'to'],
    HOP_OCTAVES,
    read,
  );
}

function bound(metrics: MetricSet): Pick<MetricSet, 'gauge'> {
  return { gauge: (...row) => metrics.gauge(...row) };
}

/** Reads from `source` whenever it is asked for the text, and not before. */
export function createRegistry(source: Source): Registry {
  const metrics = new MetricSet();
  addHost(metrics, source);
  addUpstreams(metrics, source);
  addExchanges(metrics, source);
  addHops(metrics, source);
  for (const row of GAUGE_ROWS) metrics.gauge(row.metric, row.help, [], () => readGauge(row, source.records));
  addCounters(metrics, source);
  addThreads(metrics, source);
  return metrics.registry;
}
