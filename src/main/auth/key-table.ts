import { createHash } from 'node:crypto';
import { prepareForeign, textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import type { Fernet } from './fernet.ts';

/** One row of `api_keys`. */
export interface StoredKey {
  /** OpenAlgo user name. */
  readonly userId: string;
  /** Argon2id, a PHC string. */
  readonly hash: string;
  /** SHA-256 of the key, from its encrypted copy; null if that cannot be decrypted. */
  readonly digest: Buffer | null;
}

/** All rows at one moment. */
export interface StoredKeys {
  readonly keys: readonly StoredKey[];
  /** Changes when a row is added, removed or replaced. */
  readonly fingerprint: string;
}

const SELECT_KEYS = 'SELECT user_id, api_key_hash, api_key_encrypted FROM api_keys ORDER BY id';

export function digestKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** The stored API keys, read anew whenever another connection has written to the database. */
export class KeyTable {
  readonly #db: DatabaseSync;
  readonly #fernet: Fernet;
  #dataVersion: unknown = null;
  #current: StoredKeys = { keys: [], fingerprint: '' };

  constructor(db: DatabaseSync, fernet: Fernet) {
    this.#db = db;
    this.#fernet = fernet;
  }

  read(): StoredKeys {
    const dataVersion = this.#db.prepare('PRAGMA data_version').get()?.data_version;
    if (dataVersion === this.#dataVersion) return this.#current;
    const keys = prepareForeign(this.#db, SELECT_KEYS)
      .all()
      .map((row) => {
        const plain = this.#fernet.decrypt(textColumn(row, 'api_key_encrypted'));
        return {
          userId: textColumn(row, 'user_id'),
          hash: textColumn(row, 'api_key_hash'),
          digest: plain ? digestKey(plain) : null,
        };
      });
    this.#current = { keys, fingerprint: JSON.stringify(keys.map(({ userId, hash }) => [userId, hash])) };
    // Taken before the rows: a write in between only means one more reading.
    this.#dataVersion = dataVersion;
    return this.#current;
  }
}
