import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fernet } from '../../src/main/auth/fernet.ts';
import { hashKey } from '../../src/main/auth/key-hash.ts';
import { OPENALGO_SCHEMA } from '../../src/main/database/openalgo-schema.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';

export const PEPPER = '0123456789abcdef'.repeat(4);
export const FERNET_SALT = '00112233445566778899aabbccddeeff';

/** An OpenAlgo database at `path` as OpenAlgo would have written it, without rows, still open for its writer. */
export function createOpenAlgoDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL; ${OPENALGO_SCHEMA}`);
  return db;
}

/** Writes or replaces a user's API key. Without `encrypted` it is encrypted under the test's pepper and salt. */
export function storeKey(db: DatabaseSync, userId: string, key: string, encrypted?: string): void {
  db.prepare('DELETE FROM api_keys WHERE user_id = ?').run(userId);
  db.prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)').run(
    userId,
    hashKey(key, PEPPER),
    encrypted ?? new Fernet(PEPPER, FERNET_SALT).encrypt(key),
  );
}

/** Writes an instrument; the broker's name of it is its symbol unless another is given. */
export function storeInstrument(
  db: DatabaseSync,
  row: { symbol: string; exchange: string; brexchange: string; token: string; brsymbol?: string },
): void {
  db.prepare(
    'INSERT INTO symtoken (symbol, brsymbol, exchange, brexchange, token) VALUES (?, ?, ?, ?, ?)',
  ).run(row.symbol, row.brsymbol ?? row.symbol, row.exchange, row.brexchange, row.token);
}
