/** The stored form of a run of the suite. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from './environment.ts';
import type { MachineUse } from './machine-use.ts';
import type { Scenario, ScenarioReport } from './scenario.ts';

/** Says what wrote the file. */
export const REPORT_PROGRAM = 'tickwire bench';
/** Grows with every change after which an older suite could not read the file, or this one not an older file. */
export const REPORT_FORMAT = 1;

const SIGNIFICANT_DIGITS = 4;

/** What came of one scenario, and when. */
export interface ScenarioResult extends ScenarioReport, Pick<Scenario, 'name' | 'group' | 'summary'> {
  /** Measured time of each single run. */
  readonly seconds: number;
  readonly topology: string;
  readonly startedAt: string;
  /** With `+changes` when the tree differed from it. */
  readonly commit: string;
  readonly machine: MachineUse;
  /** What makes the numbers doubtful. */
  readonly warnings: readonly string[];
}

export interface SuiteReport {
  readonly program: typeof REPORT_PROGRAM;
  readonly format: typeof REPORT_FORMAT;
  readonly environment: Environment;
  readonly isSmoke: boolean;
  readonly scenarios: readonly ScenarioResult[];
}

/** `bench/results/<time>.json`, which git ignores; of a smoke run a temporary place. */
export function defaultReportPath(startedAt: string, isSmoke: boolean): string {
  const folder = isSmoke
    ? join(tmpdir(), 'tickwire-bench-smoke')
    : join(import.meta.dirname, '..', 'results');
  return join(folder, `${startedAt.replaceAll(/[:.]/g, '-')}.json`);
}

/** What was measured has no more digits than four; what was counted keeps them all. */
function round(_: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number(value.toPrecision(SIGNIFICANT_DIGITS));
}

/** The curves of single rounds are left out: `plots` has their medians. */
function withoutCurve(key: string, value: unknown): unknown {
  return key === 'curve' ? undefined : round(key, value);
}

/** A line for each scenario, so that a new run is no change of one line. */
export function formatReport({ scenarios, ...head }: SuiteReport): string {
  const lines = scenarios.map(({ rounds, ...rest }) => {
    const own = JSON.stringify(rest, round);
    return `${own.slice(0, -1)},"rounds":${JSON.stringify(rounds, withoutCurve)}}`;
  });
  return `${JSON.stringify(head, round).slice(0, -1)},"scenarios":[\n${lines.join(',\n')}\n]}\n`;
}

export function writeReport(path: string, report: SuiteReport): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatReport(report));
}
