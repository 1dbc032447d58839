/**
 * From the instant at which a frame is due at the exchange to its message's bytes in a client, through the real engine.
 *
 *   load generator ══3 × WebSocket══▶ engine (feed × 3, bus, proxy) ──WebSocket──▶ 1 client, JSON or msgpack
 *   (a process, Angel's wire,         (a process, as `start`)                      (a process, raw socket)
 *    1000 instruments each, quote)
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import type { Framing } from './raw-client.ts';
import { costTable, latencyTable } from './run-table.ts';
import { runSideBySide } from './side-by-side.ts';
import { Stage } from './stage.ts';

const INSTRUMENTS = 3000;
const RATES = [1000, 10_000, 45_000];
const FRAMINGS: readonly Framing[] = ['json', 'msgpack'];
const WARM_UP_RATE = 10_000;
const WARM_UP_SECONDS = 3;

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const stage = await Stage.ofEngine(context, INSTRUMENTS);
  const single = { clients: 1, sampled: 1, instruments: INSTRUMENTS };
  const warmUp = context.isSmoke ? context.seconds : WARM_UP_SECONDS;
  for (const framing of FRAMINGS) {
    context.progress(`frame-to-client: warm-up, ${framing}`);
    await stage.run({ ...single, framing, perSecond: WARM_UP_RATE, seconds: warmUp });
  }
  const lanes = RATES.flatMap((perSecond) =>
    FRAMINGS.map((framing) => ({
      name: `${framing}, ${perSecond}/s`,
      stage,
      options: { ...single, framing, perSecond },
    })),
  );
  const { cells, failures } = await runSideBySide(context, 'frame-to-client', lanes);
  return {
    tables: [
      latencyTable('Frame to client: intended time at the exchange to the bytes at a client', cells),
      costTable('Frame to client: deliveries and their cost', cells),
    ],
    plots: [latencyPlot('Frame to client', cells)],
    conditions: {
      instruments: INSTRUMENTS,
      upstreamConnections: 3,
      mode: 'quote',
      burstsPerSecond: 1000,
      warmUpSecondsPerFraming: warmUp,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: context.seconds,
      rounds: context.rounds,
      engineFlags: 'defaults',
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const frameToClient: Scenario = {
  name: 'frame-to-client',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'latency and loss through the engine at 1,000, 10,000 and 45,000 ticks/s',
  defaultSeconds: 4,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
