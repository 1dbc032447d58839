/**
 * What clients that stop reading do to those that read.
 *
 *   load generator ──1 WebSocket──▶ engine ══WebSocket══▶ 20 JSON clients that read, each with all 1000 instruments
 *   (2,000 quotes/s)                   ║
 *                                      ╚═══WebSocket══▶ 0, 1, 10 clients with the same subscriptions that stop reading
 *                                                       (another process) when they have subscribed
 */
import { join } from 'node:path';
import { ChildProgram } from '../harness/child-program.ts';
import { figureOf } from '../harness/figure.ts';
import { latencyPlot } from '../harness/latency-plot.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import { benchSymbols } from './bench-instruments.ts';
import type { Contender } from './contender.ts';
import { startEngine } from './engine-contender.ts';
import { RATIO, ratiosOf, ratioTable } from './ratio-table.ts';
import type { RunOptions, RunResult } from './run-result.ts';
import { costTable, latencyTable } from './run-table.ts';
import { runSideBySide } from './side-by-side.ts';
import { Stage, startGenerator } from './stage.ts';
import type { StalledClients, StalledOutcome } from './stalled-clients.ts';

const INSTRUMENTS = 1000;
const PER_SECOND = 2000;
const HEALTHY = 20;
const SAMPLED = 20;
const STALLED = [0, 1, 10];
const WARM_UP_SECONDS = 3;
const MIB = 1024 * 1024;

const nameOf = (stalled: number) => `${stalled} stalled`;

/** Runs of the healthy clients beside others that do not read. */
class StalledLane {
  readonly #stage: Stage;
  readonly #contender: Contender;
  readonly #clients: ChildProgram<StalledClients>;
  readonly #stalled: number;
  readonly outcomes: StalledOutcome[] = [];

  constructor(stage: Stage, contender: Contender, clients: ChildProgram<StalledClients>, stalled: number) {
    this.#stage = stage;
    this.#contender = contender;
    this.#clients = clients;
    this.#stalled = stalled;
  }

  async run(options: RunOptions): Promise<RunResult> {
    const [url = ''] = this.#contender.urls;
    const { apiKey } = this.#contender;
    await this.#stage.connect(options);
    await this.#clients.call('stall', {
      url,
      apiKey,
      clients: this.#stalled,
      symbols: benchSymbols(INSTRUMENTS),
    });
    const result = await this.#stage.load(options);
    this.outcomes.push(...(await this.#clients.call('readAndLeave', null)));
    await this.#stage.disconnect();
    return result;
  }
}

function describeEnds(outcomes: readonly StalledOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { end } of outcomes) {
    const what = end ?? 'still connected';
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} × ${what}`).join(', ');
}

function outcomeTable(lanes: readonly { name: string; stage: StalledLane }[]): Table {
  const rows = lanes.flatMap(({ name, stage: { outcomes } }) => {
    if (outcomes.length === 0) return [];
    const spread = (of: (outcome: StalledOutcome) => number) => formatSpread(spreadOf(outcomes.map(of)), 2);
    return [
      [
        name,
        describeEnds(outcomes),
        spread(({ servedSeconds }) => servedSeconds),
        spread(({ keptBytes }) => keptBytes / MIB),
      ],
    ];
  });
  const columns = ['all rounds', 'what became of them', 'served for, s', 'kept for each, MiB'];
  return { title: 'Stalled: the clients that stopped reading', columns, rows };
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const generator = await startGenerator(context);
  const contender = await startEngine(context, generator, INSTRUMENTS);
  const stage = new Stage(context, generator, contender);
  const clients = new ChildProgram<StalledClients>(join(import.meta.dirname, 'stalled-clients.ts'));
  context.cleanup.add(() => clients.stop());
  const options = {
    framing: 'json',
    perSecond: PER_SECOND,
    instruments: INSTRUMENTS,
    clients: HEALTHY,
    sampled: SAMPLED,
  } as const;
  const warmUp = context.isSmoke ? context.seconds : WARM_UP_SECONDS;
  context.progress('stalled: warm-up');
  await stage.run({ ...options, seconds: warmUp });
  const lanes = STALLED.map((stalled) => ({
    name: nameOf(stalled),
    stage: new StalledLane(stage, contender, clients, stalled),
    options,
  }));
  const { cells, failures } = await runSideBySide(context, 'stalled', lanes);
  const base = cells.get(nameOf(0)) ?? [];
  const most = nameOf(Math.max(...STALLED));
  return {
    tables: [
      latencyTable(`Stalled: latency at the ${HEALTHY} clients that read, ${PER_SECOND} ticks/s`, cells),
      ratioTable(
        'Stalled: latency at the clients that read',
        '× without, same round',
        cells,
        STALLED.filter((stalled) => stalled > 0).map((stalled) => [nameOf(stalled), nameOf(0)]),
        [RATIO.P50, RATIO.P99, RATIO.P999],
      ),
      outcomeTable(lanes),
      costTable('Stalled: deliveries to the clients that read, and their cost', cells),
    ],
    plots: [latencyPlot('Stalled: latency at the clients that read', cells)],
    figures: {
      'healthy p99.9 with 10 stalled × without': figureOf(
        ratiosOf(cells.get(most) ?? [], base, RATIO.P999.of),
        '×',
      ),
    },
    conditions: {
      instruments: INSTRUMENTS,
      ticksPerSecond: PER_SECOND,
      mode: 'quote',
      framing: 'json',
      clientsThatRead: HEALTHY,
      warmUpSeconds: warmUp,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: context.seconds,
      rounds: context.rounds,
    },
    rounds: lanes.map(({ name, stage: { outcomes } }) => ({ name, runs: cells.get(name), outcomes })),
    failures,
  };
}

export const stalled: Scenario = {
  name: 'stalled',
  group: 'end-to-end',
  summary: 'what 0, 1, 10 clients that stop reading do to those that read',
  file: import.meta.filename,
  defaultSeconds: 8,
  smokeSeconds: 0.3,
  defaultRounds: 5,
  run,
};
