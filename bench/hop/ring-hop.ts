/**
 * From the instant at which a record is due to the reader's handler in another thread, by wait strategy, and what the
 * waiting costs. The writer never waits for the reader, as in the engine.
 *
 *   writer thread ──RingWriter.write, ring()──▶ ring in shared memory ──DrainLoop──▶ reader thread
 *   (a burst each ms)                                                                (park, backoff, spin)
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { createDoorbells } from '../../src/workers/ring/doorbell.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import type { WaitStrategyName } from '../../src/workers/worker-messages.ts';
import { type Figure, figureOf } from '../harness/figure.ts';
import { latencyPlot } from '../harness/latency-plot.ts';
import { LATENCY_COLUMNS, percentilesOf } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { HopReaderData, HopReaderResult } from './hop-reader.ts';
import type { HopWriterData, HopWriterResult } from './hop-writer.ts';

const RING_BYTES = 8 * 2 ** 20;
/** Idle first: what waiting costs when nothing comes. */
const RATES = [0, 1000, 45_000];
const SMOKE_RATES = [0, 45_000];
const STRATEGIES: readonly WaitStrategyName[] = ['park', 'backoff', 'spin'];
const SPIN_US = CONFIG_OPTIONS.spinUs.default;
const LEAD_IN_SECONDS = 0.3;
const SMOKE_LEAD_IN_SECONDS = 0.05;
/** Time for both threads to start; the lead-in takes what it is too short by. */
const HEAD_START_US = 300_000;
const SMOKE_HEAD_START_US = 100_000;

interface HopRun extends HopReaderResult {
  readonly strategy: WaitStrategyName;
  readonly perSecond: number;
  readonly written: number;
  readonly writerLag: HopWriterResult['lag'];
  readonly write: HopWriterResult['write'];
}

function startThread(
  context: ScenarioContext,
  script: string,
  workerData: HopReaderData | HopWriterData,
): Worker {
  const worker = new Worker(new URL(script, import.meta.url), { workerData });
  context.cleanup.add(async () => void (await worker.terminate()));
  return worker;
}

function leadInOf({ isSmoke }: ScenarioContext): number {
  return isSmoke ? SMOKE_LEAD_IN_SECONDS : LEAD_IN_SECONDS;
}

async function runHop(
  context: ScenarioContext,
  strategy: WaitStrategyName,
  perSecond: number,
): Promise<HopRun> {
  const shared = { ring: createRing(RING_BYTES), doorbells: createDoorbells(1) };
  const leadIn = leadInOf(context);
  const seconds = leadIn + context.seconds;
  const startUs = Math.ceil(monotonicUs()) + (context.isSmoke ? SMOKE_HEAD_START_US : HEAD_START_US);
  const measureFromUs = startUs + leadIn * 1e6;
  const reader = startThread(context, './hop-reader.ts', {
    ...shared,
    strategy,
    spinUs: SPIN_US,
    measureFromUs,
  });
  await once(reader, 'message');
  const writer = startThread(context, './hop-writer.ts', {
    ...shared,
    epoch: 1,
    instruments: 1,
    perSecond,
    startUs,
    measureFromUs,
    seconds,
  });
  const [{ written, lag, write }] = (await once(writer, 'message')) as [HopWriterResult];
  reader.postMessage(written);
  const [result] = (await once(reader, 'message')) as [HopReaderResult];
  return { ...result, strategy, perSecond, written, writerLag: lag, write };
}

function latencyRow(name: string, runs: readonly HopRun[]): string[] {
  const percentiles = percentilesOf(runs.map(({ latency }) => latency)).map((values, i) =>
    i === 0 || i === 2 ? formatSpread(spreadOf(values), 1) : spreadOf(values).median.toFixed(0),
  );
  const lag = spreadOf(runs.map(({ writerLag }) => writerLag.p99)).median;
  const lost = runs.reduce((sum, run) => sum + run.lost, 0);
  return [name, ...percentiles, lag.toFixed(0), String(lost)];
}

