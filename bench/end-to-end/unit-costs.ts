/** From the runs of one round to what a tick, a proxy and a delivery cost. */
import { lineThrough } from '../harness/line.ts';
import { formatSpread, type Spread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { FanOutRound } from '../hop/bus-fan-out.ts';
import { hostCostOf } from './host-table.ts';
import { copiesOf, type RunResult } from './run-result.ts';
import type { UnitCosts } from './scale-out.ts';

/** Runs of one proxy. */
export interface CostRuns {
  readonly base: RunResult;
  /** Differs in the number of clients only. */
  readonly moreClients: RunResult;
  /** Differs in the rate; the number of clients may differ too. */
  readonly moreTicks: RunResult;
  readonly fanOut: FanOutRound;
}

/** Null where the system does not tell. */
export function unitCostsOf({ base, moreClients, moreTicks, fanOut }: CostRuns): UnitCosts | null {
  const [low, crowded, high] = [base, moreClients, moreTicks].map(hostCostOf);
  if (!low || !crowded || !high) return null;
  const perDelivery = (crowded.proxyPerTick - low.proxyPerTick) / (copiesOf(moreClients) - copiesOf(base));
  const at = (perTick: number, { perSecond }: RunResult) => [perSecond, (perTick * perSecond) / 1e6] as const;
  const withoutClients = (perTick: number, run: RunResult) => at(perTick - perDelivery * copiesOf(run), run);
  return {
    feed: lineThrough(at(low.feedPerTick, base), at(high.feedPerTick, moreTicks)),
    busWorker: fanOut.busWorker,
    zeromq: fanOut.zeromq,
    proxy: lineThrough(withoutClients(low.proxyPerTick, base), withoutClients(high.proxyPerTick, moreTicks)),
    perDelivery,
    bytesPerDelivery: base.payloadBytes / base.received,
  };
}

const LINES = [
  ['feed', 'feed host with one proxy'],
  ['busWorker', 'its bus worker, for each further proxy'],
  ['zeromq', 'its ZeroMQ thread, for each further proxy'],
  ['proxy', 'proxy without clients'],
] as const;

/** Medians over the rounds. */
export function medianCosts(rounds: readonly UnitCosts[]): UnitCosts {
  const median = (of: (costs: UnitCosts) => number) => spreadOf(rounds.map(of)).median;
  const line = (key: (typeof LINES)[number][0]) => {
    return { cores: median((costs) => costs[key].cores), perTick: median((costs) => costs[key].perTick) };
  };
  return {
    feed: line('feed'),
    busWorker: line('busWorker'),
    zeromq: line('zeromq'),
    proxy: line('proxy'),
    perDelivery: median(({ perDelivery }) => perDelivery),
    bytesPerDelivery: median(({ bytesPerDelivery }) => bytesPerDelivery),
  };
}

export function unitCostTable(rounds: readonly UnitCosts[]): Table {
  const spread = (of: (costs: UnitCosts) => number): Spread => spreadOf(rounds.map(of));
  const lines = LINES.map(([key, name]) => {
    const cores = spread((costs) => costs[key].cores);
    const perTick = spread((costs) => costs[key].perTick);
    return [name, formatSpread(cores, 3), formatSpread(perTick, 2)];
  });
  const perDelivery = formatSpread(
    spread((costs) => costs.perDelivery),
    2,
  );
  return {
    title: 'Proxies: what a tick, a proxy and a delivery cost; medians (quartiles)',
    columns: ['', 'cores at any load', 'and µs per tick'],
    rows: [...lines, ['proxy, per delivery', '', perDelivery]],
  };
}
