/** The database as the engine would open it, what its secrets are good for, and whether anybody could authenticate. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { KeyTable } from '../auth/key-table.ts';
import { databasePath, EMBEDDED_DATABASE_PATH } from '../database/database-url.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import { readEntitlements } from '../entitlements/read-entitlements.ts';
import { TickwireError } from '../errors.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';
import { nearestDirectory } from './nearest-directory.ts';

const RIGHT_SECRETS =
  'Copy API_KEY_PEPPER and FERNET_SALT from the .env of the OpenAlgo that writes this database, both as they stand there.';

export const check: RunCheck = async (context) => {
  let database: OpenDatabase | null;
  try {
    database = await context.database();
  } catch (error) {
    if (!(error instanceof TickwireError)) throw error;
    return [
      noGo(
        `${error.code}: ${error.message}`,
        'Correct that: the engine would not start, and nothing else of the database was looked at.',
      ),
    ];
  }
  if (database === null) return [notThereYet(context)];
  return [...writable(context, database), wholeness(database), keys(context, database)];
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

function keys({ config, cwd }: DoctorContext, { db, fernet, demoKey }: OpenDatabase): Outcome {
  const stored = new KeyTable(db, fernet).read().keys;
  const own = [...readEntitlements(config, cwd).keys.values()].filter(({ revoked }) => revoked === null);
  const unreadable = stored.filter(({ digest }) => digest === null).length;
  if (stored.length === 0 && own.length === 0) {
    return noGo(
      'there is no API key: no client can authenticate',
      "Make one on OpenAlgo's page for API keys, or with tickwire keys create --user <name>.",
    );
  }
  if (unreadable > 0 && unreadable === stored.length) {
    return noGo(
      `none of the ${stored.length} API keys can be decrypted: pepper or salt is another one`,
      RIGHT_SECRETS,
    );
  }
  if (unreadable > 0) {
    const advice = 'Their users make a new key each; until then a first login with one takes a slow check.';
    return warn(`${unreadable} of ${stored.length} API keys cannot be decrypted`, advice);
  }
  const demo = demoKey === null ? '' : ', the demo key among them';
  return go(`${stored.length} API keys, and ${own.length} of tickwire keys; the secrets fit${demo}`);
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
