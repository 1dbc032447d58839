import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of the files of a directory, without those below it; 0 where there is none. A file that goes meanwhile has none. */
export function directoryBytes(path: string): number {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch {
    return 0;
  }
  return names.reduce(
    (sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
