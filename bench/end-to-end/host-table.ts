/** What the feed host and the proxy hosts of a run used, each for itself. */
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { HostUse } from './host-use.ts';
import { copiesOf, type RunResult } from './run-result.ts';

/** CPU per tick and per delivery, µs. */
export interface HostCost {
  /** The feed host, per tick: all of it. */
  readonly feedPerTick: number;
  /** ZeroMQ's own threads at the feed host, per tick. */
  readonly feedZeromqPerTick: number;
  /** A proxy that has clients, the mean of all of them: per tick that it got. */
  readonly proxyPerTick: number;
  readonly proxyZeromqPerTick: number;
  /** The same by its deliveries. */
  readonly proxyPerDelivery: number;
}

/** Null where the system does not tell. */
export function hostCostOf(run: RunResult): HostCost | null {
  const [feed, ...proxies] = run.hosts;
  const busy = proxies.slice(0, run.proxies ?? 1);
  const cpu = meanOf(busy, ({ cpuSeconds }) => cpuSeconds);
  const zeromq = meanOf(busy, ({ zeromqSeconds }) => zeromqSeconds);
  if (feed === undefined || feed.cpuSeconds === null || feed.zeromqSeconds === null) return null;
  if (cpu === null || zeromq === null) return null;
  const perTick = (seconds: number) => (seconds * 1e6) / run.measuredTicks;
  return {
    feedPerTick: perTick(feed.cpuSeconds),
    feedZeromqPerTick: perTick(feed.zeromqSeconds),
    proxyPerTick: perTick(cpu),
    proxyZeromqPerTick: perTick(zeromq),
    proxyPerDelivery: perTick(cpu) / copiesOf(run),
  };
}

function meanOf(hosts: readonly HostUse[], of: (host: HostUse) => number | null): number | null {
  let sum = 0;
  for (const host of hosts) {
    const value = of(host);
    if (value === null) return null;
    sum += value;
  }
  return sum / hosts.length;
}

const COLUMNS: readonly (readonly [keyof HostCost, string])[] = [
  ['feedPerTick', 'feed host'],
  ['feedZeromqPerTick', 'of which ZeroMQ'],
  ['proxyPerTick', 'each proxy'],
  ['proxyZeromqPerTick', 'of which ZeroMQ'],
];

export function hostTable(title: string, cells: ReadonlyMap<string, readonly RunResult[]>): Table {
  const rows = [...cells].map(([name, runs]) => {
    const costs = runs.map(hostCostOf).filter((cost) => cost !== null);
    const cell = (of: (cost: HostCost) => number) =>
      costs.length === 0 ? '-' : formatSpread(spreadOf(costs.map(of)), 1);
    const deliveries = runs.map(({ received, sent, perSecond }) => {
      return (received / sent) * perSecond;
    });
    return [
      name,
      spreadOf(deliveries).median.toFixed(0),
      String(runs.reduce((sum, { lost }) => sum + lost, 0)),
      ...COLUMNS.map(([key]) => cell((cost) => cost[key])),
      cell((cost) => cost.proxyPerDelivery),
    ];
  });
  const columns = [
    'CPU µs per tick',
    'deliveries/s',
    'lost',
    ...COLUMNS.map(([, name]) => name),
    'each proxy, per delivery',
  ];
  return { title, columns, rows };
}
