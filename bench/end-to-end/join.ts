/**
 * Clients that join while others are served: how long each step takes, and what the others notice.
 *
 *   load generator ──1 WebSocket──▶ engine ══WebSocket══▶ 5 JSON clients that stay, with all 1000 instruments
 *   (10,000 quotes/s)                  ║
 *                                      ╚═══WebSocket══▶ one client after another (another process), ten a second:
 *                                                       connect, authenticate, subscribe 1000, first tick, leave
 */
import { join as joinPath } from 'node:path';
import { ChildProgram } from '../harness/child-program.ts';
import { type Figure, figureOf } from '../harness/figure.ts';
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import { benchSymbols } from './bench-instruments.ts';
import type { Contender } from './contender.ts';
import { startEngine } from './engine-contender.ts';
import { JOIN_STEPS, type JoinResult } from './join-result.ts';
import type { JoiningClients } from './joining-clients.ts';
import { RATIO, ratiosOf, ratioTable } from './ratio-table.ts';
import type { RunOptions, RunResult } from './run-result.ts';
import { costTable, latencyTable } from './run-table.ts';
import { type Lane, runSideBySide } from './side-by-side.ts';
import { Stage, startGenerator } from './stage.ts';

const INSTRUMENTS = 1000;
const PER_SECOND = 10_000;
const STAYING = 5;
const EVERY_MS = 100;
const WARM_UP_SECONDS = 3;
const NOBODY = 'nobody joins';
const PLAIN = 'joining';
const SNAPSHOT = 'joining with snapshots';

/** Runs of the clients that stay, while others join. */
class JoiningLane {
  readonly #stage: Stage;
  readonly #contender: Contender;
  readonly #clients: ChildProgram<JoiningClients>;
  readonly #features: readonly string[];
  readonly results: JoinResult[] = [];

  constructor(
    stage: Stage,
    contender: Contender,
    clients: ChildProgram<JoiningClients>,
    features: readonly string[],
  ) {
    this.#stage = stage;
    this.#contender = contender;
    this.#clients = clients;
    this.#features = features;
  }

  async run(options: RunOptions): Promise<RunResult> {
    const [url = ''] = this.#contender.urls;
    await this.#stage.connect(options);
    await this.#clients.call('begin', {
      url,
      apiKey: this.#contender.apiKey,
      symbols: benchSymbols(INSTRUMENTS),
      features: this.#features,
      everyMs: EVERY_MS,
    });
    const result = await this.#stage.load(options);
    this.results.push(await this.#clients.call('end', null));
    await this.#stage.disconnect();
    return result;
  }
}

function stepTable(lanes: ReadonlyMap<string, readonly JoinResult[]>): Table {
  const rows = [...lanes].flatMap(([name, results]) =>
    JOIN_STEPS.map((step, i) => {
      const spread = (of: 'p50' | 'p99' | 'max') =>
        formatSpread(spreadOf(results.map(({ steps }) => steps[step][of] / 1000)), 2);
      const clients = results.reduce((sum, result) => sum + result.clients, 0);
      return [
        i === 0 ? `${name}, ${clients} clients` : '',
        step,
        spread('p50'),
        spread('p99'),
        spread('max'),
      ];
    }),
  );
  return { title: 'Join: steps of those who join, ms', columns: ['', 'step', 'p50', 'p99', 'max'], rows };
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const generator = await startGenerator(context);
  const contender = await startEngine(context, generator, INSTRUMENTS);
  const stage = new Stage(context, generator, contender);
  const clients = new ChildProgram<JoiningClients>(joinPath(import.meta.dirname, 'joining-clients.ts'));
  context.cleanup.add(() => clients.stop());
  const options = {
    framing: 'json',
    perSecond: PER_SECOND,
    instruments: INSTRUMENTS,
    clients: STAYING,
    sampled: STAYING,
  } as const;
  const warmUp = context.isSmoke ? context.seconds : WARM_UP_SECONDS;
  context.progress('join: warm-up');
  const joining = new Map([
    [PLAIN, new JoiningLane(stage, contender, clients, [])],
    [SNAPSHOT, new JoiningLane(stage, contender, clients, ['snapshot'])],
  ]);
  for (const lane of joining.values()) {
    await lane.run({ ...options, seconds: warmUp });
    lane.results.length = 0;
  }
  const lanes: readonly Lane[] = [
    { name: NOBODY, stage, options },
    ...[...joining].map(([name, lane]) => ({ name, stage: lane, options })),
  ];
  const { cells, failures } = await runSideBySide(context, 'join', lanes);
  const results = new Map([...joining].map(([name, lane]) => [name, lane.results]));
  const figures: Record<string, Figure> = {};
  for (const [name, own] of results) {
    const whole = own.map(({ steps }) => steps.whole.p50 / 1000);
    figures[`whole join, p50, ${name}`] = figureOf(whole, 'ms');
    const ratios = ratiosOf(cells.get(name) ?? [], cells.get(NOBODY) ?? [], RATIO.P999.of);
    if (ratios.length > 0) figures[`p99.9 of the others, ${name} × ${NOBODY}`] = figureOf(ratios, '×');
  }
  return {
    tables: [
      stepTable(results),
      latencyTable(`Join: latency at the ${STAYING} clients that stay, ${PER_SECOND} ticks/s`, cells),
      ratioTable(
        'Join: what the clients that stay notice',
        `× ${NOBODY}, same round`,
        cells,
        [...joining.keys()].map((name) => [name, NOBODY]),
        [RATIO.P50, RATIO.P99, RATIO.P999],
      ),
      costTable('Join: deliveries to the clients that stay, and their cost', cells),
    ],
    plots: [latencyPlot('Join: latency at the clients that stay', cells)],
    figures,
    conditions: {
      instruments: INSTRUMENTS,
      ticksPerSecond: PER_SECOND,
      mode: 'quote',
      framing: 'json',
      clientsThatStay: STAYING,
      joinEveryMs: EVERY_MS,
      warmUpSecondsPerLane: warmUp,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: context.seconds,
      rounds: context.rounds,
    },
    rounds: lanes.map(({ name }) => ({ name, runs: cells.get(name), joins: results.get(name) })),
    failures: [
      ...failures,
      ...[...results].flatMap(([name, own]) =>
        own.flatMap((result) => result.failures.map((failure) => `${name}: ${failure}`)),
      ),
    ],
  };
}

export const join: Scenario = {
  name: 'join',
  group: 'end-to-end',
  summary: 'connect, authenticate, subscribe 1,000 symbols, first tick, while others are served',
  file: import.meta.filename,
  defaultSeconds: 4,
  smokeSeconds: 0.3,
  defaultRounds: 5,
  run,
};
