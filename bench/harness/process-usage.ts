/** What a process has used so far, all its threads together. Linux only: elsewhere null, and the tables say so. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  /** Open files, sockets, event handles. */
  readonly handles: number;
}

/** The kernel counts CPU time in hundredths of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Fields behind the command's closing bracket: `utime` and `stime` are the 12th and 13th. */
const UTIME = 11;
const STIME = 12;

export function readProcessUsage(pid: number): ProcessUsage | null {
  if (process.platform !== 'linux') return null;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  return {
    cpuSeconds: (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND,
    rssMiB: rssKiB / 1024,
    handles: readdirSync(`/proc/${pid}/fd`).length,
  };
}
