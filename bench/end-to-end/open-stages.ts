/** Contenders that take turns on one load generator. All are started at once: an engine takes seconds to come up. */
import type { ChildProgram } from '../harness/child-program.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import type { Contender } from './contender.ts';
import type { LoadGenerator } from './load-generator.ts';
import { Stage, startGenerator } from './stage.ts';

/** @param start begins to start each contender, by the name of its stage */
export async function openStages(
  context: ScenarioContext,
  start: (generator: ChildProgram<LoadGenerator>) => Readonly<Record<string, Promise<Contender>>>,
): Promise<ReadonlyMap<string, Stage>> {
  const generator = await startGenerator(context);
  const opened = Object.entries(start(generator)).map(
    async ([name, contender]) => [name, new Stage(context, generator, await contender)] as const,
  );
  return new Map(await Promise.all(opened));
}
