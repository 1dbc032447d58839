/**
 * The highest rate at which one client still gets every tick, 99 of 100 of them within 10 ms.
 *
 *   load generator ──WebSocket──▶ nothing                      ──▶ 1 client, the broker's own frames
 *   (a process, Angel's wire,     floor                        ──▶ 1 client, JSON
 *    1000 quotes, in turn         plain (JSON.stringify)       ──▶ 1 client, JSON
 *    to each of these)            engine                       ──▶ 1 client, JSON
 *                                 engine, --preset=throughput  ──▶ 1 client, JSON
 *
 * Each has a search of its own, in which rates rise until one fails twice, and the searches take turns run by run. The
 * first line has the client read what the generator sends: what these two can do bounds all others, and they share the
 * machine's cores with whatever stands between them. Above its ceiling a server may lose ticks: that is what is looked for.
 * At the lowest rate it may not.
 */
import type { ChildProgram } from '../harness/child-program.ts';
import { type Figure, figureOf } from '../harness/figure.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { Contender } from './contender.ts';
import { startEngine } from './engine-contender.ts';
import type { LoadGenerator } from './load-generator.ts';
import { openStages } from './open-stages.ts';
import { RateSearch } from './rate-search.ts';
import { startFloor, startPlain } from './rivals/relay-contenders.ts';
import type { RunOptions, RunResult } from './run-result.ts';
import type { Stage } from './stage.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 1000;
const SMOKE_INSTRUMENTS = 100;
const RUNGS = [45_000, 105_000, 240_000, 540_000, 1_200_000];
const SMOKE_RUNGS = [2000, 3000];
/** On a busy machine a search by time could take long: there is nothing to find out. */
const SMOKE_P99_US = Number.POSITIVE_INFINITY;
/** Of what was found in the round before: where later rounds begin. */
const NEAR = [0.9, 1.1, 1.4];
const PRECISION = 1.06;
const HIGHEST_P99_US = 10_000;
const WARM_UP_RATE = 20_000;
const WARM_UP_SECONDS = 3;

const NOTHING = 'nothing between';
const FLOOR = 'floor';
const PLAIN = 'plain';
const ENGINE = 'engine';
const THROUGHPUT_PRESET = 'throughput preset';

/** What a search found within a round. */
interface Climb {
  /** The highest sustained rate; 0 for none. */
  readonly ceiling: number;
  /** The run at it. */
  readonly best: RunResult | undefined;
  readonly attempts: readonly RunResult[];
}

function open(context: ScenarioContext, instruments: number): Promise<ReadonlyMap<string, Stage>> {
  return openStages(context, (generator) => {
    const engine = (preset: string) => startEngine(context, generator, instruments, [`--preset=${preset}`]);
    const few = {
      [NOTHING]: brokerOf(generator),
      [FLOOR]: startFloor(context, generator),
      [ENGINE]: engine('default'),
    };
    if (context.isSmoke) return few;
    return { ...few, [PLAIN]: startPlain(context, generator), [THROUGHPUT_PRESET]: engine('throughput') };
  });
}

/** The generator itself, as what its clients connect to. */
async function brokerOf(generator: ChildProgram<LoadGenerator>): Promise<Contender> {
  const url = await generator.call('url', null);
  return { processes: [], urls: [url], apiKey: '', protocol: 'wire' };
}

/** @param highestP99Us where times count */
const isSustained = ({ failures, latency }: RunResult, highestP99Us: number) =>
  failures.length === 0 && latency.p99 <= highestP99Us;

function rungsOf(isSmoke: boolean, before: Climb | undefined): readonly number[] {
  if (isSmoke) return SMOKE_RUNGS;
  if (before === undefined || before.ceiling === 0) return RUNGS;
  return NEAR.map((part) => Math.round(part * before.ceiling));
}

function ceilingTable(climbs: ReadonlyMap<string, readonly Climb[]>): Table {
  const rows = [...climbs].map(([name, rounds]) => {
    const best = rounds.flatMap((climb) => climb.best ?? []);
    const median = (of: (run: RunResult) => number | null, digits: number) => {
      const values = best.map(of).filter((value) => value !== null);
      return values.length === 0 ? '-' : spreadOf(values).median.toFixed(digits);
    };
    return [
      name,
      formatSpread(spreadOf(rounds.map(({ ceiling }) => ceiling)), 0),
      median(({ latency }) => latency.p50, 0),
      median(({ latency }) => latency.p99, 0),
      median(({ engineCpuShare }) => engineCpuShare, 2),
      median(({ generatorCpuShare }) => generatorCpuShare, 2),
      median(({ clientCpuShare }) => clientCpuShare, 2),
      median(({ generatorLag }) => generatorLag.p99, 0),
    ];
  });
  return {
    title:
      'Ceiling: the highest rate with all ticks delivered and a p99 of at most 10 ms, and what it was like there',
    columns: [
      '',
      'ticks/s',
      'p50 µs',
      'p99 µs',
      'its cores',
      'generator cores',
      'client cores',
      'generator p99 µs',
    ],
    rows,
  };
}

