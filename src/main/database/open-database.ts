import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fernet } from '../auth/fernet.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { databasePath, EMBEDDED_DATABASE_PATH } from './database-url.ts';
import { demoKey, prepareEmbeddedDatabase, secretsPath } from './embedded-database.ts';
import { REQUIRED_TABLES } from './openalgo-schema.ts';
import { readSecrets, type Secrets } from './secrets-file.ts';
import { DatabaseSync } from './sqlite.ts';

/** A database that is open for reading, and what its secrets are read with. */
export interface OpenDatabase {
  /** Read-only. Statements are short, so that OpenAlgo's writer is never held up. */
  readonly db: DatabaseSync;
  readonly path: string;
  readonly pepper: string;
  readonly fernet: Fernet;
  /** The demo user's API key, for the embedded database only. */
  readonly demoKey: string | null;
  close(): void;
}

type DatabaseConfig = Pick<Config, 'databaseUrl' | 'apiKeyPepper' | 'fernetSalt'>;

/** Readers of a WAL database never wait for its writer; this is for databases that were taken out of WAL mode. */
const READ_BUSY_TIMEOUT_MS = 1000;

/**
 * Opens the database that `DATABASE_URL` names, else the embedded one in `cwd`, which is created if need be.
 *
 * @throws TickwireError DATABASE_NOT_FOUND, DATABASE_UNREADABLE, DATABASE_UNWRITABLE, CONFIG_INVALID
 */
export function openDatabase(config: DatabaseConfig, cwd: string): OpenDatabase {
  return config.databaseUrl === null
    ? openEmbedded(config, resolve(cwd, EMBEDDED_DATABASE_PATH))
    : openGiven(config, databasePath(config.databaseUrl, cwd));
}

/**
 * Opens what `openDatabase` would open, and neither creates nor changes anything.
 *
 * @returns null while the embedded database is not there, or has nothing in it: a start would make it
 * @throws TickwireError as `openDatabase`
 */
export function openExistingDatabase(config: DatabaseConfig, cwd: string): OpenDatabase | null {
  if (config.databaseUrl !== null) return openGiven(config, databasePath(config.databaseUrl, cwd));
  const path = resolve(cwd, EMBEDDED_DATABASE_PATH);
  if (!statSync(path, { throwIfNoEntry: false })?.size) return null;
  return openPrepared(path, configuredSecrets(config) ?? readSecrets(secretsPath(path)));
}

function openEmbedded(config: DatabaseConfig, path: string): OpenDatabase {
  return openPrepared(path, prepareEmbeddedDatabase(path, configuredSecrets(config)));
}

/** Null where those of the file beside the embedded database are meant. */
function configuredSecrets({ apiKeyPepper, fernetSalt }: DatabaseConfig): Secrets | null {
  return apiKeyPepper === null ? null : { pepper: apiKeyPepper, fernetSalt };
}

function openPrepared(path: string, secrets: Secrets): OpenDatabase {
  const db = openReadOnly(path);
  try {
    const fernet = new Fernet(secrets.pepper, secrets.fernetSalt);
    return opened(db, path, secrets.pepper, fernet, demoKey(db, fernet));
  } catch (error) {
    db.close();
    throw error;
  }
}

function openGiven(config: DatabaseConfig, path: string): OpenDatabase {
  // SQLite would create the file, and a typo would end in an empty database.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new TickwireError(
      'DATABASE_NOT_FOUND',
      `DATABASE_URL is ${config.databaseUrl}, but there is no file ${path}. Correct the path (it is relative to the ` +
        'working directory), start OpenAlgo once, or remove DATABASE_URL to run on the embedded database.',
    );
  }
  if (config.apiKeyPepper === null) {
    throw new TickwireError(
      'CONFIG_INVALID',
      `API_KEY_PEPPER is not set, but the keys in ${path} cannot be checked without it; copy it and FERNET_SALT from ` +
        "OpenAlgo's .env.",
    );
  }
  const fernet = new Fernet(config.apiKeyPepper, config.fernetSalt);
  return opened(openReadOnly(path), path, config.apiKeyPepper, fernet, null);
}

function opened(
  db: DatabaseSync,
  path: string,
  pepper: string,
  fernet: Fernet,
  key: string | null,
): OpenDatabase {
  return { db, path, pepper, fernet, demoKey: key, close: () => db.close() };
}

function openReadOnly(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: READ_BUSY_TIMEOUT_MS });
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    const names = new Set(tables.map((table) => table.name));
    const missing = REQUIRED_TABLES.filter((table) => !names.has(table));
    if (missing.length === 0) return db;
    throw new Error(`it has no table ${missing.join(', ')}; start OpenAlgo once to create them`);
  } catch (cause) {
    db?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TickwireError(
      'DATABASE_UNREADABLE',
      `${path} cannot be read as an OpenAlgo database: ${reason}. It must be an SQLite file; it and its directory must be ` +
        'readable, and the directory writable unless OpenAlgo is running (SQLite keeps its -shm file there).',
      { cause },
    );
  }
}
