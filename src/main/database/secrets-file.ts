import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { TickwireError } from '../errors.ts';

/** What API keys are hashed and broker tokens are encrypted with. */
export interface Secrets {
  readonly pepper: string;
  /** As in `FERNET_SALT`: hex digits, or null for OpenAlgo's legacy salt. */
  readonly fernetSalt: string | null;
}

const PEPPER_BYTES = 32;
const SALT_BYTES = 16;
const OWNER_ONLY = 0o600;

/**
 * The secrets of the embedded database from the file beside it; makes both on the first start. The caller holds the
 * database's write lock, so that two first starts at once agree on one file.
 *
 * @throws TickwireError DATABASE_UNREADABLE if the file holds no secrets
 */
export function loadOrCreateSecrets(path: string): Secrets {
  if (!existsSync(path)) writeSecrets(path);
  return readSecrets(path);
}

/** The secrets that there are. @throws TickwireError DATABASE_UNREADABLE if the file is not there or holds none */
export function readSecrets(path: string): Secrets {
  if (!existsSync(path)) {
    throw new TickwireError(
      'DATABASE_UNREADABLE',
      `${path} is not there, without which the keys and tokens in the database beside it are lost; bring it back, or move ` +
        'the database away to begin anew with a new demo key.',
    );
  }
  const { API_KEY_PEPPER: pepper, FERNET_SALT: fernetSalt } = parseEnv(readFileSync(path, 'utf8'));
  if (pepper && fernetSalt) return { pepper, fernetSalt };
  throw new TickwireError(
    'DATABASE_UNREADABLE',
    `${path} holds no API_KEY_PEPPER and FERNET_SALT; remove it together with the database beside it to begin anew.`,
  );
}

function writeSecrets(path: string): void {
  const pepper = randomBytes(PEPPER_BYTES).toString('hex');
  const salt = randomBytes(SALT_BYTES).toString('hex');
  const text =
    '# Secrets of the embedded database beside this file; without them its key and tokens are lost.\n' +
    `API_KEY_PEPPER = '${pepper}'\nFERNET_SALT = '${salt}'\n`;
  // Renamed into place, so that a crash leaves no half-written file.
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: OWNER_ONLY });
  renameSync(temporary, path);
}