function figuresOf(climbs: ReadonlyMap<string, readonly Climb[]>): Record<string, Figure> {
  const rates = (name: string) => (climbs.get(name) ?? []).map(({ ceiling }) => ceiling);
  const figures: Record<string, Figure> = {};
  const add = (name: string, values: readonly number[], unit: string) => {
    if (values.length > 0) figures[name] = figureOf(values, unit);
  };
  const addRatio = (name: string, lane: string, base: string) => {
    const below = rates(base);
    const ratios = rates(lane).flatMap((rate, i) => (below[i] ? [rate / below[i]] : []));
    add(name, ratios, '×');
  };
  add('highest rate', rates(ENGINE), '/s');
  add('highest rate with nothing between', rates(NOTHING), '/s');
  addRatio('highest rate × floor', ENGINE, FLOOR);
  addRatio('highest rate × plain', ENGINE, PLAIN);
  addRatio('throughput preset highest rate × floor', THROUGHPUT_PRESET, FLOOR);
  addRatio('highest rate × nothing between', ENGINE, NOTHING);
  return figures;
}

/** One search for each stage. Whose limit is known leaves the turns. */
async function climbAll(
  { isSmoke, seconds, progress }: ScenarioContext,
  stages: ReadonlyMap<string, Stage>,
  options: Omit<RunOptions, 'seconds' | 'perSecond'>,
  before: ReadonlyMap<string, readonly Climb[]>,
): Promise<ReadonlyMap<string, Climb>> {
  const highestP99Us = isSmoke ? SMOKE_P99_US : HIGHEST_P99_US;
  const searches = [...stages].map(([name, stage]) => {
    const rungs = rungsOf(isSmoke, before.get(name)?.at(-1));
    return {
      name,
      stage,
      search: new RateSearch({ rungs, precision: PRECISION }),
      attempts: [] as RunResult[],
    };
  });
  for (let open = searches; open.length > 0; open = searches.filter(({ search }) => search.next !== null)) {
    for (const { name, stage, search, attempts } of open) {
      const perSecond = search.next;
      if (perSecond === null) continue;
      progress(`ceiling: ${name}, ${perSecond}/s`);
      const result = await stage.run({ ...options, perSecond, seconds });
      attempts.push(result);
      search.report(isSustained(result, highestP99Us));
    }
  }
  return new Map(
    searches.map(({ name, search: { sustained }, attempts }) => {
      const best = attempts.findLast((run) => run.perSecond === sustained && isSustained(run, highestP99Us));
      return [name, { ceiling: sustained, best, attempts }];
    }),
  );
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds, rounds, progress } = context;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const stages = await open(context, instruments);
  const options = { framing: 'json', clients: 1, sampled: 1, instruments } as const;
  const easy = [...stages].map(([name, stage]) => ({
    name,
    stage,
    options: { ...options, perSecond: WARM_UP_RATE },
  }));
  const warmUpSeconds = await warmUp(context, 'ceiling', easy, WARM_UP_SECONDS);
  const climbs = new Map<string, Climb[]>([...stages.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    progress(`ceiling: round ${round + 1} of ${rounds}`);
    for (const [name, climb] of await climbAll(context, stages, options, climbs))
      climbs.get(name)!.push(climb);
  }
  const lowest = (isSmoke ? SMOKE_RUNGS : RUNGS)[0]!;
  const failures = [...climbs].flatMap(([name, found]) => {
    const slow = found.flatMap(({ attempts }) => attempts).filter((run) => run.perSecond <= lowest);
    return slow.flatMap((one) => one.failures.map((failure) => `${name}, ${one.perSecond}/s: ${failure}`));
  });
  return {
    tables: [ceilingTable(climbs)],
    figures: figuresOf(climbs),
    conditions: {
      instruments,
      upstreamConnections: 1,
      mode: 'quote',
      framing: 'json',
      clients: 1,
      burstsPerSecond: 1000,
      highestP99Us: HIGHEST_P99_US,
      precision: PRECISION,
      warmUpSecondsEach: warmUpSeconds,
      warmUpTicksPerSecond: WARM_UP_RATE,
      leadInSecondsPerRun: stages.get(FLOOR)!.leadIn,
      secondsPerRun: seconds,
      rounds,
    },
    // No rounds to compare: a run at the ceiling is one at another rate each time.
    rounds: [...climbs].map(([name, found]) => ({ name, climbs: found })),
    failures,
  };
}

export const ceiling: Scenario = {
  name: 'ceiling',
  group: 'end-to-end',
  file: import.meta.filename,
  summary:
    'the highest rate with every tick delivered and a p99 of at most 10 ms, beside the floor and a plain server',
  defaultSeconds: 1.5,
  smokeSeconds: 0.2,
  defaultRounds: 2,
  run,
};
