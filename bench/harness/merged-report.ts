/** One report of runs that were measured apart: an hour's soak beside the rest of the suite. */
import type { SuiteReport } from './report-file.ts';
import { ReportError } from './report-reader.ts';

/** What must be the same for results to stand in one report. */
const SHARED = ['cpu', 'cores', 'parallelism', 'memoryGiB', 'kernel', 'node', 'nodeOptions'] as const;

/**
 * @returns `report` with the scenarios of `other` in place of its own, and its further ones behind; each keeps its own
 * time, commit and load
 * @throws ReportError when they were not measured on the same machine with the same Node
 */
export function mergeReports(report: SuiteReport, other: SuiteReport): SuiteReport {
  const differing = SHARED.filter((key) => report.environment[key] !== other.environment[key]);
  if (differing.length > 0) {
    const values = differing.map((key) => `${key}: ${report.environment[key]} and ${other.environment[key]}`);
    throw new ReportError(
      'REPORT_OTHER_MACHINE',
      `the runs cannot stand in one report, since they differ in ${values.join('; ')}: measure both on one machine`,
    );
  }
  const replacing = new Map(other.scenarios.map((scenario) => [scenario.name, scenario]));
  const own = report.scenarios.map((scenario) => replacing.get(scenario.name) ?? scenario);
  const names = new Set(report.scenarios.map(({ name }) => name));
  return {
    ...report,
    isSmoke: report.isSmoke || other.isSmoke,
    scenarios: [...own, ...other.scenarios.filter(({ name }) => !names.has(name))],
  };
}
