/** Under which conditions a scenario's numbers came to be, as lines below its tables. */
import type { ScenarioResult } from './report-file.ts';

/** `key value, key value`. */
export function formatConditions(conditions: ScenarioResult['conditions']): string {
  return Object.entries(conditions)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

/** When it was measured, of which commit, and what else the machine did meanwhile. */
export function formatMoment({ startedAt, commit, machine }: ScenarioResult): string {
  const { wallSeconds, loadAtStart, loadAtEnd, otherCores, stolenCores } = machine;
  const others =
    otherCores === null || stolenCores === null
      ? ''
      : `, other processes took ${otherCores.toFixed(2)} cores, the hypervisor ${stolenCores.toFixed(2)}`;
  return `commit ${commit}, ${startedAt}, took ${wallSeconds.toFixed(0)} s, load average ${loadAtStart.join(' ')} before and ${loadAtEnd.join(' ')} after${others}`;
}
