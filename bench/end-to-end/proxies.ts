/**
 * What another proxy costs the feed host, and what another client costs a proxy.
 *
 *   load generator ══3 × WebSocket══▶ feed host ──ZeroMQ, tcp──▶ proxy host ══▶ 300 JSON clients (a process)
 *   (6,000 quotes/s of 3000           (`feed`)  ├──────────────▶ proxy host ══▶ 300
 *    instruments)                               └──────────────▶ proxy host ══▶ 300, 20 instruments each
 *
 * On a small machine all of these share its cores, so deliveries per second say little: CPU is what is measured, and the
 * rates are such that the machine is not full. From it follows what a million clients would take.
 */
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import { hostCostOf, hostTable } from './host-table.ts';
import { copiesOf, type RunResult } from './run-result.ts';
import { latencyTable } from './run-table.ts';
import { scaleOutTable, type UnitCosts } from './scale-out.ts';
import { Stage } from './stage.ts';

const INSTRUMENTS = 3000;
const INSTRUMENTS_PER_CLIENT = 20;
const PER_SECOND = 6000;
const SAMPLED = 20;
const WARM_UP_SECONDS = 2;
const MOST_PROXIES = 3;
const FEW_CLIENTS = 300;
const MANY_CLIENTS = 900;

interface Cell {
  readonly proxies: number;
  readonly clients: number;
}

const CELLS: readonly Cell[] = [
  { proxies: 1, clients: FEW_CLIENTS },
  { proxies: 2, clients: FEW_CLIENTS },
  { proxies: MOST_PROXIES, clients: FEW_CLIENTS },
  { proxies: 1, clients: MANY_CLIENTS },
];
/** Each instrument still has a client. */
const SMOKE_CELLS: readonly Cell[] = [
  { proxies: 1, clients: 150 },
  { proxies: 2, clients: 150 },
];

const nameOf = ({ proxies, clients }: Cell) => `${proxies} × ${clients} clients`;

/** The costs of the units in one round. Null where the system does not tell. */
function unitCosts(few: RunResult, most: RunResult, many: RunResult): UnitCosts | null {
  const [one, three, crowded] = [hostCostOf(few), hostCostOf(most), hostCostOf(many)];
  if (one === null || three === null || crowded === null) return null;
  const more = (most.proxies ?? 1) - (few.proxies ?? 1);
  const feedAndProxy = (three.feedPerTick - one.feedPerTick) / more;
  const ioPerTickAndProxy = (three.feedZeromqPerTick - one.feedZeromqPerTick) / more;
  const worker = (cost: typeof one) => cost.proxyPerTick - cost.proxyZeromqPerTick;
  const perDelivery = (worker(crowded) - worker(one)) / (copiesOf(many) - copiesOf(few));
  return {
    perDelivery,
    proxyPerTick: worker(one) - perDelivery * copiesOf(few),
    proxyZeromqPerTick: one.proxyZeromqPerTick,
    feedPerTick: one.feedPerTick - feedAndProxy,
    busPerTickAndProxy: feedAndProxy - ioPerTickAndProxy,
    ioPerTickAndProxy,
    bytesPerDelivery: few.payloadBytes / few.received,
  };
}

const UNITS: readonly (readonly [keyof UnitCosts, string])[] = [
  ['feedPerTick', 'feed host without proxies, µs per tick'],
  ['busPerTickAndProxy', 'its bus worker, µs per tick and proxy'],
  ['ioPerTickAndProxy', 'its ZeroMQ thread, µs per tick and proxy'],
  ['proxyPerTick', 'proxy worker, µs per tick'],
  ['proxyZeromqPerTick', "proxy's ZeroMQ thread, µs per tick"],
  ['perDelivery', 'proxy worker, µs per delivery'],
  ['bytesPerDelivery', 'bytes per delivery'],
];

function unitTables(rounds: readonly UnitCosts[]): Table[] {
  if (rounds.length === 0) return [];
  const spreads = UNITS.map(([key, name]) => {
    return { key, name, spread: spreadOf(rounds.map((costs) => costs[key])) };
  });
  const median = (key: keyof UnitCosts) => spreads.find((each) => each.key === key)!.spread.median;
  return [
    {
      title: 'Proxies: what a tick, a proxy and a delivery cost',
      columns: ['', 'median (quartiles)'],
      rows: spreads.map(({ name, spread }) => [name, formatSpread(spread, 2)]),
    },
    scaleOutTable({
      perDelivery: median('perDelivery'),
      proxyPerTick: median('proxyPerTick'),
      proxyZeromqPerTick: median('proxyZeromqPerTick'),
      feedPerTick: median('feedPerTick'),
      busPerTickAndProxy: median('busPerTickAndProxy'),
      ioPerTickAndProxy: median('ioPerTickAndProxy'),
      bytesPerDelivery: median('bytesPerDelivery'),
    }),
  ];
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds, rounds } = context;
  const cells = isSmoke ? SMOKE_CELLS : CELLS;
  const stage = await Stage.openHosts(context, INSTRUMENTS, isSmoke ? 2 : MOST_PROXIES);
  const common = {
    framing: 'json',
    sampled: SAMPLED,
    perSecond: PER_SECOND,
    instruments: INSTRUMENTS,
    instrumentsPerClient: INSTRUMENTS_PER_CLIENT,
  } as const;
  const warmUp = isSmoke ? seconds : WARM_UP_SECONDS;
  context.progress('proxies: warm-up');
  await stage.run({ ...common, ...cells.at(-2)!, seconds: warmUp });
  const results = new Map<string, RunResult[]>(cells.map((cell) => [nameOf(cell), []]));
  for (let round = 0; round < rounds; round++) {
    for (const cell of cells) {
      context.progress(`proxies: round ${round + 1} of ${rounds}, ${nameOf(cell)}`);
      results.get(nameOf(cell))!.push(await stage.run({ ...common, ...cell, seconds }));
    }
  }
  const units: UnitCosts[] = [];
  if (!isSmoke) {
    const [few, , most, many] = CELLS.map((cell) => results.get(nameOf(cell))!);
    for (let round = 0; round < rounds; round++) {
      const costs = unitCosts(few![round]!, most![round]!, many![round]!);
      if (costs !== null) units.push(costs);
    }
  }
  return {
    tables: [
      latencyTable(
        `Proxies: ${PER_SECOND} ticks/s, latency at ${SAMPLED} clients of the slowest proxy`,
        results,
      ),
      hostTable('Proxies: what adds up, and what it costs', results),
      ...unitTables(units),
    ],
    conditions: {
      instruments: INSTRUMENTS,
      instrumentsPerClient: INSTRUMENTS_PER_CLIENT,
      ticksPerSecond: PER_SECOND,
      mode: 'quote',
      framing: 'json',
      transport: 'tcp over loopback',
      workersPerProxy: 1,
      warmUpSeconds: warmUp,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [...results].map(([name, runs]) => ({ name, runs })),
    failures: [...results].flatMap(([name, runs]) =>
      runs.flatMap(({ failures }) => failures.map((failure) => `${name}: ${failure}`)),
    ),
  };
}

export const proxies: Scenario = {
  name: 'proxies',
  group: 'end-to-end',
  summary:
    'one feed host, 1 to 3 proxy hosts with 300 clients each: what a proxy and a client cost, and a million of them',
  defaultSeconds: 4,
  smokeSeconds: 0.4,
  defaultRounds: 3,
  run,
};
