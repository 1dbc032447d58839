/** One scenario from its start to its result, with what the machine did meanwhile. */
import { drawingOf } from './drawing.ts';
import type { Environment } from './environment.ts';
import { machineUseBetween, readMachine } from './machine-use.ts';
import { machineWarnings } from './machine-warnings.ts';
import type { ScenarioResult } from './report-file.ts';
import type { Scenario, ScenarioContext, ScenarioReport } from './scenario.ts';

/** @returns what it says, or that it broke: the others of a long run shall not be lost with it */
async function runToEnd(scenario: Scenario, context: ScenarioContext): Promise<ScenarioReport> {
  try {
    return await scenario.run(context);
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.progress(`${scenario.name} broke: ${reason}`);
    const failures = [`${scenario.name} broke: ${reason.split('\n', 1)[0]}`];
    return { tables: [], conditions: {}, rounds: [], failures };
  }
}

/** @returns what could not be released: what was measured shall not be lost with it */
async function cleanUp({ cleanup }: ScenarioContext): Promise<readonly string[]> {
  try {
    await cleanup.run();
    return [];
  } catch (error) {
    return [`not everything was released: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Runs it, and releases what it has started. */
export async function runScenario(
  scenario: Scenario,
  context: ScenarioContext,
  environment: Environment,
): Promise<ScenarioResult> {
  const { name, group, summary, file } = scenario;
  const topology = drawingOf(file);
  const startedAt = new Date().toISOString();
  const before = readMachine();
  const ran = await runToEnd(scenario, context);
  const unclean = await cleanUp(context);
  const report = { ...ran, failures: [...ran.failures, ...unclean] };
  const machine = machineUseBetween(before, readMachine());
  const warnings = machineWarnings(machine, environment.cores, report);
  const { commit } = environment;
  const { seconds } = context;
  return { name, group, summary, topology, seconds, startedAt, commit, machine, warnings, ...report };
}
