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
 * more than 100,000 reads a second the clients' process would be what is measured. NATS is counted without the bridge that
 * brings it the ticks, and with it.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import type { Contender } from './contender.ts';
import { startEngine } from './engine-contender.ts';
import { type NamedRatio, ratioFigures } from './ratio-figures.ts';
import { RATIO, type RatioColumn, ratioTable } from './ratio-table.ts';
import { startNats } from './rivals/nats-contender.ts';
import { hasNats } from './rivals/nats-server-process.ts';
import { startFloor, startPlain } from './rivals/relay-contenders.ts';
import type { RunResult } from './run-result.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import { Stage, startGenerator } from './stage.ts';

const INSTRUMENTS = 100;
const SAMPLED = 5;
const WARM_UP_CLIENTS = 10;
const WARM_UP_SECONDS = 2;

/** How many clients, and at how many ticks per second. */
interface Crowd {
  readonly clients: number;
  readonly perSecond: number;
}

const TEN: Crowd = { clients: 10, perSecond: 1000 };
const HUNDRED: Crowd = { clients: 100, perSecond: 1000 };
const THOUSAND: Crowd = { clients: 1000, perSecond: 100 };
const CROWDS: readonly Crowd[] = [{ clients: 1, perSecond: 1000 }, TEN, HUNDRED, THOUSAND];
const SMOKE_CROWDS: readonly Crowd[] = [TEN];

const FLOOR = 'floor';
const ENGINE = 'engine';
const THROUGHPUT_PRESET = 'throughput preset';
const LONG_FLUSH = 'throughput preset, 10 ms';
const PLAIN = 'plain';
const NATS = 'NATS';

const at = (what: string, { clients }: Crowd) => `${what}, ${clients} clients`;

interface Way {
  readonly name: string;
  readonly stage: Stage;
  readonly crowds: readonly Crowd[];
}

const perMillion = (seconds: number | null, { received }: RunResult) =>
  seconds === null ? null : (seconds * 1e6) / received;
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

async function openWays(context: ScenarioContext): Promise<readonly Way[]> {
  const { isSmoke } = context;
  const generator = await startGenerator(context);
  const stageOf = async (contender: Promise<Contender>) => new Stage(context, generator, await contender);
  const engineOf = (...flags: string[]) => stageOf(startEngine(context, generator, INSTRUMENTS, flags));
  const crowds = isSmoke ? SMOKE_CROWDS : CROWDS;
  const few = isSmoke ? SMOKE_CROWDS : [HUNDRED];
  const ways: Way[] = [
    { name: FLOOR, stage: await stageOf(startFloor(context, generator)), crowds },
    { name: ENGINE, stage: await engineOf(), crowds },
  ];
  const add = (name: string, stage: Stage) => ways.push({ name, stage, crowds: few });
  if (hasNats()) add(NATS, await stageOf(startNats(context, generator)));
  if (isSmoke) return ways;
  add(THROUGHPUT_PRESET, await engineOf('--preset=throughput'));
  add(LONG_FLUSH, await engineOf('--preset=throughput', '--flush-us=10000'));
  add(PLAIN, await stageOf(startPlain(context, generator)));
  return ways;
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
    base: at(ENGINE, TEN),
    of: RATIO.CPU.of,
  },
  {
    name: "the floor's cost per delivery of 1000 clients × 10 clients",
    lane: at(FLOOR, THOUSAND),
    base: at(FLOOR, TEN),
    of: RATIO.CPU.of,
  },
];

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const ways = await openWays(context);
  const all = isSmoke ? SMOKE_CROWDS : CROWDS;
  const common = { framing: 'json', instruments: INSTRUMENTS } as const;
  const warmUp = isSmoke ? seconds : WARM_UP_SECONDS;
  for (const { name, stage } of ways) {
    context.progress(`fan-out: warm-up, ${name}`);
    const clients = WARM_UP_CLIENTS;
    await stage.run({ ...common, perSecond: TEN.perSecond, clients, sampled: SAMPLED, seconds: warmUp });
  }
  const lanes: Lane[] = all.flatMap((crowd) =>
    ways
      .filter(({ crowds }) => crowds.includes(crowd))
      .map(({ name, stage }) => ({
        name: at(name, crowd),
        stage,
        options: { ...common, ...crowd, sampled: Math.min(SAMPLED, crowd.clients) },
      })),
  );
  const { cells, failures } = await runSideBySide(context, 'fan-out', lanes);
  const pairs = all
    .flatMap((crowd) =>
      ways
        .filter(({ name }) => name !== FLOOR)
        .map(({ name }) => [at(name, crowd), at(FLOOR, crowd)] as const),
    )
    .filter(([lane]) => cells.has(lane));
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
    plots: all.map((crowd) => {
      const own = ways.map(({ name }) => [name, cells.get(at(name, crowd)) ?? []] as const);
      const title = `Fan-out, ${crowd.clients} clients at ${crowd.perSecond} ticks/s`;
      return latencyPlot(title, new Map(own.filter(([, runs]) => runs.length > 0)));
    }),
    figures: ratioFigures(cells, FIGURES),
    conditions: {
      instruments: INSTRUMENTS,
      upstreamConnections: 1,
      mode: 'quote',
      framing: 'json',
      ticksPerSecond: all.map(({ clients, perSecond }) => `${perSecond} for ${clients}`).join(' and '),
      burstsPerSecond: 1000,
      warmUpSecondsEach: warmUp,
      leadInSecondsPerRun: ways[0]!.stage.leadIn,
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
