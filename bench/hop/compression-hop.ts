/**
 * What compression costs the thread that sends: the fan-out hop with clients that asked for `permessage-deflate` beside the same
 * without. The library compresses for each client by itself, so the price is one of every delivery.
 *
 *   one thread: publish × 10 ─▶ event loop ─▶ uWebSockets.js ══100 sockets══▶ clients that only read
 *               (then the next turn)            (deflate, per client)         (a process of their own)
 */
import { figureOf } from '../harness/figure.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import { type FanOutCell, type FanOutRun, FanOutStage } from './fan-out-stage.ts';

const SUBSCRIBERS = 100;
const SMOKE_SUBSCRIBERS = 2;
const PUBLISHES_PER_TURN = 10;
const LEAD_IN_SECONDS = 0.1;

interface Contender {
  readonly name: string;
  readonly cell: FanOutCell;
  readonly runs: FanOutRun[];
}

/** CPU of the sending thread per delivery, one for each round, ns; none where the system does not tell. */
function knownNs({ runs }: Contender): number[] {
  return runs.flatMap(({ nsPerOperation }) => (nsPerOperation === null ? [] : [nsPerOperation]));
}

function rowOf(contender: Contender, bytes: number): string[] {
  const ns = knownNs(contender);
  return [contender.name, String(bytes), ns.length === 0 ? '-' : formatSpread(spreadOf(ns), 0)];
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, rounds, seconds, progress } = context;
  const stage = await FanOutStage.open(context);
  const bytes = { plain: await stage.frameBytes(false), compressed: await stage.frameBytes(true) };
  const shape = {
    subscribers: isSmoke ? SMOKE_SUBSCRIBERS : SUBSCRIBERS,
    publishesPerTurn: PUBLISHES_PER_TURN,
  };
  const plain: Contender = { name: 'as it is', cell: { ...shape, compressedBytes: null }, runs: [] };
  const compressed: Contender = {
    name: 'compressed',
    cell: { ...shape, compressedBytes: bytes.compressed },
    runs: [],
  };
  for (let round = 0; round < rounds; round++) {
    for (const { name, cell, runs } of [plain, compressed]) {
      progress(`compression-hop: round ${round + 1} of ${rounds}, ${name}`);
      runs.push(await stage.run(cell, LEAD_IN_SECONDS, seconds));
    }
  }
  const added = knownNs(compressed).flatMap((ns, i) => {
    const base = knownNs(plain)[i];
    return base === undefined ? [] : [(ns - base) / 1000];
  });
  return {
    tables: [
      {
        title: `Compression: CPU of the publishing thread, ${shape.subscribers} clients`,
        columns: ['message', 'bytes on the wire', 'ns per delivery'],
        rows: [rowOf(plain, bytes.plain), rowOf(compressed, bytes.compressed)],
      },
    ],
    figures: {
      'bytes, compressed × as it is': figureOf([bytes.compressed / bytes.plain], '×'),
      ...(added.length > 0 && { 'CPU added to a delivery': figureOf(added, 'µs') }),
    },
    conditions: {
      message: 'quote as JSON, prebuilt',
      ...shape,
      topics: 1,
      leadInSecondsPerRun: LEAD_IN_SECONDS,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [plain, compressed].map(({ name, runs }) => ({ name, runs })),
    failures: [],
  };
}

export const compressionHop: Scenario = {
  name: 'compression-hop',
  group: 'hop',
  file: import.meta.filename,
  summary: 'permessage-deflate with the shared compressor of uWebSockets.js: CPU and bytes of a delivery',
  defaultSeconds: 0.5,
  smokeSeconds: 0.05,
  defaultRounds: 5,
  run,
};
