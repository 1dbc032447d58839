/**
 * A server that somebody else started, and that takes the load generator for its broker, beside the floor.
 *
 *   load generator ──WebSocket──▶ target, any server that speaks the OpenAlgo protocol ──▶ 1 JSON client
 *   (Angel's wire, at a port
 *    that the target was given)
 *   load generator ──WebSocket──▶ floor                                                ──▶ 1 JSON client
 *
 * Each has a generator of its own: the target may keep subscriptions that nobody wants any more. They take turns.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { ratioFigures } from './ratio-figures.ts';
import { RATIO, ratioTable } from './ratio-table.ts';
import { startFloor } from './rivals/relay-contenders.ts';
import { targetContender } from './rivals/target-contender.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import { Stage, startGenerator } from './stage.ts';
import type { TargetOptions } from './target-options.ts';

const SMOKE_INSTRUMENTS = 100;
const RATES = [1000, 10_000, 45_000];
const SMOKE_RATES = [5000];
const WARM_UP_RATE = 1000;
const WARM_UP_SECONDS = 3;
const TARGET = 'target';
const FLOOR = 'floor';
const COLUMNS = [RATIO.P50, RATIO.P99, RATIO.P999, RATIO.CPU];

const at = (what: string, perSecond: number) => `${what}, ${perSecond}/s`;

async function run(target: TargetOptions, context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds, rounds } = context;
  const rates = isSmoke ? SMOKE_RATES : RATES;
  const instruments = Math.min(target.symbols.length, isSmoke ? SMOKE_INSTRUMENTS : Number.POSITIVE_INFINITY);
  const warmUp = isSmoke ? seconds : WARM_UP_SECONDS;
  const ownGenerator = await startGenerator(context, target.upstreamPort);
  const floorGenerator = await startGenerator(context);
  const floor = await startFloor(context, floorGenerator);
  const stages = [
    [TARGET, new Stage(context, ownGenerator, targetContender(target))],
    [FLOOR, new Stage(context, floorGenerator, floor)],
  ] as const;
  const common = { framing: 'json', clients: 1, sampled: 1, instruments } as const;
  for (const [name, stage] of stages) {
    context.progress(`target: warm-up, ${name}`);
    await stage.run({ ...common, perSecond: WARM_UP_RATE, seconds: warmUp });
  }
  const lanes: Lane[] = rates.flatMap((perSecond) =>
    stages.map(([name, stage]) => ({ name: at(name, perSecond), stage, options: { ...common, perSecond } })),
  );
  const { cells, failures } = await runSideBySide(context, 'target', lanes);
  const pairs = rates.map((perSecond) => [at(TARGET, perSecond), at(FLOOR, perSecond)] as const);
  return {
    tables: [
      latencyTable('Target: intended time at the exchange to the bytes at a client', cells),
      costTable('Target: deliveries and their cost', cells),
      ratioTable('Target: beside the floor', '× the floor, same round', cells, pairs, COLUMNS),
    ],
    plots: rates.map((perSecond) => {
      const own = stages.map(([name]) => [name, cells.get(at(name, perSecond)) ?? []] as const);
      return latencyPlot(`Target, ${perSecond} ticks/s`, new Map(own));
    }),
    figures: ratioFigures(
      cells,
      pairs.flatMap(([lane, base]) =>
        COLUMNS.map(({ name, of }) => ({ name: `${name} × floor, ${lane}`, lane, base, of })),
      ),
    ),
    conditions: {
      target: target.url,
      instruments,
      mode: 'quote',
      framing: 'json',
      clients: 1,
      burstsPerSecond: 1000,
      warmUpSecondsEach: warmUp,
      warmUpTicksPerSecond: WARM_UP_RATE,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

/** Runs in place of the suite. */
export function targetScenario(target: TargetOptions): Scenario {
  return {
    name: 'target',
    group: 'end-to-end',
    file: import.meta.filename,
    summary: 'a server that runs already, at 1,000, 10,000 and 45,000 ticks/s beside the floor',
    defaultSeconds: 4,
    smokeSeconds: 0.3,
    defaultRounds: 3,
    run: (context) => run(target, context),
  };
}
