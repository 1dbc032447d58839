import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EMBEDDED_DATABASE_PATH } from '../../src/main/database/database-url.ts';
import { prepareEmbeddedDatabase } from '../../src/main/database/embedded-database.ts';

let original: string | null = null;

/**
 * Puts the embedded database into a directory, with its secrets, as a first start would have made it. It is made once in
 * a process and copied, since the slow hashes of its keys are most of what the start of an engine costs the main thread.
 */
export function copyEmbeddedDatabase(directory: string): void {
  original ??= makeOriginal();
  const path = dirname(EMBEDDED_DATABASE_PATH);
  cpSync(join(original, path), join(directory, path), { recursive: true });
}

function makeOriginal(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tickwire-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  prepareEmbeddedDatabase(join(directory, EMBEDDED_DATABASE_PATH), null);
  return directory;
}
