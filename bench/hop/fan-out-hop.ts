/**
 * What a delivery costs when nothing but the socket library does anything: the limit for every server that is built on
 * it. A message that exists already is published to one topic that all clients have.
 *
 *   one thread: publish × 1, 10, 50 ─▶ event loop ─▶ uWebSockets.js ══1 to 1000 sockets══▶ clients that only read
 *               (then the next turn)                                                       (a process of their own)
 */
import { type Figure, figureOf } from '../harness/figure.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import { type FanOutRun, FanOutStage } from './fan-out-stage.ts';

const SUBSCRIBERS = [1, 10, 100, 1000];
const PUBLISHES = [1, 10, 50];
const SMOKE_SUBSCRIBERS = [1, 100];
const SMOKE_PUBLISHES = [1, 50];
const LEAD_IN_SECONDS = 0.1;
const SMOKE_LEAD_IN_SECONDS = 0.01;

interface Cell {
  readonly name: string;
  readonly subscribers: number;
  readonly publishesPerTurn: number;
}

const spread = (values: readonly number[], digits: number) =>
  values.length === 0 ? '-' : formatSpread(spreadOf(values), digits);

function knownNs(runs: readonly FanOutRun[]): number[] {
  return runs.flatMap(({ nsPerOperation }) => (nsPerOperation === null ? [] : [nsPerOperation]));
}

function rowOf({ name, publishesPerTurn }: Cell, runs: readonly FanOutRun[]): string[] {
  const ns = knownNs(runs);
  return [
    name,
    spread(ns, 0),
    spread(
      ns.map((each) => each * publishesPerTurn),
      0,
    ),
    spread(
      ns.map((each) => 1e6 / each),
      0,
    ),
  ];
}

function figuresOf(cells: ReadonlyMap<Cell, readonly FanOutRun[]>): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  for (const [{ name }, runs] of cells) {
    const ns = knownNs(runs);
    if (ns.length > 0) figures[`CPU per delivery, ${name}`] = figureOf(ns, 'ns');
  }
  return figures;
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, rounds, seconds, progress } = context;
  const stage = await FanOutStage.open(context);
  const leadIn = isSmoke ? SMOKE_LEAD_IN_SECONDS : LEAD_IN_SECONDS;
  const all = (isSmoke ? SMOKE_SUBSCRIBERS : SUBSCRIBERS).flatMap((subscribers) =>
    (isSmoke ? SMOKE_PUBLISHES : PUBLISHES).map((publishesPerTurn): Cell => {
      const name = `${subscribers} × ${publishesPerTurn} per turn`;
      return { name, subscribers, publishesPerTurn };
    }),
  );
  const cells = new Map<Cell, FanOutRun[]>(all.map((cell) => [cell, []]));
  for (let round = 0; round < rounds; round++) {
    for (const cell of all) {
      progress(`fan-out-hop: round ${round + 1} of ${rounds}, ${cell.name}`);
      cells.get(cell)!.push(await stage.run({ ...cell, compressedBytes: null }, leadIn, seconds));
    }
  }
  return {
    tables: [
      {
        title:
          'Fan-out hop: CPU of the publishing thread, by clients and messages that share a turn of the loop',
        columns: [
          'clients × messages',
          'ns per delivery',
          'ns per client and turn',
          '1000 deliveries per CPU second',
        ],
        rows: [...cells].map(([cell, runs]) => rowOf(cell, runs)),
      },
    ],
    figures: figuresOf(cells),
    conditions: {
      message: 'quote as JSON, prebuilt',
      topics: 1,
      leadInSecondsPerRun: leadIn,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [...cells].map(([{ name }, runs]) => ({ name, runs })),
    failures: [],
  };
}

export const fanOutHop: Scenario = {
  name: 'fan-out-hop',
  group: 'hop',
  file: import.meta.filename,
  summary:
    'uWebSockets.js alone: a prebuilt message to 1 to 1000 clients, 1 to 50 of it per turn of the loop',
  defaultSeconds: 0.5,
  smokeSeconds: 0.05,
  defaultRounds: 5,
  run,
};
