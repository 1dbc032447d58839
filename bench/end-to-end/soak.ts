/**
 * Whether the engine loses nothing, becomes no slower, and keeps its memory and its handles, on three full connections.
 * The load comes in laps of a minute at most, each of which is measured by itself.
 *
 *   load generator ══3 × WebSocket══▶ engine ──WebSocket──▶ 1 JSON client
 *   (45,000 quotes/s)                    ▲
 *                                        └── /proc, every second: memory, handles, CPU of each thread
 *                                            each thread's own word: pauses of its garbage collector
 */
import { figureOf } from '../harness/figure.ts';
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import { startEngine } from './engine-contender.ts';
import { type Lap, runLap } from './soak-lap.ts';
import { Stage, startGenerator } from './stage.ts';
import { ThreadReports, WATCH_FLAGS } from './thread-reports.ts';

const INSTRUMENTS = 3000;
/** One connection's: with more, instruments move between connections while a smoke run, without warm-up, counts ticks. */
const SMOKE_INSTRUMENTS = 300;
const PER_SECOND = 45_000;
const WARM_UP_RATE = 10_000;
const WARM_UP_SECONDS = 3;
/** The first of all laps warm up, when there are enough: what comes later is compared to the laps behind these. */
const LEAST_LAPS = 6;
const LONGEST_LAP_SECONDS = 60;
const WARM_UP_PART = 0.2;
/** Rows of the table; each stands for the median of the laps that it spans. */
const MOST_ROWS = 12;
/** Threads that keep less than this part of a core busy are not shown. */
const SHOWN_CORES = 0.001;

const medianOf = (laps: readonly Lap[], of: (lap: Lap) => number | null): number | null => {
  const values = laps.map(of).filter((value) => value !== null);
  return values.length === 0 ? null : spreadOf(values).median;
};

const print = (value: number | null, digits: number) => value?.toFixed(digits) ?? '-';

const pausesOf = ({ threads }: Lap) => Object.values(threads).flatMap(({ pauses }) => pauses ?? []);

const longestPause = (lap: Lap) => Math.max(0, ...pausesOf(lap).map(({ longestMs }) => longestMs));

function lapTable(laps: readonly Lap[]): Table {
  const lapsPerRow = Math.ceil(laps.length / MOST_ROWS);
  const rows: string[][] = [];
  for (let from = 0; from < laps.length; from += lapsPerRow) {
    const part = laps.slice(from, from + lapsPerRow);
    rows.push([
      `to ${part.at(-1)!.endSeconds.toFixed(0)} s`,
      print(
        medianOf(part, ({ latency }) => latency.p50),
        0,
      ),
      print(
        medianOf(part, ({ latency }) => latency.p99),
        0,
      ),
      print(
        medianOf(part, ({ latency }) => latency.p999),
        0,
      ),
      print(Math.max(...part.map(({ latency }) => latency.max)), 0),
      String(part.reduce((sum, { lost }) => sum + lost, 0)),
      print(
        medianOf(part, ({ rssMiB }) => rssMiB),
        0,
      ),
      print(
        medianOf(part, ({ handles }) => handles),
        0,
      ),
      print(
        medianOf(part, ({ engineCpuShare }) => engineCpuShare),
        2,
      ),
      print(Math.max(...part.map(longestPause)), 1),
    ]);
  }
  const columns = ['', 'p50 µs', 'p99', 'p99.9', 'max', 'lost', 'RSS MiB', 'handles', 'engine cores'];
  const title = `Soak: ${PER_SECOND} ticks/s, lap by lap (medians)`;
  return { title, columns: [...columns, 'longest GC pause, ms'], rows };
}

