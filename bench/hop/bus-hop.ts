/**
 * From the instant at which a tick is due to the receiver's handler, through the ring alone and through the bus. The bus
 * has a ring in front of it, as in the engine: what it adds is the difference.
 *
 *   writer thread ──▶ ring ──DrainLoop──▶ receiving thread                                        (ring)
 *   writer thread ──▶ ring ──▶ bus worker ──ZeroMQ──▶ receiving thread of the same process        (inproc)
 *   (a burst each ms)          (the engine's own)   └▶ receiving thread of another process        (ipc, tcp)
 */
import { LATENCY_COLUMNS, percentilesOf } from '../harness/latency-recorder.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { HopCpu } from './hop-host.ts';
import { HopPair, type HopRun, WAYS, type Way } from './hop-pair.ts';

const TOPICS = 3000;
const SMOKE_TOPICS = 100;
const RATES = [1000, 45_000];
const BATCHED_RATE = 45_000;
/** A burst of 45 ticks over 9 topics makes 9 messages of 5 ticks. */
const BATCHED_TOPICS = [9, 1];
/** More than any way can carry: what arrives is what it can do. */
const FLOOD_RATE = 1_000_000;
const LEAD_IN_SECONDS = 0.3;
const SMOKE_LEAD_IN_SECONDS = 0.1;

interface Cell {
  readonly name: string;
  readonly way: Way;
  readonly perSecond: number;
  readonly instruments: number;
  /** Loss is what is expected of it. */
  readonly isFlood: boolean;
}

interface Cells {
  readonly hops: readonly Cell[];
  readonly batches: readonly Cell[];
  readonly floods: readonly Cell[];
}

function chooseCells(topics: number): Cells {
  const cell = (name: string, way: Way, perSecond: number, instruments: number, isFlood = false): Cell => {
    return { name, way, perSecond, instruments, isFlood };
  };
  return {
    hops: RATES.flatMap((rate) => WAYS.map((way) => cell(`${way}, ${rate}/s`, way, rate, topics))),
    batches: [topics, ...BATCHED_TOPICS].map((count) =>
      cell(`${count} topics in turn`, 'tcp', BATCHED_RATE, count),
    ),
    floods: WAYS.flatMap((way) =>
      [topics, 1].map((count) => cell(`${way}, ${count} topics`, way, FLOOD_RATE, count, true)),
    ),
  };
}

/** Every path once. */
function chooseSmokeCells(): Cells {
  const { hops, batches, floods } = chooseCells(SMOKE_TOPICS);
  return { hops: hops.slice(-WAYS.length), batches: batches.slice(-1), floods: floods.slice(-1) };
}

const PARTS: readonly (keyof HopCpu)[] = ['sender', 'io', 'receiver'];

function spread(values: readonly number[], digits: number): string {
  return formatSpread(spreadOf(values), digits);
}

/** CPU per tick: each part's median, and the spread of their sum. */
function cpuCells(runs: readonly HopRun[]): string[] {
  const known = runs.flatMap(({ cpu }) => (cpu === null ? [] : [cpu]));
  if (known.length === 0) return ['-', '-', '-', '-'];
  const parts = PARTS.map((part) => spreadOf(known.map((cpu) => cpu[part])).median.toFixed(2));
  const sums = known.map((cpu) => PARTS.reduce((sum, part) => sum + cpu[part], 0));
  return [...parts, spread(sums, 2)];
}

const CPU_COLUMNS = ['bus worker', 'ZeroMQ', 'receiver', 'together'];

function latencyTable(hops: readonly Cell[], cells: ReadonlyMap<Cell, readonly HopRun[]>): Table {
  const rows = hops.map((cell) => {
    const runs = cells.get(cell)!;
    const percentiles = percentilesOf(runs.map(({ latency }) => latency)).map((values, i) =>
      i === 0 || i === 2 ? spread(values, 0) : spreadOf(values).median.toFixed(0),
    );
    const lag = spreadOf(runs.map(({ writerLag }) => writerLag.p99)).median;
    const lost = runs.reduce((sum, { written, received }) => sum + written - received, 0);
    return [cell.name, ...percentiles, lag.toFixed(0), String(lost)];
  });
  const columns = ['µs', ...LATENCY_COLUMNS, 'writer lag p99', 'lost'];
  return { title: 'Bus hop: intended time of a tick to the receiving thread', columns, rows };
}

