import { readdirSync, readlinkSync } from 'node:fs';
import { until } from './until.ts';

const DESCRIPTORS = '/proc/self/fd';

/** How many there are of each kind. */
export type Handles = Readonly<Record<string, number>>;

/**
 * What keeps this process busy: its open file descriptors, those of worker threads included, and the resources of this
 * thread's event loop.
 */
export function openHandles(): Handles {
  const counts: Record<string, number> = {};
  for (const kind of [...process.getActiveResourcesInfo(), ...openFiles()].sort()) {
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/**
 * Sockets and pipes without their numbers, files by path. The main file of a database is left out: while one connection of
 * a process has it open, SQLite keeps the descriptors of those that were closed.
 */
function openFiles(): string[] {
  return readdirSync(DESCRIPTORS).flatMap((descriptor) => {
    try {
      const target = readlinkSync(`${DESCRIPTORS}/${descriptor}`).replace(/:\[\d+\]$/, '');
      return target.endsWith('.db') ? [] : [target];
    } catch {
      return []; // the one that listed the directory
    }
  });
}

/** Waits until there is not more of anything than before: nothing was left behind since. */
export async function untilHandlesAreBack(before: Handles): Promise<void> {
  let now: Handles = {};
  try {
    await until('', () => {
      now = openHandles();
      return Object.entries(now).every(([kind, count]) => count <= (before[kind] ?? 0));
    });
  } catch (cause) {
    const [was, is] = [before, now].map((handles) => JSON.stringify(handles));
    throw new Error(`open handles were ${was}, but are ${is}`, { cause });
  }
}
