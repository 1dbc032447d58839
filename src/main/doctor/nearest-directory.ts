import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The directory itself, or the nearest one above it that is there. */
export function nearestDirectory(path: string): string {
  let directory = path;
  while (!statSync(directory, { throwIfNoEntry: false })?.isDirectory() && dirname(directory) !== directory) {
    directory = dirname(directory);
  }
  return directory;
}
