/** Reports of the abuse suite for tests, as small as they get. */
import { type AbuseReport, type AttackReport, REPORT_FORMAT, REPORT_PROGRAM } from '../abuse/report.ts';
import type { WindowResult } from '../abuse/window-result.ts';
import { ENVIRONMENT } from './bench-report.ts';

/** @param p99 µs */
export function windowResult(p99: number, parts: Partial<WindowResult> = {}): WindowResult {
  const latency = { count: 100, p50: p99 / 2, p90: p99, p99, p999: p99, p9999: p99, max: p99, curve: [] };
  return {
    seconds: 1,
    sent: 1000,
    received: 2000,
    lost: 0,
    sequenceFaults: 0,
    latency,
    generatorLag: latency,
    peakMiB: 300,
    attackers: null,
    failures: [],
    ...parts,
  };
}

export function attackReport(parts: Partial<AttackReport> = {}): AttackReport {
  const attackers = {
    tried: 12,
    opened: 10,
    mostOpen: 10,
    messages: 500,
    bytes: 3_000_000,
    ticks: 0,
    answers: { RATE_LIMITED: 7, auth: 10 },
    ends: { '1009 message of N bytes, limit N': 3 },
    faults: [],
    cpuSeconds: 0.1,
  };
  return {
    name: 'an-attack',
    summary: 'what it does',
    isTls: false,
    boundMiB: 1000,
    rounds: [1000, 3000, 5000].map((p99) => ({
      quiet: windowResult(2000),
      neighbour: windowResult(p99 / 2),
      attack: windowResult(p99, { attackers }),
    })),
    failures: [],
    ...parts,
  };
}

export function abuseReport(attacks: readonly AttackReport[]): AbuseReport {
  return {
    program: REPORT_PROGRAM,
    format: REPORT_FORMAT,
    environment: ENVIRONMENT,
    seconds: 2,
    rounds: 3,
    isPaired: true,
    instruments: 1000,
    ticksPerSecond: 10_000,
    tookSeconds: 60,
    attacks,
  };
}
