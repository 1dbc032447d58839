/** The database as the engine would open it. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { databasePath, EMBEDDED_DATABASE_PATH } from '../database/database-url.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome } from './finding.ts';
import { nearestDirectory } from './nearest-directory.ts';

export const check: RunCheck = async (context) => {
  const database = await context.database();
  if (database === null) return [notThereYet(context)];
  return [...writable(context, database), wholeness(database)];
};

function notThereYet({ cwd }: DoctorContext): Outcome {
  const path = databasePath(`sqlite:///${EMBEDDED_DATABASE_PATH}`, cwd);
  const directory = nearestDirectory(dirname(path));
  return mayWrite(directory)
    ? go(`${path} is not there yet: the first start makes it, with a demo user`)
    : noGo(
        `${path} is not there, and ${directory} may not be written`,
        "Start in a directory that may be written, or set DATABASE_URL to OpenAlgo's database.",
      );
}

/** OpenAlgo's database is only read; the embedded one is the engine's own. */
function writable({ config }: DoctorContext, { path }: OpenDatabase): Outcome[] {
  if (config.databaseUrl !== null || (mayWrite(path) && mayWrite(dirname(path)))) return [];
  return [
    noGo(
      `${path} may not be written by this user`,
      'Run as the user that the engine runs as, or give the file and its directory to that user (chown).',
    ),
  ];
}

/** Reads every page, which takes some 10 ms for 100,000 instruments. A database in WAL mode holds up no writer meanwhile. */
function wholeness({ db, path }: OpenDatabase): Outcome {
  const mode = db.prepare('PRAGMA journal_mode').get()?.journal_mode;
  if (mode !== 'wal') return go(`${path} can be read (not in WAL mode, so it was not read as a whole)`);
  const result = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (result === 'ok') return go(`${path} can be read, and is whole`);
  return noGo(
    `${path} is damaged: ${result}`,
    'Stop what writes it, and bring back a copy; without one, move it away: OpenAlgo makes it anew, Tickwire its own.',
  );
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
