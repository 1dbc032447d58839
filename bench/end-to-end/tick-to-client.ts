/**
 * From the instant at which a tick is due at the exchange to its message's bytes in a client: the engine beside the
 * least that a server can do, and beside a plain one.
 *
 *   load generator ──WebSocket──▶ floor                         ──▶ 1 client, JSON
 *   (a process, Angel's wire,     plain (JSON.stringify)        ──▶ 1 client, JSON
 *    1000 quotes, in turn         engine                        ──▶ 1 client, JSON, then msgpack
 *    to each of these)            engine, --preset=latency      ──▶ 1 client, JSON
 *                                 engine, --preset=throughput   ──▶ 1 client, JSON
 *
 * 1000 instruments are what one connection to the broker takes. With more of them a server has several connections, which
 * the engine reads in as many threads and the floor in one: it would no longer be the same work.
 *
 * All servers run all the time and take turns. Who is not in turn sleeps: no tick comes, and the latency preset, which spins
 * from tick to tick, falls asleep 3 ms after its last one. So nobody takes a core from the one that is measured.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { startEngine } from './engine-contender.ts';
import { openStages } from './open-stages.ts';
import { type NamedRatio, ratioFigures } from './ratio-figures.ts';
import { RATIO, ratioTable } from './ratio-table.ts';
import { startFloor, startPlain } from './rivals/relay-contenders.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import type { Stage } from './stage.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 1000;
const SMOKE_INSTRUMENTS = 100;
const RATES = [1000, 10_000, 45_000];
const SMOKE_RATES = [5000];
const WARM_UP_RATE = 10_000;
const WARM_UP_SECONDS = 3;
const COLUMNS = [RATIO.P50, RATIO.P99, RATIO.P999, RATIO.CPU];

const FLOOR = 'floor';
const PLAIN = 'plain';
const JSON_ENGINE = 'engine JSON';
const MSGPACK_ENGINE = 'engine msgpack';
const LATENCY_PRESET = 'latency preset';
const THROUGHPUT_PRESET = 'throughput preset';

const at = (what: string, perSecond: number) => `${what}, ${perSecond}/s`;

/** A server, and the clients that it gets. */
interface Way {
  readonly name: string;
  readonly stage: Stage;
  readonly framing: 'json' | 'msgpack';
}

async function openWays(context: ScenarioContext, instruments: number): Promise<readonly Way[]> {
  const stages = await openStages(context, (generator) => {
    const engine = (preset: string) => startEngine(context, generator, instruments, [`--preset=${preset}`]);
    const few = {
      [FLOOR]: startFloor(context, generator),
      [JSON_ENGINE]: engine('default'),
      [LATENCY_PRESET]: engine('latency'),
    };
    if (context.isSmoke) return few;
    return { ...few, [THROUGHPUT_PRESET]: engine('throughput'), [PLAIN]: startPlain(context, generator) };
  });
  return [...stages].flatMap(([name, stage]) => {
    const json: Way = { name, stage, framing: 'json' };
    return name === JSON_ENGINE ? [json, { name: MSGPACK_ENGINE, stage, framing: 'msgpack' }] : [json];
  });
}

function figuresAt(perSecond: number): readonly NamedRatio[] {
  const floor = at(FLOOR, perSecond);
  const engine = at(JSON_ENGINE, perSecond);
  const latency = at(LATENCY_PRESET, perSecond);
  const throughput = at(THROUGHPUT_PRESET, perSecond);
  const { P50, P99, P999, CPU } = RATIO;
  return [
    { name: `p50 × floor at ${perSecond}/s`, lane: engine, base: floor, of: P50.of },
    { name: `p99 × floor at ${perSecond}/s`, lane: engine, base: floor, of: P99.of },
    { name: `p99.9 × floor at ${perSecond}/s`, lane: engine, base: floor, of: P999.of },
    { name: `CPU × floor at ${perSecond}/s`, lane: engine, base: floor, of: CPU.of },
    { name: `latency preset p50 × floor at ${perSecond}/s`, lane: latency, base: floor, of: P50.of },
    { name: `latency preset CPU × floor at ${perSecond}/s`, lane: latency, base: floor, of: CPU.of },
    { name: `throughput preset CPU × floor at ${perSecond}/s`, lane: throughput, base: floor, of: CPU.of },
    {
      name: `msgpack p50 × JSON at ${perSecond}/s`,
      lane: at(MSGPACK_ENGINE, perSecond),
      base: engine,
      of: P50.of,
    },
    { name: `p50 × plain at ${perSecond}/s`, lane: engine, base: at(PLAIN, perSecond), of: P50.of },
  ];
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const rates = isSmoke ? SMOKE_RATES : RATES;
  const ways = await openWays(context, instruments);
  const common = { clients: 1, sampled: 1, instruments };
  const lanesAt = (perSecond: number): Lane[] =>
    ways.map(({ name, stage, framing }) => ({
      name: at(name, perSecond),
      stage,
      options: { ...common, framing, perSecond },
    }));
  const warmUpSeconds = await warmUp(context, 'tick-to-client', lanesAt(WARM_UP_RATE), WARM_UP_SECONDS);
  const { cells, failures } = await runSideBySide(context, 'tick-to-client', rates.flatMap(lanesAt));
  const pairs = rates.flatMap((perSecond) =>
    ways
      .filter(({ name }) => name !== FLOOR)
      .map(({ name }) => [at(name, perSecond), at(FLOOR, perSecond)] as const),
  );
  return {
    tables: [
      latencyTable('Tick to client: intended time at the exchange to the bytes at a client', cells),
      costTable('Tick to client: deliveries and their cost', cells),
      ratioTable('Tick to client: beside the floor', '× the floor, same round', cells, pairs, COLUMNS),
    ],
    plots: rates.map((perSecond) => {
      const own = ways.map(({ name }) => [name, cells.get(at(name, perSecond)) ?? []] as const);
      return latencyPlot(`Tick to client, ${perSecond} ticks/s`, new Map(own));
    }),
    figures: ratioFigures(cells, rates.flatMap(figuresAt)),
    conditions: {
      instruments,
      upstreamConnections: 1,
      mode: 'quote',
      clients: 1,
      burstsPerSecond: 1000,
      warmUpSecondsEach: warmUpSeconds,
      warmUpTicksPerSecond: WARM_UP_RATE,
      leadInSecondsPerRun: ways[0]!.stage.leadIn,
      secondsPerRun: seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const tickToClient: Scenario = {
  name: 'tick-to-client',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'latency, loss and CPU at 1,000, 10,000 and 45,000 ticks/s beside the floor',
  defaultSeconds: 3,
  smokeSeconds: 0.3,
  defaultRounds: 3,
  run,
};
