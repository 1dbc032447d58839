/** Rivals of one process. They take every key, and serve quotes as JSON to clients of the OpenAlgo protocol. */
import type { ChildProgram } from '../../harness/child-program.ts';
import type { ScenarioContext } from '../../harness/scenario.ts';
import type { Contender } from '../contender.ts';
import type { LoadGenerator } from '../load-generator.ts';
import { RelayProcess } from './relay-process.ts';

async function startRelay(
  context: ScenarioContext,
  generator: ChildProgram<LoadGenerator>,
  script: string,
): Promise<Contender> {
  const relay = new RelayProcess(context, script);
  const url = await relay.start({ upstreamUrl: await generator.call('url', null), serverUrl: '' });
  return { processes: [relay], urls: [url], apiKey: 'any' };
}

/** The least that a server can do: see floor-relay.ts. */
export function startFloor(
  context: ScenarioContext,
  generator: ChildProgram<LoadGenerator>,
): Promise<Contender> {
  return startRelay(context, generator, 'floor-relay.ts');
}

/** What one writes without a second thought: see plain-relay.ts. */
export function startPlain(
  context: ScenarioContext,
  generator: ChildProgram<LoadGenerator>,
): Promise<Contender> {
  return startRelay(context, generator, 'plain-relay.ts');
}
