/**
 * What a delivery costs when nothing but the socket library does anything: the limit for every server that is built on
 * it. A message that exists already is published to one topic that all clients have.
 *
 *   one thread: publish × 1, 10, 50 ─▶ event loop ─▶ uWebSockets.js ══1 to 1000 sockets══▶ clients that only read
 *               (then the next turn)                                                       (a process of their own)
 */
import { join } from 'node:path';
import { ChildProgram } from '../harness/child-program.ts';
import { type Figure, figureOf } from '../harness/figure.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import { until } from '../harness/until.ts';
import type { PublishResult, PublishServer } from './publish-server.ts';
import type { ReadingClients } from './reading-clients.ts';

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

interface FanOutRun extends PublishResult {
  /** CPU of the publishing thread per delivery; null where the system does not tell. */
  readonly nsPerOperation: number | null;
}

const spread = (values: readonly number[], digits: number) =>
  values.length === 0 ? '-' : formatSpread(spreadOf(values), digits);

function knownNs(runs: readonly FanOutRun[]): number[] {
  return runs.flatMap(({ nsPerOperation }) => (nsPerOperation === null ? [] : [nsPerOperation]));
}

class FanOutStage {
  readonly #server: ChildProgram<PublishServer>;
  readonly #clients: ChildProgram<ReadingClients>;
  readonly #url: string;

  private constructor(
    server: ChildProgram<PublishServer>,
    clients: ChildProgram<ReadingClients>,
    url: string,
  ) {
    this.#server = server;
    this.#clients = clients;
    this.#url = url;
  }

  static async open({ cleanup }: ScenarioContext): Promise<FanOutStage> {
    const server = new ChildProgram<PublishServer>(join(import.meta.dirname, 'publish-server.ts'));
    cleanup.add(() => server.stop());
    const clients = new ChildProgram<ReadingClients>(join(import.meta.dirname, 'reading-clients.ts'));
    cleanup.add(() => clients.stop());
    return new FanOutStage(server, clients, await server.call('listen', null));
  }

  async run(
    { subscribers, publishesPerTurn }: Cell,
    leadInSeconds: number,
    seconds: number,
  ): Promise<FanOutRun> {
    const volleyBytes = await this.#server.call('volleyBytes', { subscribers, publishesPerTurn });
    await this.#clients.call('connect', { url: this.#url, clients: subscribers, volleyBytes });
    await until(`${subscribers} clients connected, and nobody else`, async () =>
      (await this.#server.call('connected', null)) === subscribers ? true : null,
    );
    const options = { subscribers, publishesPerTurn, leadInSeconds, seconds };
    const result = await this.#server.call('publish', options);
    const { cpuNs, deliveries } = result;
    return { ...result, nsPerOperation: cpuNs === null ? null : cpuNs / deliveries };
  }
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
      cells.get(cell)!.push(await stage.run(cell, leadIn, seconds));
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