function threadTable(laps: readonly Lap[], lapSeconds: number): Table {
  const tids = [...new Set(laps.flatMap(({ threads }) => Object.keys(threads)))];
  const rows = tids.flatMap((tid) => {
    const own = laps.flatMap(({ threads }) => threads[tid] ?? []);
    const cores = spreadOf(own.map((thread) => thread.cores)).median;
    if (cores < SHOWN_CORES) return [];
    const pauses = own.flatMap((thread) => thread.pauses ?? []);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const seconds = own.length * lapSeconds;
    return [
      [
        own[0]!.name,
        cores.toFixed(3),
        (sum(pauses.map(({ count }) => count)) / seconds).toFixed(2),
        (sum(pauses.map(({ totalMs }) => totalMs)) / seconds).toFixed(2),
        Math.max(0, ...pauses.map(({ longestMs }) => longestMs)).toFixed(1),
      ],
    ];
  });
  const columns = ['thread', 'cores', 'GC pauses per s', 'ms of them per s', 'longest, ms'];
  return { title: 'Soak: the threads of the engine', columns, rows };
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { seconds, isSmoke } = context;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const generator = await startGenerator(context);
  const contender = await startEngine(context, generator, instruments, [], { nodeFlags: WATCH_FLAGS });
  const stage = new Stage(context, generator, contender);
  const lapSeconds = Math.min(LONGEST_LAP_SECONDS, seconds / LEAST_LAPS);
  const options = {
    framing: 'json',
    perSecond: PER_SECOND,
    instruments,
    clients: 1,
    sampled: 1,
    seconds: lapSeconds,
  } as const;
  await stage.connect(options);
  // What it loses does not count: instruments find their connections in it.
  if (!isSmoke) await stage.load({ ...options, perSecond: WARM_UP_RATE, seconds: WARM_UP_SECONDS });
  const watched = { engine: contender.processes[0], reports: new ThreadReports() };
  const count = Math.round(seconds / lapSeconds);
  const laps: Lap[] = [];
  const beganAt = performance.now();
  for (let i = 0; i < count; i++) {
    context.progress(`soak: lap ${i + 1} of ${count}, ${print(laps.at(-1)?.rssMiB ?? null, 0)} MiB`);
    laps.push(await runLap(context, stage, watched, options, beganAt));
  }
  await stage.disconnect();
  const settled = laps.slice(Math.ceil(count * WARM_UP_PART));
  const third = Math.ceil(settled.length / 3);
  const [first, last] = [settled.slice(0, third), settled.slice(-third)];
  const drift = [
    ['p50', (lap: Lap) => lap.latency.p50],
    ['p99', (lap: Lap) => lap.latency.p99],
    ['p99.9', (lap: Lap) => lap.latency.p999],
    ['RSS MiB', (lap: Lap) => lap.rssMiB],
    ['handles', (lap: Lap) => lap.handles],
    ['engine cores', (lap: Lap) => lap.engineCpuShare],
  ] as const;
  const rows = drift.map(([what, of]) => {
    const [early, late] = [medianOf(first, of), medianOf(last, of)];
    const ratio = early === null || late === null || early === 0 ? null : late / early;
    return [what, print(early, 2), print(late, 2), print(ratio, 3)];
  });
  const [early, late] = [medianOf(first, (lap) => lap.rssMiB), medianOf(last, (lap) => lap.rssMiB)];
  const columns = ['median', 'first third', 'last third', 'last × first'];
  const title = 'Soak: drift, the warm-up left out';
  return {
    tables: [
      { title, columns, rows },
      lapTable(laps),
      threadTable(settled, stage.leadInOf(options) + lapSeconds),
    ],
    plots: [
      latencyPlot(
        `Soak: latency at ${PER_SECOND} ticks/s`,
        new Map([
          ['first third', first],
          ['last third', last],
        ]),
      ),
    ],
    figures:
      early === null || late === null
        ? {}
        : { 'RSS at the end × after the warm-up': figureOf([late / early], '×') },
    conditions: {
      ticksPerSecond: PER_SECOND,
      instruments,
      framing: 'json',
      clients: 1,
      seconds,
      laps: count,
      secondsPerLap: lapSeconds,
      leadInSecondsPerLap: stage.leadInOf(options),
      lapsOfWarmUp: laps.length - settled.length,
      delivered: laps.reduce((sum, { received }) => sum + received, 0),
      lost: laps.reduce((sum, { lost }) => sum + lost, 0),
    },
    rounds: [{ name: `${PER_SECOND} ticks/s`, runs: laps }],
    failures: laps.flatMap((lap, i) => lap.failures.map((failure) => `lap ${i + 1}: ${failure}`)),
  };
}

export const soak: Scenario = {
  name: 'soak',
  group: 'end-to-end',
  summary: 'loss, latency, memory and handles at 45,000 ticks/s; for an hour give it --seconds 3600',
  file: import.meta.filename,
  defaultSeconds: 120,
  smokeSeconds: 0.6,
  defaultRounds: 1,
  run,
};
