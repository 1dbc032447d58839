import { resolve } from 'node:path';
import { Fernet } from '../auth/fernet.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { EMBEDDED_DATABASE_PATH } from './database-url.ts';
import { prepareEmbeddedDatabase } from './embedded-database.ts';
import { DatabaseSync } from './sqlite.ts';

/** The embedded database, open for writing. */
export interface OwnDatabase {
  readonly db: DatabaseSync;
  readonly path: string;
  readonly pepper: string;
  readonly fernet: Fernet;
}

const BUSY_TIMEOUT_MS = 15_000;

/**
 * Opens the embedded database in `cwd` for writing; it is created if need be. The caller closes it.
 *
 * @param what is written, as the subject of the refusal
 * @throws TickwireError DATABASE_NOT_OURS where OpenAlgo's database is configured, DATABASE_UNWRITABLE,
 *   DATABASE_UNREADABLE
 */
export function openOwnDatabase(
  config: Pick<Config, 'databaseUrl' | 'apiKeyPepper' | 'fernetSalt'>,
  cwd: string,
  what: string,
): OwnDatabase {
  const { databaseUrl, apiKeyPepper, fernetSalt } = config;
  if (databaseUrl !== null) {
    throw new TickwireError(
      'DATABASE_NOT_OURS',
      `DATABASE_URL is set, so ${what} OpenAlgo's to write: use OpenAlgo's own page for it. To run without OpenAlgo, remove ` +
        'DATABASE_URL; then the embedded database is used.',
    );
  }
  const path = resolve(cwd, EMBEDDED_DATABASE_PATH);
  const configured = apiKeyPepper === null ? null : { pepper: apiKeyPepper, fernetSalt };
  const { pepper, fernetSalt: salt } = prepareEmbeddedDatabase(path, configured);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  return { db, path, pepper, fernet: new Fernet(pepper, salt) };
}
