/**
 * The benchmark suite: `npm run bench`. Runs the scenarios one after the other, prints a table for each, and writes
 * everything with its conditions to a file. README.md says how to read it.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { targetScenario } from './end-to-end/target.ts';
import { readTargetOptions, TARGET_HELP, TARGET_OPTIONS } from './end-to-end/target-options.ts';
import { Cleanup } from './harness/cleanup.ts';
import { formatEnvironment, readEnvironment } from './harness/environment.ts';
import { fillTables, formatConditions } from './harness/readme-tables.ts';
import { defaultReportPath, type SuiteReport, writeReport } from './harness/report-file.ts';
import type { Scenario } from './harness/scenario.ts';
import { formatTable } from './harness/table.ts';
import { SCENARIOS } from './scenarios.ts';

/** What a shell expects of a program that ended by Ctrl-C. */
const INTERRUPTED = 130;

const print = (text: string) => void process.stdout.write(`${text}\n`);

function help(): string {
  const names = SCENARIOS.map(
    ({ name, group, summary, defaultSeconds, defaultRounds }) =>
      `  ${name.padEnd(16)} ${group.padEnd(11)} ${summary} (${defaultSeconds} s, ${defaultRounds} rounds)`,
  );
  return `Usage: npm run bench -- [options]

  --only NAME[,NAME]  run these scenarios or groups (${[...new Set(SCENARIOS.map(({ group }) => group))].join(', ')})
  --seconds N         measured time of each single run, in place of the scenario's own
  --smoke             the whole suite with tiny times: shows that it works, measures nothing
  --readme            puts the tables into bench/README.md, where it has a place for them
  --json FILE         where the report goes; default bench/results/<time>.json
  --help              this text

${TARGET_HELP}
Scenarios, with the seconds of a single run and the number of rounds:
${names.join('\n')}
`;
}

/** @throws Error for a name that is neither a scenario nor a group */
function select(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return SCENARIOS;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !SCENARIOS.some((one) => one.name === name || one.group === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: no such scenario; see --help`);
  return SCENARIOS.filter(({ name, group }) => names.includes(name) || names.includes(group));
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0)) throw new Error(`--seconds ${text}: give a number larger than 0`);
  return seconds;
}

async function run(cleanup: Cleanup): Promise<number> {
  const args = process.argv.slice(2);
  const { values } = parseArgs({
    args,
    options: {
      smoke: { type: 'boolean', default: false },
      only: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      readme: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      ...TARGET_OPTIONS,
    },
  });
  if (values.help) {
    print(help());
    return 0;
  }
  const target = readTargetOptions(values);
  if (target !== null && values.only !== undefined) throw new Error('--only: a target is measured by itself');
  const selected = target === null ? select(values.only) : [targetScenario(target)];
  const given = readSeconds(values.seconds);
  const isSmoke = values.smoke;
  if (isSmoke && values.readme) throw new Error('--readme: the numbers of a smoke run mean nothing');
  const environment = readEnvironment(args);
  print(`${formatEnvironment(environment)}\n`);

  const scenarios: SuiteReport['scenarios'][number][] = [];
  for (const scenario of selected) {
    const { name, smokeSeconds, defaultSeconds, defaultRounds } = scenario;
    const seconds = given ?? (isSmoke ? smokeSeconds : defaultSeconds);
    const report = await scenario.run({
      seconds,
      rounds: isSmoke ? 1 : defaultRounds,
      isSmoke,
      cleanup,
      progress: (text) => void process.stderr.write(`… ${text}\n`),
    });
    await cleanup.run();
    scenarios.push({ name, seconds, ...report });
    for (const table of report.tables) print(`\n${formatTable(table)}`);
    print(`(${formatConditions(report.conditions)})`);
    for (const failure of report.failures) print(`FAILED: ${failure}`);
  }
  const path = values.json ?? defaultReportPath(environment.startedAt);
  writeReport(path, { environment, isSmoke, scenarios });
  print(`\nReport: ${path}`);
  if (values.readme) {
    const filled = fillTables(join(import.meta.dirname, 'README.md'), environment, scenarios);
    print(`bench/README.md has new numbers of: ${filled.join(', ')}`);
  }
  if (isSmoke) print('A smoke run: the numbers above mean nothing.');
  return scenarios.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

const cleanup = new Cleanup();
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isInterrupted = true;
    void cleanup.run().finally(() => process.exit(INTERRUPTED));
  });
}
try {
  process.exitCode = await run(cleanup);
} catch (error) {
  // After an interrupt the scenario fails because its processes are gone: that is no news.
  if (!isInterrupted) {
    process.stderr.write(
      `bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await cleanup.run();
}
