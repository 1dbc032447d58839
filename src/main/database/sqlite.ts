/**
 * `node:sqlite` without the warning that it is experimental, which Node 22 prints when the module is first loaded.
 * Loading is synchronous, so that no other warning can fall into the gap. Import the class from here, not from
 * `node:sqlite`: an import statement would load the module, and print, before any code runs.
 */
import type { DatabaseSync as NodeDatabaseSync } from 'node:sqlite';

function loadQuietly(): typeof import('node:sqlite') {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

export const { DatabaseSync } = loadQuietly();
export type DatabaseSync = NodeDatabaseSync;
