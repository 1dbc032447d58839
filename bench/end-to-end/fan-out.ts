/**
 * The same ticks to more and more clients: what a delivery costs, and what another client costs.
 *
 *   load generator ──WebSocket──▶ floor                        ══▶ 1, 10, 100, 1000 clients
 *   (a process, Angel's wire,     engine                       ══▶ 1, 10, 100, 1000 clients
 *    100 quotes, in turn          engine, --preset=throughput  ══▶ 100 clients
 *    to each of these)            the same, waiting 10 ms      ══▶ 100 clients
 *                                 plain (JSON.stringify)       ══▶ 100 clients
 *                                 bridge ──▶ NATS server       ══▶ 100 clients
 *
 * Each client has all 100 instruments, as JSON; all are in one process. At 1,000 ticks/s a burst is one tick, so each
 * delivery is a write to a socket of its own, unless a server waits for a second tick. A thousand clients get 100 ticks/s: with
 * more than 100,000 reads a second the clients' process would be what is measured. What a delivery to one of them costs is
 * compared to that of ten clients which get 100 ticks/s too. NATS is counted without the bridge that
 * brings it the ticks, and with it.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { startEngine } from './engine-contender.ts';
import { openStages } from './open-stages.ts';
import { type NamedRatio, ratioFigures } from './ratio-figures.ts';
import { RATIO, type RatioColumn, ratioTable } from './ratio-table.ts';
import { startNats } from './rivals/nats-contender.ts';
import { hasNats } from './rivals/nats-server-process.ts';
import { startFloor, startPlain } from './rivals/relay-contenders.ts';
import type { RunResult } from './run-result.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import type { Stage } from './stage.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 100;
const SAMPLED = 5;
const WARM_UP_SECONDS = 2;

/** How many clients, and at how many ticks per second. */
interface Crowd {
  readonly name: string;
  readonly clients: number;
  readonly perSecond: number;
}

const TEN: Crowd = { name: '10 clients', clients: 10, perSecond: 1000 };
const HUNDRED: Crowd = { name: '100 clients', clients: 100, perSecond: 1000 };
/** What a thousand clients are compared to: the same ticks, so that only the number of clients differs. */
const TEN_AT_100: Crowd = { name: '10 clients at 100/s', clients: 10, perSecond: 100 };
const THOUSAND: Crowd = { name: '1000 clients', clients: 1000, perSecond: 100 };
const CROWDS: readonly Crowd[] = [
  { name: '1 clients', clients: 1, perSecond: 1000 },
  TEN,
  HUNDRED,
  TEN_AT_100,
  THOUSAND,
];
const SMOKE_CROWDS: readonly Crowd[] = [TEN];

const FLOOR = 'floor';
const ENGINE = 'engine';
const THROUGHPUT_PRESET = 'throughput preset';
const LONG_FLUSH = 'throughput preset, 10 ms';
const PLAIN = 'plain';
const NATS = 'NATS';

const at = (what: string, { name }: Crowd) => `${what}, ${name}`;

/** All are measured at a hundred clients. */
function isIn(what: string, crowd: Crowd): boolean {
  return what === ENGINE || (what === FLOOR && crowd !== TEN_AT_100);
}

const perMillion = (seconds: number | null, { measuredDeliveries }: RunResult) =>
  seconds === null ? null : (seconds * 1e6) / measuredDeliveries;
const perCpuSecond = (cost: number | null) => (cost === null || cost === 0 ? null : 1e6 / cost);

const DELIVERIES: RatioColumn = {
  name: 'deliveries per CPU second',
  of: (run) => perCpuSecond(run.engineCpuSecondsPerMillion),
};
/** Of a contender's last process: NATS without its bridge, and all of one that has a single process. */
const DELIVERIES_OF_LAST: RatioColumn = {
  name: 'without the bridge',
  of: (run) => perCpuSecond(perMillion(run.hosts.at(-1)?.cpuSeconds ?? null, run)),
};

