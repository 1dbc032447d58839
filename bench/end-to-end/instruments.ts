/**
 * One stream of ticks over more and more instruments: whether what a tick costs depends on how many there are.
 *
 *   load generator ──1 WebSocket───▶ engine  ──▶ 1 client, 10 instruments
 *   (a process, Angel's wire,    1 ▶ engine  ──▶ 1 client, 100 instruments
 *    10,000 quotes/s, in turn    1 ▶ engine  ──▶ 1 client, 1000 instruments
 *    to each of these)           3 ▶ engine  ──▶ 1 client, 3000 instruments
 *                         1 and 3 ▶ floor   ──▶ 1 client, 10 and 3000 instruments
 *
 * An engine for each number, so that its memory is that of its own instruments. A connection to the broker takes 1000 of
 * them: for 3000 the engine reads in three threads, each of which wakes for every burst.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { startEngine } from './engine-contender.ts';
import { openStages } from './open-stages.ts';
import { type NamedRatio, ratioFigures } from './ratio-figures.ts';
import { RATIO, ratioTable } from './ratio-table.ts';
import { startFloor } from './rivals/relay-contenders.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import type { Stage } from './stage.ts';
import { warmUp } from './warm-up.ts';

const COUNTS = [10, 100, 1000, 3000];
/** One connection's: with more, instruments move between connections while a smoke run, without warm-up, counts ticks. */
const SMOKE_COUNTS = [10, 300];
const PER_SECOND = 10_000;
const WARM_UP_SECONDS = 3;

const ENGINE = 'engine';
const FLOOR = 'floor';
const at = (what: string, instruments: number) => `${what}, ${instruments} instruments`;

function open(context: ScenarioContext, counts: readonly number[]): Promise<ReadonlyMap<string, Stage>> {
  return openStages(context, (generator) => ({
    ...Object.fromEntries(
      counts.map((count) => [at(ENGINE, count), startEngine(context, generator, count)] as const),
    ),
    [FLOOR]: startFloor(context, generator),
  }));
}

function lanesOf(stages: ReadonlyMap<string, Stage>, counts: readonly number[]): readonly Lane[] {
  const lane = (what: string, stage: string, instruments: number): Lane => ({
    name: at(what, instruments),
    stage: stages.get(stage)!,
    options: { framing: 'json', clients: 1, sampled: 1, perSecond: PER_SECOND, instruments },
  });
  return [
    ...counts.map((count) => lane(ENGINE, at(ENGINE, count), count)),
    ...[counts[0]!, counts.at(-1)!].map((count) => lane(FLOOR, FLOOR, count)),
  ];
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const counts = isSmoke ? SMOKE_COUNTS : COUNTS;
  const least = counts[0]!;
  const most = counts.at(-1)!;
  const stages = await open(context, counts);
  const lanes = lanesOf(stages, counts);
  const warmUpSeconds = await warmUp(context, 'instruments', lanes, WARM_UP_SECONDS);
  const { cells, failures } = await runSideBySide(context, 'instruments', lanes);
  const pairs = lanes
    .filter(({ options }) => options.instruments !== least)
    .map(({ name }) => [name, at(name.startsWith(FLOOR) ? FLOOR : ENGINE, least)] as const);
  const figures: readonly NamedRatio[] = [ENGINE, FLOOR].map((what) => ({
    name: `${what === FLOOR ? "the floor's " : ''}cost per delivery of ${most} instruments × ${least} instruments`,
    lane: at(what, most),
    base: at(what, least),
    of: RATIO.CPU.of,
  }));
  return {
    tables: [
      latencyTable(`Instruments: latency at ${PER_SECOND} ticks/s`, cells),
      costTable(`Instruments: deliveries and their cost at ${PER_SECOND} ticks/s`, cells),
      ratioTable('Instruments: what more of them cost', `× with ${least}, same round`, cells, pairs, [
        RATIO.P50,
        RATIO.P99,
        RATIO.CPU,
      ]),
    ],
    plots: [latencyPlot(`Instruments, ${PER_SECOND} ticks/s`, cells)],
    figures: ratioFigures(cells, figures),
    conditions: {
      ticksPerSecond: PER_SECOND,
      mode: 'quote',
      framing: 'json',
      clients: 1,
      burstsPerSecond: 1000,
      instrumentsPerUpstreamConnection: 1000,
      warmUpSecondsEach: warmUpSeconds,
      leadInSecondsPerRun: stages.get(FLOOR)!.leadIn,
      secondsPerRun: seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const instruments: Scenario = {
  name: 'instruments',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'cost, latency and memory with 10, 100, 1000 and 3000 instruments at one rate',
  defaultSeconds: 3,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
