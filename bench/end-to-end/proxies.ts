/**
 * What another proxy costs the feed host, and what another client costs a proxy.
 *
 *   load generator ══3 × WebSocket══▶ feed host ──ZeroMQ, tcp──▶ proxy host ══▶ 300 JSON clients (a process)
 *   (6,000 quotes/s of 3000           (`feed`)  ├──────────────▶ proxy host ══▶ 300
 *    instruments)                               └──────────────▶ proxy host ══▶ 300, 20 instruments each
 *
 * and, for what the feed host spends on one more of them, its bus worker with 1 and with 9 sockets: `bus-fan-out.ts`.
 * On a small machine all of these share its cores, so deliveries per second say little: CPU is what is measured, and the
 * rates are such that the machine is not full. From it follows what a million clients would take.
 */
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import type { Table } from '../harness/table.ts';
import { FanOut, type FanOutRound } from '../hop/bus-fan-out.ts';
import { startHosts } from './engine-contender.ts';
import { hostTable } from './host-table.ts';
import type { RunResult } from './run-result.ts';
import { latencyTable } from './run-table.ts';
import { scaleOutTable } from './scale-out.ts';
import { Stage, startGenerator } from './stage.ts';
import { medianCosts, unitCostsOf, unitCostTable } from './unit-costs.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 3000;
const SMOKE_INSTRUMENTS = 300;
const INSTRUMENTS_PER_CLIENT = 20;
const PER_SECOND = 6000;
const SAMPLED = 20;
const WARM_UP_SECONDS = 2;
const MOST_PROXIES = 3;
const FEW_CLIENTS = 300;
const MANY_CLIENTS = 900;
/** Together they take each instrument once. */
const LEAST_CLIENTS = INSTRUMENTS / INSTRUMENTS_PER_CLIENT;
const HIGH_RATE = 30_000;

interface Cell {
  readonly proxies: number;
  readonly clients: number;
  readonly perSecond: number;
}

const BASE: Cell = { proxies: 1, clients: FEW_CLIENTS, perSecond: PER_SECOND };
const MORE_CLIENTS: Cell = { ...BASE, clients: MANY_CLIENTS };
/** With as few clients as give each instrument one, so that the machine is not full. */
const MORE_TICKS: Cell = { ...BASE, clients: LEAST_CLIENTS, perSecond: HIGH_RATE };
const CELLS: readonly Cell[] = [
  BASE,
  { ...BASE, proxies: 2 },
  { ...BASE, proxies: MOST_PROXIES },
  MORE_CLIENTS,
  MORE_TICKS,
];
const SMOKE_BASE: Cell = {
  proxies: 1,
  clients: SMOKE_INSTRUMENTS / INSTRUMENTS_PER_CLIENT,
  perSecond: PER_SECOND,
};
const SMOKE_CELLS: readonly Cell[] = [SMOKE_BASE, { ...SMOKE_BASE, proxies: 2 }];

const nameOf = ({ proxies, clients, perSecond }: Cell) => `${proxies} × ${clients} clients, ${perSecond}/s`;

function costTables(
  results: ReadonlyMap<string, readonly RunResult[]>,
  fanOuts: readonly (FanOutRound | null)[],
): Table[] {
  const at = (cell: Cell, round: number) => results.get(nameOf(cell))?.[round];
  const costs = fanOuts.flatMap((fanOut, round) => {
    const base = at(BASE, round);
    const moreClients = at(MORE_CLIENTS, round);
    const moreTicks = at(MORE_TICKS, round);
    if (!base || !moreClients || !moreTicks || !fanOut) return [];
    return unitCostsOf({ base, moreClients, moreTicks, fanOut }) ?? [];
  });
  return costs.length === 0 ? [] : [unitCostTable(costs), scaleOutTable(medianCosts(costs))];
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds, rounds } = context;
  const cells = isSmoke ? SMOKE_CELLS : CELLS;
  const most = isSmoke ? 2 : MOST_PROXIES;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const generator = await startGenerator(context);
  const stage = new Stage(context, generator, await startHosts(context, generator, instruments, most));
  const common = {
    framing: 'json',
    sampled: SAMPLED,
    instruments,
    instrumentsPerClient: INSTRUMENTS_PER_CLIENT,
  } as const;
  const lane = { name: 'all proxies', stage, options: { ...common, ...cells[0]!, proxies: most } };
  const warmUpSeconds = await warmUp(context, 'proxies', [lane], WARM_UP_SECONDS);
  const fanOut = await FanOut.open(context);
  const fanOuts: (FanOutRound | null)[] = [];
  const results = new Map<string, RunResult[]>(cells.map((cell) => [nameOf(cell), []]));
  for (let round = 0; round < rounds; round++) {
    for (const cell of cells) {
      context.progress(`proxies: round ${round + 1} of ${rounds}, ${nameOf(cell)}`);
      results.get(nameOf(cell))!.push(await stage.run({ ...common, ...cell, seconds }));
    }
    context.progress(`proxies: round ${round + 1} of ${rounds}, fan-out`);
    fanOuts.push(await fanOut.measure());
  }
  return {
    tables: [
      latencyTable(
        `Proxies: intended time at the exchange to the bytes at ${SAMPLED} clients of the slowest proxy`,
        results,
      ),
      hostTable('Proxies: what adds up, and what it costs', results),
      ...costTables(results, fanOuts),
    ],
    conditions: {
      instruments,
      instrumentsPerClient: INSTRUMENTS_PER_CLIENT,
      mode: 'quote',
      framing: 'json',
      transport: 'tcp over loopback',
      workersPerProxy: 1,
      warmUpSeconds,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [...[...results].map(([name, runs]) => ({ name, runs })), { name: 'fan-out', runs: fanOuts }],
    failures: [
      ...fanOut.failures,
      ...[...results].flatMap(([name, runs]) =>
        runs.flatMap(({ failures }) => failures.map((failure) => `${name}: ${failure}`)),
      ),
    ],
  };
}

export const proxies: Scenario = {
  name: 'proxies',
  group: 'end-to-end',
  file: import.meta.filename,
  summary:
    'one feed host, 1 to 3 proxy hosts with 300 clients each: what a proxy and a client cost, and a million of them',
  defaultSeconds: 4,
  smokeSeconds: 0.4,
  defaultRounds: 3,
  run,
};
