import { go, noGo, type Outcome, warn } from './finding.ts';
import { describeLatency, type LatencySummary } from './latencies.ts';

/** A hop takes some 20 µs on a warm core and 150 µs on a sleeping one; a machine that does this is busy with other things. */
const SLOW_P99_US = 10_000;
/** Half of all ticks later than this: whoever trades by them trades by old prices. */
const STUCK_P50_US = 20_000;

const ADVICE =
  'Something else takes the processors: look at top, on a virtual machine at its steal time (vmstat 1, column st), in a ' +
  'container at its CPU limit.';

/** @param hop null when nothing came through */
export function judgeHop(what: string, hop: LatencySummary | null): Outcome {
  if (hop === null)
    return noGo(
      `${what}: nothing came through`,
      'Report this as a defect, with what tickwire version --json prints.',
    );
  const found = `${what}: ${describeLatency(hop)}`;
  if (hop.p50 > STUCK_P50_US) return noGo(found, ADVICE);
  return hop.p99 > SLOW_P99_US ? warn(found, ADVICE) : go(found);
}
