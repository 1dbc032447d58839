import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A test, or the whole file by the `after` of `node:test`. */
export interface UntilTheEnd {
  after(end: () => unknown): void;
}

/** An empty directory that is removed after the test. */
export function temporaryDirectory(context: UntilTheEnd): string {
  const path = mkdtempSync(join(tmpdir(), 'tickwire-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  context.after(() => {
    try {
      remove();
    } catch {
      // Hooks run in their order: whoever writes is ended by one behind this, which an error here would leave out.
      process.once('exit', remove);
    }
  });
  return path;
}