function coresOf(runs: readonly HopRun[]): readonly number[] {
  return runs.flatMap(({ cores }) => (cores === null ? [] : [cores]));
}

function costRow(name: string, runs: readonly HopRun[]): string[] {
  const cores = coresOf(runs);
  const bursts = (of: (run: HopRun) => number) => formatSpread(spreadOf(runs.map(of)), 1);
  const written = isIdle(runs)
    ? ['-', '-']
    : [bursts(({ write }) => write.p50), bursts(({ write }) => write.p99)];
  return [name, cores.length === 0 ? '-' : formatSpread(spreadOf(cores), 3), ...written];
}

function isIdle(runs: readonly HopRun[]): boolean {
  return runs.every(({ perSecond }) => perSecond === 0);
}

function figuresOf(cells: ReadonlyMap<string, readonly HopRun[]>): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  for (const [name, runs] of cells) {
    const cores = coresOf(runs);
    if (cores.length > 0)
      figures[`reader's CPU, ${name}`] = figureOf(
        cores.map((share) => share * 100),
        '% of a core',
      );
    if (!isIdle(runs))
      figures[`p50, ${name}`] = figureOf(
        runs.map(({ latency }) => latency.p50),
        'µs',
      );
  }
  return figures;
}

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const rates = context.isSmoke ? SMOKE_RATES : RATES;
  const cells = new Map<string, HopRun[]>();
  for (let round = 0; round < context.rounds; round++) {
    for (const perSecond of rates) {
      for (const strategy of STRATEGIES) {
        const name = `${strategy}, ${perSecond === 0 ? 'idle' : `${perSecond}/s`}`;
        context.progress(`ring-hop: round ${round + 1} of ${context.rounds}, ${name}`);
        cells.set(name, [...(cells.get(name) ?? []), await runHop(context, strategy, perSecond)]);
      }
    }
  }
  const loaded = new Map([...cells].filter(([, runs]) => !isIdle(runs)));
  const runs = [...cells.values()].flat();
  return {
    tables: [
      {
        title: 'Ring hop: intended time of a record to the reader in another thread',
        columns: ['µs', ...LATENCY_COLUMNS, 'writer lag p99', 'lost'],
        rows: [...loaded].map(([name, of]) => latencyRow(name, of)),
      },
      {
        title: 'Ring hop: what waiting costs the reader, and waking it the writer',
        columns: ['', 'reader cores', 'µs of a burst, p50', 'p99'],
        rows: [...cells].map(([name, of]) => costRow(name, of)),
      },
    ],
    plots: rates
      .filter((perSecond) => perSecond > 0)
      .map((perSecond) =>
        latencyPlot(
          `Ring hop, ${perSecond} records/s`,
          new Map([...loaded].filter(([, of]) => of[0]?.perSecond === perSecond)),
        ),
      ),
    figures: figuresOf(cells),
    conditions: {
      ringBytes: RING_BYTES,
      record: 'quote message',
      burstsPerSecond: 1000,
      backoffSpinUs: SPIN_US,
      leadInSecondsPerRun: leadInOf(context),
      secondsPerRun: context.seconds,
      rounds: context.rounds,
    },
    rounds: [...loaded].map(([name, of]) => ({ name, runs: of })),
    failures: runs
      .filter(({ received, written }) => received !== written)
      .map(({ strategy, perSecond, received, written }) => {
        return `${strategy}, ${perSecond}/s: ${received} of ${written} records arrived`;
      }),
  };
}

export const ringHop: Scenario = {
  name: 'ring-hop',
  group: 'hop',
  file: import.meta.filename,
  summary: 'writer thread to reader thread by wait strategy: idle, at 1,000 and at 45,000 records/s',
  defaultSeconds: 1.5,
  smokeSeconds: 0.05,
  defaultRounds: 5,
  run,
};
