/**
 * The benchmark suite: `npm run bench`. Runs the scenarios one after the other, prints a table for each, and writes
 * everything with its conditions to files, or takes a stored run. README.md says how to read it.
 */
import { TickwireError } from '../src/main/errors.ts';
import { helpText, readCommandLine, type Wishes } from './command-line.ts';
import { Cleanup } from './harness/cleanup.ts';
import { compareReports } from './harness/comparison.ts';
import { formatEnvironment, readEnvironment } from './harness/environment.ts';
import { mergeReports } from './harness/merged-report.ts';
import {
  defaultReportPath,
  REPORT_FORMAT,
  REPORT_PROGRAM,
  type ScenarioResult,
  type SuiteReport,
  writeReport,
} from './harness/report-file.ts';
import {
  formatAims,
  formatComparison,
  formatResult,
  storeReport,
  writePage,
} from './harness/report-output.ts';
import { ReportError, readReport } from './harness/report-reader.ts';
import { runScenario } from './harness/scenario-run.ts';
import { SCENARIOS } from './scenarios.ts';

/** What a shell expects of a program that ended by Ctrl-C. */
const INTERRUPTED = 130;

const cleanup = new Cleanup();
let isInterrupted = false;

const print = (text: string) => void process.stdout.write(`${text}\n`);

async function measure(
  { scenarios, isSmoke, seconds }: Wishes,
  args: readonly string[],
): Promise<SuiteReport> {
  const environment = readEnvironment(args);
  print(formatEnvironment(environment));
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    const { smokeSeconds, defaultSeconds, defaultRounds } = scenario;
    const context = {
      seconds: seconds ?? (isSmoke ? smokeSeconds : defaultSeconds),
      rounds: isSmoke ? 1 : defaultRounds,
      isSmoke,
      cleanup,
      progress: (text: string) => void process.stderr.write(`… ${text}\n`),
    };
    const result = await runScenario(scenario, context, environment);
    // What it says then is that its processes are gone; the program ends as soon as they all are.
    if (isInterrupted) throw new Error('interrupted');
    results.push(result);
    print(`\n${formatResult(result)}`);
  }
  return { program: REPORT_PROGRAM, format: REPORT_FORMAT, environment, isSmoke, scenarios: results };
}

/** What somebody can act on, without the place in the program. */
function describe(error: unknown): string {
  if (error instanceof TickwireError) return `${error.code}: ${error.message}`;
  if (error instanceof ReportError || !(error instanceof Error)) return String(error);
  return error.stack ?? error.message;
}

async function run(): Promise<number> {
  const args = process.argv.slice(2);
  const wishes = readCommandLine(args, SCENARIOS);
  if (wishes.wantsHelp) {
    print(helpText(SCENARIOS));
    return 0;
  }
  // Before an hour is measured: a base that cannot be read is known at once.
  const base = wishes.base === undefined ? null : readReport(wishes.base);
  const added = wishes.added.map(readReport);
  const own = wishes.report === undefined ? await measure(wishes, args) : readReport(wishes.report);
  // Stored before anything is made of it, so that nothing that was measured can get lost.
  const json = wishes.json ?? defaultReportPath(own.environment.startedAt, own.isSmoke);
  if (wishes.report === undefined) {
    writeReport(json, own);
    print(`\nReport: ${json}`);
  }
  const report = added.reduce(mergeReports, own);
  const aims = report.isSmoke ? '' : formatAims(report);
  if (aims !== '') print(`\n${aims}`);
  const comparison = base === null ? undefined : compareReports(report, base);
  if (comparison !== undefined) print(`\n${formatComparison(comparison)}`);
  const html = wishes.html ?? (wishes.report === undefined ? json.replace(/(\.json)?$/, '.html') : null);
  if (html !== null) {
    writePage(html, report, comparison);
    print(`Page: ${html}`);
  }
  if (wishes.fillsDocuments) {
    storeReport(report);
    print('Stored as bench/report/; bench/README.md and README.md have its numbers.');
  }
  if (report.isSmoke) print('A smoke run: the numbers above mean nothing.');
  return report.scenarios.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isInterrupted = true;
    void cleanup.run().finally(() => process.exit(INTERRUPTED));
  });
}
try {
  process.exitCode = await run();
} catch (error) {
  if (!isInterrupted) {
    process.stderr.write(`bench: ${describe(error)}\n`);
    process.exitCode = error instanceof TickwireError ? error.exitCode : 1;
  }
} finally {
  await cleanup.run();
}
