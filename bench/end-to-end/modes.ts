/**
 * What a mode and a framing cost: the same number of ticks as LTP, Quote and Depth, as JSON, msgpack and both at once.
 *
 *   load generator ──WebSocket──▶ engine ──▶ 2 clients, JSON
 *   (a process, Angel's wire:            ──▶ 2 clients, msgpack
 *    51, 123 or 379 bytes a tick)        ──▶ 1 client, JSON, and 1 client, msgpack
 *
 * Clients take all 1000 instruments in one mode, which is then what the engine asks the broker for. In each round all
 * nine take turns on one engine.
 */
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import type { Framing } from './measuring-clients.ts';
import { type NamedRatio, ratioFigures } from './ratio-figures.ts';
import { RATIO, type RatioColumn, ratioTable } from './ratio-table.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import { Stage } from './stage.ts';
import type { StreamMode } from './tick-format.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 1000;
const SMOKE_INSTRUMENTS = 100;
const PER_SECOND = 10_000;
const CLIENTS = 2;
const WARM_UP_SECONDS = 2;
const MODES: readonly StreamMode[] = ['ltp', 'quote', 'depth'];
const FRAMINGS: readonly Framing[] = ['json', 'msgpack', 'both'];

const at = (mode: StreamMode, framing: Framing) => `${mode}, ${framing}`;
const BASE = at('quote', 'json');

const BYTES: RatioColumn = {
  name: 'bytes per delivery',
  of: ({ payloadBytes, received }) => payloadBytes / received,
};

const FIGURES: readonly NamedRatio[] = [
  { name: 'CPU of LTP × quote', lane: at('ltp', 'json'), base: BASE, of: RATIO.CPU.of },
  { name: 'CPU of depth × quote', lane: at('depth', 'json'), base: BASE, of: RATIO.CPU.of },
  ...MODES.flatMap((mode) => [
    {
      name: `CPU of msgpack × JSON, ${mode}`,
      lane: at(mode, 'msgpack'),
      base: at(mode, 'json'),
      of: RATIO.CPU.of,
    },
    { name: `CPU of both × JSON, ${mode}`, lane: at(mode, 'both'), base: at(mode, 'json'), of: RATIO.CPU.of },
  ]),
];

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds } = context;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const stage = await Stage.ofEngine(context, instruments);
  const common = { clients: CLIENTS, sampled: CLIENTS, instruments, perSecond: PER_SECOND };
  const lanes: Lane[] = MODES.flatMap((mode) =>
    FRAMINGS.map((framing) => ({ name: at(mode, framing), stage, options: { ...common, mode, framing } })),
  );
  const both = lanes.filter(({ options }) => options.framing === 'both');
  const warmUpSeconds = await warmUp(context, 'modes', both, WARM_UP_SECONDS);
  const { cells, failures } = await runSideBySide(context, 'modes', lanes);
  const pairs = lanes.filter(({ name }) => name !== BASE).map(({ name }) => [name, BASE] as const);
  return {
    tables: [
      latencyTable(`Modes and framings: latency at ${CLIENTS} clients, ${PER_SECOND} ticks/s`, cells),
      costTable('Modes and framings: deliveries and their cost', cells),
      ratioTable('Modes and framings: beside a quote as JSON', '× quote, json, same round', cells, pairs, [
        BYTES,
        RATIO.P50,
        RATIO.P99,
        RATIO.CPU,
      ]),
    ],
    plots: MODES.map((mode) => {
      const own = FRAMINGS.map((framing) => [framing, cells.get(at(mode, framing)) ?? []] as const);
      return latencyPlot(`Modes and framings, ${mode}`, new Map(own));
    }),
    figures: ratioFigures(cells, FIGURES),
    conditions: {
      instruments,
      upstreamConnections: 1,
      ticksPerSecond: PER_SECOND,
      clients: CLIENTS,
      burstsPerSecond: 1000,
      warmUpSecondsPerMode: warmUpSeconds,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures,
  };
}

export const modes: Scenario = {
  name: 'modes',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: 'LTP, Quote and Depth as JSON, msgpack and both at once',
  defaultSeconds: 2,
  smokeSeconds: 0.1,
  defaultRounds: 3,
  run,
};
