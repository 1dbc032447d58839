/** Things that are compared take turns within a round, so that a machine that is busy for a second slows all of them. */
import type { ScenarioContext } from '../harness/scenario.ts';
import type { RunOptions, RunResult } from './run-result.ts';

/** A line of the tables: what runs, and how. */
export interface Lane {
  readonly name: string;
  /** A `Stage`, or what makes its runs in a way of its own. */
  readonly stage: { run(options: RunOptions): Promise<RunResult> };
  /** Measured time is the scenario's. */
  readonly options: Omit<RunOptions, 'seconds'>;
}

export interface SideBySide {
  /** The runs of each lane, one for each round, by the lane's name. */
  readonly cells: ReadonlyMap<string, readonly RunResult[]>;
  readonly failures: readonly string[];
}

/**
 * Runs each lane once a round, there and back: in their order, then in the opposite one, so that nobody always runs behind
 * the same other. Warm-up is the caller's.
 */
export async function runSideBySide(
  { rounds, seconds, progress }: ScenarioContext,
  title: string,
  lanes: readonly Lane[],
): Promise<SideBySide> {
  const cells = new Map<string, RunResult[]>(lanes.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, stage, options } of round % 2 === 0 ? lanes : lanes.toReversed()) {
      progress(`${title}: round ${round + 1} of ${rounds}, ${name}`);
      cells.get(name)!.push(await stage.run({ ...options, seconds }));
    }
  }
  const failures = [...cells].flatMap(([name, runs]) =>
    runs.flatMap((run) => run.failures.map((failure) => `${name}: ${failure}`)),
  );
  return { cells, failures };
}
