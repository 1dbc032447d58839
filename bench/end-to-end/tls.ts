/**
 * What TLS towards the clients costs: one engine without it and one with, side by side.
 *
 *   load generator ──WebSocket──▶ engine                                ──WebSocket──▶ 1 client, then 100
 *   (a process, Angel's wire,     engine, --tls-cert=… --tls-key=…  ──WebSocket, TLS──▶ 1 client, then 100
 *    100 quotes, in turn
 *    to each of these)
 *
 * The certificate is made for the run (ECDSA, P-256). Connecting is not part of the numbers: ticks flow when all clients have
 * subscribed. The clients decipher in their process, on the same cores.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { makeTlsFlags } from '../harness/tls-flags.ts';
import { startEngine } from './engine-contender.ts';
import { openStages } from './open-stages.ts';
import { type NamedRatio, ratioFigures } from './ratio-figures.ts';
import { RATIO, ratioTable } from './ratio-table.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 100;
const SAMPLED = 5;
const WARM_UP_SECONDS = 3;
const LOADS = [
  { clients: 1, perSecond: 10_000 },
  { clients: 1, perSecond: 45_000 },
  { clients: 100, perSecond: 500 },
] as const;
type Load = (typeof LOADS)[number];

const PLAIN = 'without TLS';
const TLS = 'TLS';
const at = (what: string, { clients, perSecond }: Load) => `${what}, ${clients} × ${perSecond}/s`;

const FIGURES: readonly NamedRatio[] = LOADS.flatMap((load) => {
  const where = `${load.clients} × ${load.perSecond}/s`;
  const pair = { lane: at(TLS, load), base: at(PLAIN, load) };
  return [
    { name: `p50 of TLS × without, ${where}`, ...pair, of: RATIO.P50.of },
    { name: `CPU of TLS × without, ${where}`, ...pair, of: RATIO.CPU.of },
  ];
});

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const flags = await makeTlsFlags(context.cleanup.temporaryDirectory());
  const stages = await openStages(context, (generator) => ({
    [PLAIN]: startEngine(context, generator, INSTRUMENTS),
    [TLS]: startEngine(context, generator, INSTRUMENTS, flags),
  }));
  const loads = isSmoke ? [LOADS[0]] : LOADS;
  const lanes: Lane[] = loads.flatMap((load) =>
    [...stages].map(([name, stage]) => ({
      name: at(name, load),
      stage,
      options: {
        ...load,
        framing: 'json',
        sampled: Math.min(SAMPLED, load.clients),
        instruments: INSTRUMENTS,
      },
    })),
  );
  const first = lanes.slice(0, stages.size);
  const warmUpSeconds = await warmUp(context, 'tls', first, WARM_UP_SECONDS);
  const { cells, failures } = await runSideBySide(context, 'tls', lanes);
  const pairs = loads.map((load) => [at(TLS, load), at(PLAIN, load)] as const);
  return {
    tables: [
      latencyTable('TLS: intended time at the exchange to the deciphered bytes at a client', cells),
      costTable('TLS: deliveries and their cost', cells),
      ratioTable('TLS: what it costs', '× without TLS, same round', cells, pairs, [
        RATIO.P50,
        RATIO.P99,
        RATIO.CPU,
      ]),
    ],
    plots: [latencyPlot('TLS', cells)],
    figures: ratioFigures(cells, FIGURES),
    conditions: {
      instruments: INSTRUMENTS,
      upstreamConnections: 1,
      mode: 'quote',
      framing: 'json',
      certificate: 'ECDSA P-256',
      burstsPerSecond: 1000,
      warmUpSecondsEach: warmUpSeconds,
      leadInSecondsPerRun: stages.get(TLS)!.leadIn,
      secondsPerRun: seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const tls: Scenario = {
  name: 'tls',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'latency and CPU with TLS towards the clients, beside an engine without',
  defaultSeconds: 2.5,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
