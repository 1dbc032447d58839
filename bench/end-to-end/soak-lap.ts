/** A part of the soak: a run of the load, and what the engine's process and its threads did meanwhile. */
import type { ScenarioContext } from '../harness/scenario.ts';
import { spreadOf } from '../harness/spread.ts';
import type { EngineProcess } from './engine-process.ts';
import type { RunOptions, RunResult } from './run-result.ts';
import type { Stage } from './stage.ts';
import type { Pauses, ThreadReports } from './thread-reports.ts';

export interface ThreadLap {
  readonly name: string;
  /** Cores kept busy. */
  readonly cores: number;
  /** Null for a thread without a heap of its own. */
  readonly pauses: Pauses | null;
}

export interface Lap extends RunResult {
  /** Since the first lap began, at the end of this one. */
  readonly endSeconds: number;
  /** The median of the lap: one look alone depends on where the garbage collector is. Null where the system does not tell. */
  readonly rssMiB: number | null;
  readonly handles: number | null;
  /** By their numbers. */
  readonly threads: Readonly<Record<string, ThreadLap>>;
}

const LOOK_MS = 1000;
const LEAST_LOOKS = 5;

/** @param beganAt of the first lap, ms of performance.now() */
export async function runLap(
  { cleanup }: ScenarioContext,
  stage: Stage,
  { engine, reports }: { readonly engine: EngineProcess; readonly reports: ThreadReports },
  options: RunOptions,
  beganAt: number,
): Promise<Lap> {
  const rss: number[] = [];
  const look = () => {
    const usage = engine.usage();
    if (usage !== null) rss.push(usage.rssMiB);
  };
  reports.follow(engine.output);
  const before = engine.threads();
  const lapBeganAt = performance.now();
  const timer = setInterval(look, Math.min(LOOK_MS, (options.seconds * 1000) / LEAST_LOOKS));
  cleanup.add(() => clearInterval(timer));
  const result = await stage.load(options);
  clearInterval(timer);
  look();
  const endedAt = performance.now();
  const pauses = reports.follow(engine.output);
  const threads: Record<string, ThreadLap> = {};
  for (const [tid, { name, cpuUs }] of engine.threads() ?? []) {
    const earlier = before?.get(tid)?.cpuUs ?? 0;
    threads[tid] = {
      name: reports.names.get(tid) ?? name,
      cores: (cpuUs - earlier) / 1000 / (endedAt - lapBeganAt),
      pauses: pauses.get(tid) ?? null,
    };
  }
  return {
    ...result,
    endSeconds: (endedAt - beganAt) / 1000,
    rssMiB: rss.length === 0 ? null : spreadOf(rss).median,
    handles: engine.usage()?.handles ?? null,
    threads,
  };
}
