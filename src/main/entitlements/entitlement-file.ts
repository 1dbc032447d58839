/** The file of roles and keys: opened for reading by the engine, for writing by `tickwire keys`. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  lchownSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from '../database/sqlite.ts';
import { TickwireError } from '../errors.ts';
import { createEntitlementTables, schemaProblem } from './entitlement-schema.ts';

/** A command that writes holds the file for a moment. */
const READ_BUSY_TIMEOUT_MS = 250;
const WRITE_BUSY_TIMEOUT_MS = 15_000;
/** It has digests of keys, which are of no use to whoever reads them; what roles there are is nobody's business. */
const OWNER_ONLY = 0o600;

/** @throws TickwireError ENTITLEMENTS_UNREADABLE */
export function openEntitlements(path: string): DatabaseSync {
  return opened(path, () => new DatabaseSync(path, { readOnly: true, timeout: READ_BUSY_TIMEOUT_MS }));
}

/**
 * Opens the file for writing; makes it if it is not there.
 * @throws TickwireError ENTITLEMENTS_UNWRITABLE, ENTITLEMENTS_UNREADABLE
 */
export function openEntitlementsForWriting(path: string): DatabaseSync {
  makeWritable(path);
  return opened(path, () => {
    const db = new DatabaseSync(path, { timeout: WRITE_BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    try {
      // One file is easier to copy to another feed host than a file and its log.
      db.exec('PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE');
      createEntitlementTables(db);
      db.exec('COMMIT');
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  });
}

function opened(path: string, open: () => DatabaseSync): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = open();
    const problem = schemaProblem(db);
    if (problem === null) return db;
    throw new Error(problem);
  } catch (cause) {
    db?.close();
    throw unreadable(path, cause);
  }
}

/** What is wrong with a file that is there, and what to do. */
export function unreadable(path: string, cause: unknown): TickwireError {
  return new TickwireError(
    'ENTITLEMENTS_UNREADABLE',
    `${path} cannot be read as Tickwire's roles and keys: ${messageOf(cause)}. Bring back a copy of it, or move it away: ` +
      'then every OpenAlgo key may do everything again, and keys made by tickwire keys create are gone.',
    { cause },
  );
}

/** SQLite says no more than "unable to open"; the file system says why. */
function makeWritable(path: string): void {
  try {
    const topMade = mkdirSync(dirname(path), { recursive: true });
    accessSync(dirname(path), constants.W_OK);
    if (existsSync(path)) closeSync(openSync(path, 'a', OWNER_ONLY));
    else makeFile(path, topMade ?? path);
  } catch (cause) {
    throw new TickwireError(
      'ENTITLEMENTS_UNWRITABLE',
      `The roles and keys in ${path} cannot be written (${messageOf(cause)}). Run the command as the user that owns the ` +
        'directory, or name another file with TICKWIRE_ENTITLEMENTS.',
      { cause },
    );
  }
}

/**
 * What root makes would be root's alone, and the engine runs as somebody else: it gets the owner of the directory that was
 * there. Nothing is made or given away through a link, which that owner might have put there.
 *
 * @param topMade the first of what was made on the way to the file, or the file itself
 */
function makeFile(path: string, topMade: string): void {
  const file = openSync(path, 'ax', OWNER_ONLY);
  try {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = statSync(dirname(topMade));
    fchownSync(file, uid, gid);
    for (let made = path; made !== topMade; ) {
      made = dirname(made);
      lchownSync(made, uid, gid);
    }
  } finally {
    closeSync(file);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
