/**
 * One tick's way to a client through the ring of one process and through the bus, engines side by side in one run.
 *
 *   load generator ══3 × WebSocket══▶ engine, `start`              ring    ──WebSocket──▶ 1 JSON client
 *   (a process, 3000 quotes           engine, `start --source bus` inproc  ──WebSocket──▶ 1 JSON client
 *    in turn to each engine)          the same                     ipc     ──WebSocket──▶ 1 JSON client
 *                                     the same                     tcp     ──WebSocket──▶ 1 JSON client
 */
import { freeEndpoint } from '../harness/free-endpoint.ts';
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { NO_LINGER, startEngine } from './engine-contender.ts';
import { RATIO, ratioTable } from './ratio-table.ts';
import { costTable, latencyTable } from './run-table.ts';
import { runSideBySide } from './side-by-side.ts';
import { Stage, startGenerator } from './stage.ts';
import { warmUp } from './warm-up.ts';

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

function nameOf(way: Way, perSecond: number): string {
  return `${way}, ${perSecond}/s`;
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const rates = isSmoke ? SMOKE_RATES : RATES;
  const generator = await startGenerator(context);
  const stages = new Map<Way, Stage>();
  const engines = WAYS.map(async (way) =>
    startEngine(context, generator, instruments, await flagsOf(way, context)),
  );
  for (const [i, contender] of (await Promise.all(engines)).entries()) {
    stages.set(WAYS[i]!, new Stage(context, generator, contender));
  }
  const common = { framing: 'json', clients: 1, sampled: 1, instruments } as const;
  const warmUps = [...stages].map(([name, stage]) => ({
    name,
    stage,
    options: { ...common, perSecond: WARM_UP_RATE },
  }));
  const warmUpSeconds = await warmUp(context, 'transports', warmUps, WARM_UP_SECONDS);
  const lanes = rates.flatMap((perSecond) =>
    [...stages].map(([way, stage]) => ({
      name: nameOf(way, perSecond),
      stage,
      options: { ...common, perSecond },
    })),
  );
  const { cells, failures } = await runSideBySide(context, 'transports', lanes);
  const pairs = rates.flatMap((perSecond) =>
    WAYS.filter((way) => way !== 'ring').map(
      (way) => [nameOf(way, perSecond), nameOf('ring', perSecond)] as const,
    ),
  );
  return {
    tables: [
      latencyTable('Transports: intended time at the exchange to the bytes at a client', cells),
      costTable('Transports: deliveries and their cost', cells),
      ratioTable('Transports: what the bus costs', '× the ring, same round', cells, pairs, [
        RATIO.P50,
        RATIO.P99,
        RATIO.CPU,
      ]),
    ],
    plots: rates.map((perSecond) => {
      const names = WAYS.map((way) => nameOf(way, perSecond));
      const own = new Map([...cells].filter(([name]) => names.includes(name)));
      return latencyPlot(`Transports, ${perSecond} ticks/s`, own);
    }),
    conditions: {
      instruments,
      mode: 'quote',
      framing: 'json',
      clients: 1,
      burstsPerSecond: 1000,
      warmUpSecondsPerWay: warmUpSeconds,
      leadInSecondsPerRun: stages.get('ring')!.leadIn,
      secondsPerRun: seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const transports: Scenario = {
  name: 'transports',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'frame to client through the ring and through the bus over inproc, ipc and tcp',
  defaultSeconds: 3,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
