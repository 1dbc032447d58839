import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from './environment.ts';
import type { ScenarioReport } from './scenario.ts';

export interface SuiteReport {
  readonly environment: Environment;
  readonly isSmoke: boolean;
  readonly scenarios: readonly (ScenarioReport & { readonly name: string; readonly seconds: number })[];
}

/** `bench/results/<time>.json`, which git ignores. */
export function defaultReportPath(startedAt: string): string {
  return join(import.meta.dirname, '..', 'results', `${startedAt.replaceAll(/[:.]/g, '-')}.json`);
}

export function writeReport(path: string, report: SuiteReport): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}