function open(context: ScenarioContext): Promise<ReadonlyMap<string, Stage>> {
  return openStages(context, (generator) => {
    const engine = (...flags: string[]) => startEngine(context, generator, INSTRUMENTS, flags);
    const few = {
      [FLOOR]: startFloor(context, generator),
      [ENGINE]: engine(),
      ...(hasNats() ? { [NATS]: startNats(context, generator) } : {}),
    };
    if (context.isSmoke) return few;
    return {
      ...few,
      [THROUGHPUT_PRESET]: engine('--preset=throughput'),
      [LONG_FLUSH]: engine('--preset=throughput', '--flush-us=10000'),
      [PLAIN]: startPlain(context, generator),
    };
  });
}

const { of } = DELIVERIES;
const hundredOf = (what: string) => at(what, HUNDRED);
const FIGURES: readonly NamedRatio[] = [
  { name: `${DELIVERIES.name} × floor`, lane: hundredOf(ENGINE), base: hundredOf(FLOOR), of },
  { name: `${DELIVERIES.name} × plain`, lane: hundredOf(ENGINE), base: hundredOf(PLAIN), of },
  {
    name: `${DELIVERIES.name} × NATS`,
    lane: hundredOf(ENGINE),
    base: hundredOf(NATS),
    of: DELIVERIES_OF_LAST.of,
  },
  { name: `${DELIVERIES.name} × NATS and its bridge`, lane: hundredOf(ENGINE), base: hundredOf(NATS), of },
  {
    name: `throughput preset ${DELIVERIES.name} × floor`,
    lane: hundredOf(THROUGHPUT_PRESET),
    base: hundredOf(FLOOR),
    of,
  },
  {
    name: `throughput preset with 10 ms ${DELIVERIES.name} × floor`,
    lane: hundredOf(LONG_FLUSH),
    base: hundredOf(FLOOR),
    of,
  },
  {
    name: 'cost per delivery of 1000 clients × 10 clients',
    lane: at(ENGINE, THOUSAND),
    base: at(ENGINE, TEN_AT_100),
    of: RATIO.CPU.of,
  },
];

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const crowds = isSmoke ? SMOKE_CROWDS : CROWDS;
  const main = isSmoke ? SMOKE_CROWDS[0] : HUNDRED;
  const stages = await open(context);
  const lanesAt = (crowd: Crowd): Lane[] =>
    [...stages]
      .filter(([name]) => crowd === main || isIn(name, crowd))
      .map(([name, stage]) => ({
        name: at(name, crowd),
        stage,
        options: {
          framing: 'json',
          instruments: INSTRUMENTS,
          clients: crowd.clients,
          perSecond: crowd.perSecond,
          sampled: Math.min(SAMPLED, crowd.clients),
        },
      }));
  const warmUpSeconds = await warmUp(context, 'fan-out', lanesAt(HUNDRED), WARM_UP_SECONDS);
  const lanes = crowds.flatMap(lanesAt);
  const { cells, failures } = await runSideBySide(context, 'fan-out', lanes);
  const pairs = crowds.flatMap((crowd) =>
    [...stages.keys()]
      .filter((name) => name !== FLOOR && cells.has(at(name, crowd)) && cells.has(at(FLOOR, crowd)))
      .map((name) => [at(name, crowd), at(FLOOR, crowd)] as const),
  );
  return {
    tables: [
      latencyTable(`Fan-out: latency at up to ${SAMPLED} of the clients`, cells),
      costTable('Fan-out: deliveries and their cost', cells),
      ratioTable('Fan-out: beside the floor', '× the floor, same round', cells, pairs, [
        DELIVERIES,
        DELIVERIES_OF_LAST,
        RATIO.P50,
        RATIO.P99,
      ]),
    ],
    plots: crowds.map((crowd) => {
      const own = [...stages.keys()].map((name) => [name, cells.get(at(name, crowd)) ?? []] as const);
      const title = `Fan-out, ${crowd.clients} clients at ${crowd.perSecond} ticks/s`;
      return latencyPlot(title, new Map(own.filter(([, runs]) => runs.length > 0)));
    }),
    figures: ratioFigures(cells, FIGURES),
    conditions: {
      instruments: INSTRUMENTS,
      upstreamConnections: 1,
      mode: 'quote',
      framing: 'json',
      ticksPerSecond: crowds.map(({ clients, perSecond }) => `${perSecond} for ${clients}`).join(' and '),
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

export const fanOut: Scenario = {
  name: 'fan-out',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'the same ticks to 1, 10, 100 and 1000 JSON clients, beside the floor, a plain server and NATS',
  defaultSeconds: 3,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
