/** What is asked of a run, and what came of it. */

import type { StormyRate } from '../harness/burst-schedule.ts';
import type { LatencySummary } from '../harness/latency-recorder.ts';
import type { HostUse } from './host-use.ts';
import type { LoadResult } from './load-generator.ts';
import type { ClientResult, Framing } from './measuring-clients.ts';
import type { StreamMode } from './tick-format.ts';

export interface RunOptions {
  readonly perSecond: number;
  /** Times at which there are more ticks than `perSecond`; without it never. */
  readonly storms?: Omit<StormyRate, 'calmPerSecond'>;
  readonly seconds: number;
  /** At each proxy. */
  readonly clients: number;
  /** At each proxy, spread over its clients: these measure latencies, the others only count. */
  readonly sampled: number;
  readonly framing: Framing;
  /** Without it quotes. */
  readonly mode?: StreamMode;
  readonly instruments: number;
  /** Each client takes so many of the instruments, in turn; without it all of them. All clients of a proxy together take
   * each instrument equally often. */
  readonly instrumentsPerClient?: number;
  /** Proxies that have clients; without it one. */
  readonly proxies?: number;
}

export interface RunResult extends RunOptions {
  /** With the lead-in, as `received` and `lost` are. */
  readonly sent: number;
  readonly received: number;
  /** Deliveries that are missing; negative when there are too many. */
  readonly lost: number;
  /** Ticks that were due in the measured time, behind the lead-in: what the engine's CPU is divided by. */
  readonly measuredTicks: number;
  readonly measuredDeliveries: number;
  /** From the instant at which a tick was due to the read of its bytes by a client of the slowest proxy. */
  readonly latency: LatencySummary;
  /** From that instant to its last byte in the kernel on its way to the engine: a part of `latency`. */
  readonly generatorLag: LatencySummary;
  readonly generatorCpuShare: number;
  readonly clientCpuShare: number;
  /** Cores that the engine kept busy in the measured time, all its processes together; null where the system does not
   * tell. */
  readonly engineCpuShare: number | null;
  /** Null also when too much was lost for any delivery to be left. */
  readonly engineCpuSecondsPerMillion: number | null;
  readonly engineRssMiB: number | null;
  /** The processes of the engine one by one; those of proxies without clients too. */
  readonly hosts: readonly HostUse[];
  /** Bytes of all messages that clients got. */
  readonly payloadBytes: number;
  readonly failures: readonly string[];
}

/** How often each tick is delivered at each proxy. */
export function copiesOf({ clients, instruments, instrumentsPerClient = instruments }: RunOptions): number {
  return (clients * instrumentsPerClient) / instruments;
}

/**
 * @param seconds of load, the lead-in included
 * @param hosts what they used in the measured time
 */
export function summarize(
  options: RunOptions,
  seconds: number,
  load: LoadResult,
  results: readonly ClientResult[],
  hosts: readonly HostUse[],
): RunResult {
  const received = results.reduce((sum, result) => sum + result.received, 0);
  const copies = copiesOf(options) * results.length;
  const expected = load.sent * copies;
  const lost = expected - received;
  const measuredDeliveries = load.measured * copies - lost;
  const failures = results.flatMap((result) =>
    result.lost.map((reason) => `a client was disconnected: ${reason}`),
  );
  if (received !== expected) failures.push(`${lost} of ${expected} deliveries are missing`);
  else if (results.some((result) => !carriesTheSame(result, load, options))) {
    failures.push('as many ticks as sent were delivered, but not the same ones');
  }
  const cpu = sumOf(hosts.map(({ cpuSeconds }) => cpuSeconds));
  const slowest = [...results].sort((a, b) => b.latency.p50 - a.latency.p50)[0]!;
  return {
    ...options,
    sent: load.sent,
    received,
    lost,
    measuredTicks: load.measured,
    measuredDeliveries,
    latency: slowest.latency,
    generatorLag: load.lag,
    generatorCpuShare: load.cpuShare,
    clientCpuShare: results.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / seconds,
    engineCpuShare: cpu === null ? null : cpu / options.seconds,
    engineCpuSecondsPerMillion:
      cpu === null || measuredDeliveries <= 0 ? null : (cpu * 1e6) / measuredDeliveries,
    engineRssMiB: sumOf(hosts.map(({ rssMiB }) => rssMiB)),
    hosts,
    payloadBytes: results.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0),
    failures,
  };
}

/** By the sums over what came: each client's when all have everything, else the one of all of them. */
function carriesTheSame({ checksums }: ClientResult, load: LoadResult, options: RunOptions): boolean {
  if ((options.instrumentsPerClient ?? options.instruments) === options.instruments) {
    return checksums.every((checksum) => checksum === load.checksum);
  }
  const sum = checksums.reduce((total, checksum) => (total + checksum) | 0, 0);
  return sum === Math.imul(load.checksum, copiesOf(options));
}

function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value),
    0,
  );
}
