/** What came of one stretch of load, beside an attack or undisturbed. */
import type { LoadResult } from '../../bench/end-to-end/load-generator.ts';
import type { LatencySummary } from '../../bench/harness/latency-recorder.ts';
import type { AttackersResult } from './attackers.ts';
import type { HealthyResult } from './healthy-clients.ts';

/** Clients that get every tick. */
const HEALTHY = 2;

export interface WindowResult {
  readonly seconds: number;
  readonly sent: number;
  readonly received: number;
  /** Deliveries that are missing; negative when there are too many. */
  readonly lost: number;
  readonly sequenceFaults: number;
  readonly latency: LatencySummary;
  readonly generatorLag: LatencySummary;
  /** Null where the system does not tell. */
  readonly peakMiB: number | null;
  /** Null when undisturbed. */
  readonly attackers: AttackersResult | null;
  readonly failures: readonly string[];
}

export interface WindowParts {
  readonly seconds: number;
  readonly load: LoadResult;
  readonly healthy: HealthyResult;
  readonly attackers: AttackersResult | null;
  readonly peakMiB: number | null;
  /** Found already. */
  readonly failures: readonly string[];
}

export function summarize({
  seconds,
  load,
  healthy,
  attackers,
  peakMiB,
  failures,
}: WindowParts): WindowResult {
  const expected = load.sent * HEALTHY;
  const lost = expected - healthy.received;
  const found = [...failures];
  for (const reason of healthy.lost) found.push(`a healthy client was disconnected: ${reason}`);
  if (lost !== 0) found.push(`${lost} of ${expected} deliveries to healthy clients are missing`);
  else if (healthy.checksums.some((checksum) => checksum !== load.checksum)) {
    found.push('the healthy clients got as many ticks as were sent, but not the same ones');
  }
  if (healthy.sequenceFaults > 0) found.push(`${healthy.sequenceFaults} ticks out of sequence`);
  for (const notice of healthy.notices) found.push(`a healthy client was told: ${notice}`);
  return {
    seconds,
    sent: load.sent,
    received: healthy.received,
    lost,
    sequenceFaults: healthy.sequenceFaults,
    latency: healthy.latency,
    generatorLag: load.lag,
    peakMiB,
    attackers,
    failures: found,
  };
}
