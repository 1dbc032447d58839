/** CPU time of single threads, from the scheduler's own account in ns. Linux with that account only: elsewhere null. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ThreadUsage {
  /** As the kernel has it: `ZMQbg/…` for ZeroMQ's threads, `node` for most others. */
  readonly name: string;
  readonly cpuUs: number;
}

/** All threads of a process by their number; one that ends meanwhile is left out. Null when none can be read. */
export function readThreadUsage(pid: number): ReadonlyMap<number, ThreadUsage> | null {
  if (process.platform !== 'linux') return null;
  const threads = new Map<number, ThreadUsage>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const path = `/proc/${pid}/task/${thread}`;
      const name = readFileSync(`${path}/comm`, 'utf8').trim();
      const [ns] = readFileSync(`${path}/schedstat`, 'utf8').split(' ');
      threads.set(Number(thread), { name, cpuUs: Number(ns) / 1000 });
    } catch {
      // It ended between the list and the look.
    }
  }
  return threads.size === 0 ? null : threads;
}

/** The number of the calling thread; 0 where the system does not tell. */
export function ownThread(): number {
  if (process.platform !== 'linux') return 0;
  return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
}
