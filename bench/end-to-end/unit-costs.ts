/** From the runs of one round to what a tick, a proxy and a delivery cost. */
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import { hostCostOf } from './host-table.ts';
import { copiesOf, type RunResult } from './run-result.ts';
import type { UnitCosts } from './scale-out.ts';

/** Runs that differ from the first in one thing each. */
export interface CostRuns {
  readonly base: RunResult;
  readonly moreProxies: RunResult;
  readonly moreClients: RunResult;
  /** The number of clients may differ too. */
  readonly moreTicks: RunResult;
}

/** Null where the system does not tell. */
export function unitCostsOf({ base, moreProxies, moreClients, moreTicks }: CostRuns): UnitCosts | null {
  const [one, several, crowded, fast] = [base, moreProxies, moreClients, moreTicks].map(hostCostOf);
  if (!one || !several || !crowded || !fast) return null;
  const proxies = (moreProxies.proxies ?? 1) - (base.proxies ?? 1);
  const perDelivery = (crowded.proxyPerTick - one.proxyPerTick) / (copiesOf(moreClients) - copiesOf(base));
  const cores = (perTick: number, { perSecond }: RunResult) => (perTick * perSecond) / 1e6;
  const line = (low: number, high: number) => {
    const perTick = ((high - low) / (moreTicks.perSecond - base.perSecond)) * 1e6;
    return { perTick, cores: low - cores(perTick, base) };
  };
  const feed = line(cores(one.feedPerTick, base), cores(fast.feedPerTick, moreTicks));
  const proxy = line(
    cores(one.proxyPerTick - perDelivery * copiesOf(base), base),
    cores(fast.proxyPerTick - perDelivery * copiesOf(moreTicks), moreTicks),
  );
  return {
    feedCores: feed.cores,
    feedPerTick: feed.perTick,
    feedPerTickAndProxy: (several.feedPerTick - one.feedPerTick) / proxies,
    ioPerTickAndProxy: (several.feedZeromqPerTick - one.feedZeromqPerTick) / proxies,
    proxyCores: proxy.cores,
    proxyPerTick: proxy.perTick,
    perDelivery,
    bytesPerDelivery: base.payloadBytes / base.received,
  };
}

const NAMES: Readonly<Record<keyof UnitCosts, string>> = {
  feedCores: 'feed host with one proxy, at any load, cores',
  feedPerTick: 'the same, µs per tick',
  feedPerTickAndProxy: 'feed host, µs per tick and further proxy',
  ioPerTickAndProxy: 'of which its ZeroMQ thread',
  proxyCores: 'proxy, at any load, cores',
  proxyPerTick: 'proxy, µs per tick',
  perDelivery: 'proxy, µs per delivery',
  bytesPerDelivery: 'bytes per delivery',
};
const KEYS = Object.keys(NAMES) as (keyof UnitCosts)[];

/** Medians over the rounds. */
export function medianCosts(rounds: readonly UnitCosts[]): UnitCosts {
  const median = (key: keyof UnitCosts) => spreadOf(rounds.map((costs) => costs[key])).median;
  return {
    feedCores: median('feedCores'),
    feedPerTick: median('feedPerTick'),
    feedPerTickAndProxy: median('feedPerTickAndProxy'),
    ioPerTickAndProxy: median('ioPerTickAndProxy'),
    proxyCores: median('proxyCores'),
    proxyPerTick: median('proxyPerTick'),
    perDelivery: median('perDelivery'),
    bytesPerDelivery: median('bytesPerDelivery'),
  };
}

export function unitCostTable(rounds: readonly UnitCosts[]): Table {
  return {
    title: 'Proxies: what a tick, a proxy and a delivery cost',
    columns: ['', 'median (quartiles)'],
    rows: KEYS.map((key) => [NAMES[key], formatSpread(spreadOf(rounds.map((costs) => costs[key])), 2)]),
  };
}
