import { randomBytes } from 'node:crypto';
import type { Fernet } from '../auth/fernet.ts';
import { hashKey } from '../auth/key-hash.ts';
import type { DatabaseSync } from './sqlite.ts';

const KEY_BYTES = 32;

/** Adds a user with a fresh API key to the embedded database. The caller has begun a transaction. @returns the key */
export function insertUser(database: DatabaseSync, name: string, pepper: string, fernet: Fernet): string {
  const apiKey = randomBytes(KEY_BYTES).toString('hex');
  database
    .prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)')
    .run(name, hashKey(apiKey, pepper), fernet.encrypt(apiKey));
  // Nobody knows the password: there is no page to log in on.
  const password = randomBytes(KEY_BYTES).toString('hex');
  database
    .prepare(
      `INSERT INTO users (username, email, password_hash, totp_secret, is_admin, totp_enabled, totp_required_for_login,
        totp_required_for_mcp, totp_required_for_password_reset) VALUES (?, ?, ?, NULL, 1, 0, 0, 0, 0)`,
    )
    .run(name, `${name}@localhost`, hashKey(password, pepper));
  return apiKey;
}
