/**
 * One stream of ticks to more and more clients: what another client costs, and what it does to the others.
 *
 *   load generator ──1 WebSocket──▶ engine ══WebSocket══▶ 1, 10, 100 JSON clients, each with all 100 instruments
 *   (1,000 quotes/s)                                      (one process; latency of the first few)
 */
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { costTable, latencyTable } from './run-table.ts';
import { runSideBySide } from './side-by-side.ts';
import { Stage } from './stage.ts';

const INSTRUMENTS = 100;
const PER_SECOND = 1000;
const CLIENTS = [1, 10, 100];
const SAMPLED = 5;
const WARM_UP_SECONDS = 2;

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const stage = await Stage.ofEngine(context, INSTRUMENTS);
  const common = { framing: 'json', perSecond: PER_SECOND, instruments: INSTRUMENTS } as const;
  const warmUp = context.isSmoke ? context.seconds : WARM_UP_SECONDS;
  context.progress('fan-out: warm-up');
  await stage.run({ ...common, clients: 10, sampled: SAMPLED, seconds: warmUp });
  const lanes = CLIENTS.map((clients) => ({
    name: `${clients} clients`,
    stage,
    options: { ...common, clients, sampled: Math.min(SAMPLED, clients) },
  }));
  const { cells, failures } = await runSideBySide(context, 'fan-out', lanes);
  return {
    tables: [
      latencyTable(`Fan-out of ${PER_SECOND} ticks/s: latency at up to ${SAMPLED} of the clients`, cells),
      costTable(`Fan-out of ${PER_SECOND} ticks/s: deliveries and their cost`, cells),
    ],
    conditions: {
      instruments: INSTRUMENTS,
      ticksPerSecond: PER_SECOND,
      mode: 'quote',
      framing: 'json',
      warmUpSeconds: warmUp,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: context.seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const fanOut: Scenario = {
  name: 'fan-out',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'the same ticks to 1, 10 and 100 JSON clients',
  defaultSeconds: 3,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