function costTable(hops: readonly Cell[], cells: ReadonlyMap<Cell, readonly HopRun[]>): Table {
  const rows = hops.map((cell) => {
    const runs = cells.get(cell)!;
    return [cell.name, ...cpuCells(runs)];
  });
  return {
    title: 'Bus hop: CPU per tick without the writer',
    columns: ['µs per tick', ...CPU_COLUMNS],
    rows,
  };
}

function batchTable(batches: readonly Cell[], cells: ReadonlyMap<Cell, readonly HopRun[]>): Table {
  const rows = batches.map((cell) => {
    const runs = cells.get(cell)!;
    const perMessage = runs.map(({ received, messages }) => received / messages);
    return [cell.name, spread(perMessage, 1), ...cpuCells(runs)];
  });
  const columns = ['µs per tick', 'ticks per message', ...CPU_COLUMNS];
  const title = `Bus hop: what sharing a message gives, ${BATCHED_RATE} ticks/s over tcp`;
  return { title, columns, rows };
}

function floodTable(floods: readonly Cell[], cells: ReadonlyMap<Cell, readonly HopRun[]>): Table {
  const rows = floods.map((cell) => {
    const runs = cells.get(cell)!;
    const perSecond = runs.map(({ inWindow, seconds }) => inWindow / seconds / 1000);
    const perMessage = runs.map(({ received, messages }) => received / messages);
    return [cell.name, spread(perSecond, 0), spread(perMessage, 1), ...cpuCells(runs)];
  });
  const columns = ['', '1000 ticks/s', 'ticks per message', ...CPU_COLUMNS.map((name) => `${name} µs`)];
  return { title: `Bus hop: what arrives of ${FLOOD_RATE} ticks/s`, columns, rows };
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const pairs = new Map<Way, HopPair>();
  const topics = context.isSmoke ? SMOKE_TOPICS : TOPICS;
  const open = async (way: Way) => void pairs.set(way, await HopPair.open(context, way, topics));
  await Promise.all(WAYS.map(open));
  const leadInSeconds = context.isSmoke ? SMOKE_LEAD_IN_SECONDS : LEAD_IN_SECONDS;
  const measure = ({ way, perSecond, instruments, isFlood }: Cell) =>
    pairs.get(way)!.run({ perSecond, instruments, leadInSeconds, seconds: context.seconds }, isFlood);
  const { hops, batches, floods } = context.isSmoke ? chooseSmokeCells() : chooseCells(topics);
  if (!context.isSmoke) {
    context.progress('bus-hop: warm-up');
    for (const cell of hops) if (cell.perSecond === RATES.at(-1)) await measure(cell);
  }
  const all = [...hops, ...batches, ...floods];
  const cells = new Map<Cell, HopRun[]>(all.map((cell) => [cell, []]));
  for (let round = 0; round < context.rounds; round++) {
    for (const cell of all) {
      context.progress(`bus-hop: round ${round + 1} of ${context.rounds}, ${cell.name}`);
      cells.get(cell)!.push(await measure(cell));
    }
  }
  return {
    tables: [
      latencyTable(hops, cells),
      costTable(hops, cells),
      batchTable(batches, cells),
      floodTable(floods, cells),
    ],
    conditions: {
      topics,
      tick: 'quote message',
      burstsPerSecond: 1000,
      waitStrategy: "backoff, the engine's default",
      warmUpSecondsPerWay: context.isSmoke ? 0 : leadInSeconds + context.seconds,
      leadInSecondsPerRun: leadInSeconds,
      secondsPerRun: context.seconds,
      rounds: context.rounds,
    },
    rounds: [...cells].map(([{ name }, runs]) => ({ name, runs })),
    failures: [...cells].flatMap(([{ name, isFlood }, runs]) =>
      runs
        .filter(({ received, written }) => !isFlood && received !== written)
        .map(({ received, written }) => `${name}: ${received} of ${written} ticks arrived`),
    ),
  };
}

export const busHop: Scenario = {
  name: 'bus-hop',
  group: 'hop',
  file: import.meta.filename,
  summary:
    'ring, bus worker and ZeroMQ over inproc, ipc and tcp: latency, CPU per tick, what arrives of a flood',
  defaultSeconds: 1.5,
  smokeSeconds: 0.1,
  defaultRounds: 3,
  run,
};
