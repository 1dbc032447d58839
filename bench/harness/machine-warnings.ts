/** What makes the numbers of a scenario doubtful. Said in the report, and never a failure. */
import type { MachineUse } from './machine-use.ts';
import { measuredRows } from './measured-rows.ts';
import type { ScenarioReport } from './scenario.ts';
import { spreadOf } from './spread.ts';

/** Of the machine's cores: what others may take before it is said. */
const OTHERS_SHARE = 0.1;
const STOLEN_SHARE = 0.05;
/** Of a line's p99: what the load's own lag may be of it before it is said. */
const LAG_SHARE = 0.5;
const LINES_NAMED = 3;

/** The lines whose p99 is the load's own lag for the most part, the worst ones by name. */
function warnOfLag(report: Pick<ScenarioReport, 'rounds'>): string[] {
  const shares = measuredRows(report).flatMap(({ name, lagP99, latencyP99 }) => {
    if (lagP99.length === 0 || latencyP99.length === 0) return [];
    const latency = spreadOf(latencyP99).median;
    return latency > 0 ? [{ name, share: spreadOf(lagP99).median / latency }] : [];
  });
  const late = shares.filter(({ share }) => share > LAG_SHARE).sort((a, b) => b.share - a.share);
  if (late.length === 0) return [];
  const named = late.slice(0, LINES_NAMED).map(({ name, share }) => `${name} (${Math.round(share * 100)} %)`);
  const more = late.length > LINES_NAMED ? ` and ${late.length - LINES_NAMED} more` : '';
  return [
    `the load was late itself: its own p99 lag is more than ${LAG_SHARE * 100} % of the p99 of ${named.join(', ')}${more}`,
  ];
}

/** @param cores of the machine */
export function machineWarnings(
  { loadAtStart, loadAtEnd, otherCores, stolenCores }: MachineUse,
  cores: number,
  report: Pick<ScenarioReport, 'rounds'>,
): string[] {
  const warnings: string[] = [];
  const [before = 0] = loadAtStart;
  const [after = 0] = loadAtEnd;
  if (otherCores !== null && otherCores > OTHERS_SHARE * cores) {
    warnings.push(
      `processes that are none of the suite's kept ${otherCores.toFixed(2)} of ${cores} cores busy (load average ${before} before, ${after} after)`,
    );
  }
  // The load average of a minute has the suite's own work in it, so it is judged only where nothing better is known.
  if (otherCores === null && before > cores) {
    warnings.push(`the load average was ${before} on ${cores} cores at the start`);
  }
  if (stolenCores !== null && stolenCores > STOLEN_SHARE * cores) {
    warnings.push(`the hypervisor gave ${stolenCores.toFixed(2)} cores to others`);
  }
  return [...warnings, ...warnOfLag(report)];
}
