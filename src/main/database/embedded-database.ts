import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fernet } from '../auth/fernet.ts';
import { TickwireError } from '../errors.ts';
import { textColumn } from './column.ts';
import { DEMO_USER, seedDemo } from './demo-seed.ts';
import { upgradeEmbedded } from './embedded-schema.ts';
import { loadOrCreateSecrets, type Secrets } from './secrets-file.ts';
import { DatabaseSync } from './sqlite.ts';

/** OpenAlgo's own setting. Here it lets two first starts at once wait for each other. */
const BUSY_TIMEOUT_MS = 15_000;
const OWNER_ONLY = 0o600;

/**
 * Makes sure that the embedded database and its secrets exist and are whole, and gives the secrets. A crash in the
 * middle leaves an empty file, which the next start fills. `configured` secrets go before those of the file.
 *
 * @throws TickwireError DATABASE_UNWRITABLE, DATABASE_UNREADABLE
 */
export function prepareEmbeddedDatabase(path: string, configured: Secrets | null): Secrets {
  makeWritable(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE');
    const secrets = configured ?? loadOrCreateSecrets(secretsPath(path));
    const isSeeded =
      database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'api_keys'").get() !== undefined;
    if (!isSeeded) seedDemo(database, secrets.pepper, new Fernet(secrets.pepper, secrets.fernetSalt));
    upgradeEmbedded(database);
    database.exec('COMMIT');
    return secrets;
  } catch (cause) {
    if (cause instanceof TickwireError) throw cause;
    throw new TickwireError(
      'DATABASE_UNREADABLE',
      `${path} is no usable database (${messageOf(cause)}); move it away to begin anew with a new demo key.`,
      { cause },
    );
  } finally {
    database.close();
  }
}

/** The file beside the database that holds its pepper and salt. */
export function secretsPath(databasePath: string): string {
  return databasePath.replace(/\.db$/, '.secrets');
}

/**
 * The API key of the demo user of the embedded database.
 *
 * @throws TickwireError DATABASE_UNREADABLE if the key was encrypted with other secrets, since then no key would work
 */
export function demoKey(database: DatabaseSync, fernet: Fernet): string {
  const row = database.prepare('SELECT api_key_encrypted FROM api_keys WHERE user_id = ?').get(DEMO_USER);
  const key = row === undefined ? null : fernet.decrypt(textColumn(row, 'api_key_encrypted'));
  if (key !== null) return key;
  throw new TickwireError(
    'DATABASE_UNREADABLE',
    `The embedded database was made with other secrets than its .secrets file, or API_KEY_PEPPER and FERNET_SALT, hold ` +
      'now. Bring those back, or move the database away to begin anew with a new demo key.',
  );
}

/** SQLite says no more than "unable to open"; the file system says why. */
function makeWritable(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    accessSync(dirname(path), constants.W_OK);
    closeSync(openSync(path, 'a', OWNER_ONLY));
  } catch (cause) {
    throw new TickwireError(
      'DATABASE_UNWRITABLE',
      `The embedded database ${path} cannot be written (${messageOf(cause)}). Start in a directory that may be written, ` +
        "or set DATABASE_URL to OpenAlgo's database.",
      { cause },
    );
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
