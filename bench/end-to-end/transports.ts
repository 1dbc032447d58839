/**
 * One tick's way to a client through the ring of one process and through the bus, engines side by side in one run.
 *
 *   load generator ══3 × WebSocket══▶ engine, `start`              ring    ──WebSocket──▶ 1 JSON client
 *   (a process, 3000 quotes           engine, `start --source bus` inproc  ──WebSocket──▶ 1 JSON client
 *    in turn to each engine)          the same                     ipc     ──WebSocket──▶ 1 JSON client
 *                                     the same                     tcp     ──WebSocket──▶ 1 JSON client
 */
import { freeEndpoint } from '../harness/free-endpoint.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { RunResult } from './run-result.ts';
import { costTable, latencyTable } from './run-table.ts';
import { NO_LINGER, Stage, startGenerator } from './stage.ts';

const INSTRUMENTS = 3000;
const SMOKE_INSTRUMENTS = 300;
const RATES = [1000, 10_000, 45_000];
const SMOKE_RATES = [10_000];
const WAYS = ['ring', 'inproc', 'ipc', 'tcp'] as const;
type Way = (typeof WAYS)[number];
const WARM_UP_RATE = 10_000;
const WARM_UP_SECONDS = 3;

async function flagsOf(way: Way, { cleanup }: ScenarioContext): Promise<string[]> {
  if (way === 'ring') return [];
  const endpoints = {
    inproc: () => 'inproc://bus',
    ipc: () => `ipc://${cleanup.temporaryDirectory()}/bus`,
    tcp: freeEndpoint,
  };
  return ['--source=bus', `--bus-endpoint=${await endpoints[way]()}`, NO_LINGER];
}

/** Against the ring in the same round: medians and quartiles of the ratios. */
function ratioTable(rates: readonly number[], cells: ReadonlyMap<string, readonly RunResult[]>): Table {
  const rows = rates.flatMap((perSecond) => {
    const ring = cells.get(nameOf('ring', perSecond))!;
    return WAYS.filter((way) => way !== 'ring').map((way) => {
      const name = nameOf(way, perSecond);
      const runs = cells.get(name)!;
      const ratio = (of: (run: RunResult) => number | null) => {
        const ratios = runs.flatMap((run, i) => {
          const [above, below] = [of(run), of(ring[i]!)];
          return above === null || below === null ? [] : [above / below];
        });
        return ratios.length === 0 ? '-' : formatSpread(spreadOf(ratios), 2);
      };
      return [
        name,
        ratio(({ latency }) => latency.p50),
        ratio(({ latency }) => latency.p99),
        ratio(({ engineCpuShare }) => engineCpuShare),
      ];
    });
  });
  const columns = ['× the ring, same round', 'p50', 'p99', 'engine cores'];
  return { title: 'Transports: what the bus costs', columns, rows };
}

function nameOf(way: Way, perSecond: number): string {
  return `${way}, ${perSecond}/s`;
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds, rounds } = context;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const rates = isSmoke ? SMOKE_RATES : RATES;
  const generator = await startGenerator(context);
  const stages = new Map<Way, Stage>();
  for (const way of WAYS) {
    const flags = await flagsOf(way, context);
    stages.set(way, await Stage.open(context, instruments, { generator, flags }));
  }
  const common = { framing: 'json', clients: 1, sampled: 1, instruments } as const;
  const warmUp = isSmoke ? seconds : WARM_UP_SECONDS;
  for (const [way, stage] of stages) {
    context.progress(`transports: warm-up, ${way}`);
    await stage.run({ ...common, perSecond: WARM_UP_RATE, seconds: warmUp });
  }
  const cells = new Map<string, RunResult[]>();
  for (let round = 0; round < rounds; round++) {
    for (const perSecond of rates) {
      for (const [way, stage] of stages) {
        const name = nameOf(way, perSecond);
        context.progress(`transports: round ${round + 1} of ${rounds}, ${name}`);
        const result = await stage.run({ ...common, perSecond, seconds });
        cells.set(name, [...(cells.get(name) ?? []), result]);
      }
    }
  }
  return {
    tables: [
      latencyTable('Transports: intended time at the exchange to the bytes at a client', cells),
      costTable('Transports: deliveries and their cost', cells),
      ratioTable(rates, cells),
    ],
    conditions: {
      instruments,
      mode: 'quote',
      framing: 'json',
      clients: 1,
      burstsPerSecond: 1000,
      warmUpSecondsPerWay: warmUp,
      leadInSecondsPerRun: stages.get('ring')!.leadIn,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures: [...cells].flatMap(([name, runs]) =>
      runs.flatMap(({ failures }) => failures.map((failure) => `${name}: ${failure}`)),
    ),
  };
}

export const transports: Scenario = {
  name: 'transports',
  group: 'end-to-end',
  summary: 'frame to client through the ring and through the bus over inproc, ipc and tcp',
  defaultSeconds: 3,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
