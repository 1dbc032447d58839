/**
 * A market's day in three courses of the rate: how latency looks when ticks come calmly, in bursts, and without a pause.
 *
 *   load generator ──WebSocket──▶ floor   ──▶ 1 client, JSON
 *   (a process, Angel's wire,     engine  ──▶ 1 client, JSON
 *    1000 quotes, in turn
 *    to each of these)
 *
 *   calm   1,000 ticks/s
 *   open   5,000 ticks/s, and 45,000 for 100 ms of each second
 *   storm  45,000 ticks/s
 *
 * The load stays open: what is due in a burst is due then, whatever became of the ticks before it.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { startEngine } from './engine-contender.ts';
import { openStages } from './open-stages.ts';
import { type NamedRatio, ratioFigures } from './ratio-figures.ts';
import { RATIO, ratioTable } from './ratio-table.ts';
import { startFloor } from './rivals/relay-contenders.ts';
import type { RunOptions } from './run-result.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 1000;
const SMOKE_INSTRUMENTS = 100;
const WARM_UP_SECONDS = 3;

interface Profile extends Pick<RunOptions, 'perSecond' | 'storms'> {
  readonly name: string;
}

const OPEN: Profile = {
  name: 'open',
  perSecond: 5000,
  storms: { stormPerSecond: 45_000, stormMs: 100, periodMs: 1000 },
};
const PROFILES: readonly Profile[] = [
  { name: 'calm', perSecond: 1000 },
  OPEN,
  { name: 'storm', perSecond: 45_000 },
];

const FLOOR = 'floor';
const ENGINE = 'engine';
const at = (what: string, profile: string) => `${what}, ${profile}`;

const FIGURES: readonly NamedRatio[] = PROFILES.flatMap(({ name }) =>
  (
    [
      ['p50', RATIO.P50],
      ['p99', RATIO.P99],
      ['p99.9', RATIO.P999],
    ] as const
  ).map(([what, { of }]) => ({
    name: `${what} × floor, ${name}`,
    lane: at(ENGINE, name),
    base: at(FLOOR, name),
    of,
  })),
);

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const stages = await openStages(context, (generator) => ({
    [FLOOR]: startFloor(context, generator),
    [ENGINE]: startEngine(context, generator, instruments),
  }));
  const common = { framing: 'json', clients: 1, sampled: 1, instruments } as const;
  const lanesOf = ({ name, ...course }: Profile): Lane[] =>
    [...stages].map(([what, stage]) => ({ name: at(what, name), stage, options: { ...common, ...course } }));
  const warmUpSeconds = await warmUp(context, 'profiles', lanesOf(OPEN), WARM_UP_SECONDS);
  const profiles = isSmoke ? [OPEN] : PROFILES;
  const { cells, failures } = await runSideBySide(context, 'profiles', profiles.flatMap(lanesOf));
  const pairs = profiles.map(({ name }) => [at(ENGINE, name), at(FLOOR, name)] as const);
  return {
    tables: [
      latencyTable('Profiles: intended time at the exchange to the bytes at a client', cells),
      costTable('Profiles: deliveries and their cost', cells),
      ratioTable('Profiles: beside the floor', '× the floor, same round', cells, pairs, [
        RATIO.P50,
        RATIO.P99,
        RATIO.P999,
        RATIO.CPU,
      ]),
    ],
    plots: [latencyPlot('Profiles', cells)],
    figures: ratioFigures(cells, FIGURES),
    conditions: {
      instruments,
      upstreamConnections: 1,
      mode: 'quote',
      framing: 'json',
      clients: 1,
      burstsPerSecond: 1000,
      warmUpSecondsEach: warmUpSeconds,
      leadInSecondsPerRun: stages.get(FLOOR)!.leadIn,
      secondsPerRun: seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const profiles: Scenario = {
  name: 'profiles',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'latency and loss as the rate goes calmly, in bursts and at full storm, beside the floor',
  defaultSeconds: 4,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
