/** Reports of the benchmark suite for tests, as small as they get. */
import type { Environment } from '../../bench/harness/environment.ts';
import {
  REPORT_FORMAT,
  REPORT_PROGRAM,
  type ScenarioResult,
  type SuiteReport,
} from '../../bench/harness/report-file.ts';

export const ENVIRONMENT: Environment = {
  cpu: 'a processor',
  cores: 2,
  parallelism: 2,
  governor: 'performance',
  memoryGiB: 16,
  platform: 'linux x64',
  kernel: '6.1.0',
  node: '22.0.0',
  v8: '12.0',
  nodeFlags: [],
  nodeOptions: '',
  arguments: [],
  commit: '0123456789ab',
  startedAt: '2026-01-02T03:04:05.678Z',
  load: [0.1, 0.2, 0.3],
};

export function scenarioResult(parts: Partial<ScenarioResult> = {}): ScenarioResult {
  return {
    name: 'a-scenario',
    group: 'hop',
    summary: 'what it is about',
    topology: 'a ──▶ b',
    seconds: 1,
    startedAt: ENVIRONMENT.startedAt,
    commit: ENVIRONMENT.commit,
    machine: {
      wallSeconds: 9,
      loadAtStart: [0.1, 0.2, 0.3],
      loadAtEnd: [1, 0.5, 0.4],
      otherCores: 0.01,
      stolenCores: 0,
    },
    warnings: [],
    tables: [{ title: 'a table', columns: ['', 'p50'], rows: [['a line', '12']] }],
    conditions: { rounds: 3 },
    rounds: [],
    failures: [],
    ...parts,
  };
}

export function suiteReport(
  scenarios: readonly ScenarioResult[],
  environment: Partial<Environment> = {},
): SuiteReport {
  return {
    program: REPORT_PROGRAM,
    format: REPORT_FORMAT,
    environment: { ...ENVIRONMENT, ...environment },
    isSmoke: false,
    scenarios,
  };
}

/** A line of rounds, each with its p50, p99 and CPU. */
export function line(name: string, p50: readonly number[], p99 = p50.map((us) => us * 2)): unknown {
  return {
    name,
    runs: p50.map((us, i) => ({
      latency: { p50: us, p99: p99[i] },
      engineCpuSecondsPerMillion: 5,
    })),
  };
}
