/** The stored form of a run. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../../bench/harness/environment.ts';
import type { WindowResult } from './window-result.ts';

export const REPORT_PROGRAM = 'tickwire abuse';
export const REPORT_FORMAT = 2;
/** The run that the README quotes. */
export const STORED_REPORT = join(import.meta.dirname, 'report.json');

const SIGNIFICANT_DIGITS = 4;

export interface AbuseRound {
  readonly quiet: WindowResult;
  /** The same attack on another engine of this machine; null in a run without time for it. */
  readonly neighbour: WindowResult | null;
  readonly attack: WindowResult;
}

export interface AttackReport {
  readonly name: string;
  readonly summary: string;
  readonly isTls: boolean;
  /** MiB that the engine said at its start it would keep within; null when it did not. */
  readonly boundMiB: number | null;
  readonly rounds: readonly AbuseRound[];
  readonly failures: readonly string[];
}

export interface AbuseReport {
  readonly program: typeof REPORT_PROGRAM;
  readonly format: typeof REPORT_FORMAT;
  readonly environment: Environment;
  /** Of one measured stretch. */
  readonly seconds: number;
  readonly rounds: number;
  /** Each attack had an undisturbed stretch of its own beside it, and one in which the neighbour was attacked. */
  readonly isPaired: boolean;
  readonly instruments: number;
  readonly ticksPerSecond: number;
  readonly tookSeconds: number;
  readonly attacks: readonly AttackReport[];
}

/** Curves are for plots, which there are none of here. */
function short(key: string, value: unknown): unknown {
  if (key === 'curve') return undefined;
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number(value.toPrecision(SIGNIFICANT_DIGITS));
}

/** A line for each attack. */
export function formatReport({ attacks, ...head }: AbuseReport): string {
  const lines = attacks.map((attack) => JSON.stringify(attack, short));
  return `${JSON.stringify(head, short).slice(0, -1)},"attacks":[\n${lines.join(',\n')}\n]}\n`;
}

export function writeReport(path: string, report: AbuseReport): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatReport(report));
}

/** @throws Error for a file that is no report of this suite */
export function readReport(path: string): AbuseReport {
  const report = JSON.parse(readFileSync(path, 'utf8')) as AbuseReport;
  if (report.program !== REPORT_PROGRAM || report.format !== REPORT_FORMAT)
    throw new Error(`${path} is no report of the abuse suite, or of another version of it`);
  return report;
}

/** A temporary place. */
export function defaultReportPath(startedAt: string): string {
  return join(tmpdir(), 'tickwire-abuse', `${startedAt.replaceAll(/[:.]/g, '-')}.json`);
}
