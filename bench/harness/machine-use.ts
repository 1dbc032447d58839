/**
 * Whether the machine belonged to the measurement: its load average, what processes that are none of ours took of it, and
 * what a hypervisor gave to other machines.
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** The kernel counts CPU time in hundredths of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Fields of `cpu` in /proc/stat: what is neither idle nor waiting for a disk nor stolen. */
const BUSY_FIELDS = [0, 1, 2, 5, 6];
const STOLEN_FIELD = 7;
/** Fields behind the command's closing bracket in /proc/self/stat: own user and system time, and that of ended children. */
const OWN_FIELDS = [11, 12, 13, 14];

interface Clocks {
  /** CPU s, of the whole machine. */
  readonly busy: number;
  readonly stolen: number;
  /** CPU s, of this process, its threads and the children that have ended. */
  readonly own: number;
}

export interface MachineReading {
  readonly atMs: number;
  /** Load average over 1, 5 and 15 minutes. */
  readonly load: readonly number[];
  /** Null where the system does not tell. */
  readonly clocks: Clocks | null;
}

export interface MachineUse {
  /** From the first preparation to the end of the last process. */
  readonly wallSeconds: number;
  readonly loadAtStart: readonly number[];
  readonly loadAtEnd: readonly number[];
  /** Cores that processes other than the suite's kept busy; null where the system does not tell. */
  readonly otherCores: number | null;
  /** Cores that the hypervisor gave to others. */
  readonly stolenCores: number | null;
}

export function readLoad(): number[] {
  return loadavg().map((load) => Math.round(load * 100) / 100);
}

function sumSeconds(fields: readonly string[], places: readonly number[]): number {
  return places.reduce((sum, place) => sum + Number(fields[place]), 0) / TICKS_PER_SECOND;
}

function readClocks(): Clocks | null {
  if (process.platform !== 'linux') return null;
  const machine = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/\s+/).slice(1);
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const own = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    busy: sumSeconds(machine, BUSY_FIELDS),
    stolen: sumSeconds(machine, [STOLEN_FIELD]),
    own: sumSeconds(own, OWN_FIELDS),
  };
}

/** Only while no child runs: the kernel adds a child's time to its parent's when the child has ended. */
export function readMachine(): MachineReading {
  return { atMs: performance.now(), load: readLoad(), clocks: readClocks() };
}

/** What happened between two readings. */
export function machineUseBetween(before: MachineReading, after: MachineReading): MachineUse {
  const from = before.clocks;
  const to = after.clocks;
  const wallSeconds = (after.atMs - before.atMs) / 1000;
  const known = { wallSeconds, loadAtStart: before.load, loadAtEnd: after.load };
  if (from === null || to === null || wallSeconds <= 0)
    return { ...known, otherCores: null, stolenCores: null };
  // The kernel's clocks advance in steps, each by itself: what is a little below nothing is nothing.
  const others = Math.max(0, to.busy - from.busy - (to.own - from.own));
  const stolen = to.stolen - from.stolen;
  return { ...known, otherCores: others / wallSeconds, stolenCores: stolen / wallSeconds };
}
