import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** An empty directory that is removed after the test. */
export function temporaryDirectory(context: Pick<TestContext, 'after'>): string {
  const path = mkdtempSync(join(tmpdir(), 'tickwire-'));
  // Hooks run in their order, so that a write may still be under way; the hook behind this one ends who writes.
  context.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}
