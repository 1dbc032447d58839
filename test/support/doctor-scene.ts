/** What `tickwire doctor` may find in the directory of an OpenAlgo user of Angel One. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Fernet } from '../../src/main/auth/fernet.ts';
import type { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { createOpenAlgoDatabase, FERNET_SALT, PEPPER, storeKey } from './openalgo-database.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface OpenAlgoScene {
  readonly cwd: string;
  readonly db: DatabaseSync;
}

/** A directory with the database of a user who has a key, and `.env` with its secrets. */
export function openAlgoScene(t: TestContext, lines: readonly string[]): OpenAlgoScene {
  const cwd = temporaryDirectory(t);
  const db = createOpenAlgoDatabase(join(cwd, 'db/openalgo.db'));
  t.after(() => db.close());
  storeKey(db, 'alice', 'key-of-alice');
  const env = [
    'DATABASE_URL=sqlite:///db/openalgo.db',
    'TICKWIRE_BROKER=angel',
    `API_KEY_PEPPER=${PEPPER}`,
    `FERNET_SALT=${FERNET_SALT}`,
    'BROKER_API_KEY=app-key',
    'TICKWIRE_OPENALGO_BUS=off',
    'WEBSOCKET_PORT=0',
    'TICKWIRE_OPS_PORT=none',
  ];
  writeFileSync(join(cwd, '.env'), `${[...env, ...lines].join('\n')}\n`);
  return { cwd, db };
}

/** A token like those of Angel One. @param expiresAt ms since 1970 */
export function jwt(expiresAt: number, issuedAt = Date.now()): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iat: Math.floor(issuedAt / 1000), exp: Math.floor(expiresAt / 1000) };
  return `${part({ alg: 'HS512' })}.${part(claims)}.c2lnbmF0dXJl`;
}

export function storeSession(db: DatabaseSync, token: string): void {
  const fernet = new Fernet(PEPPER, FERNET_SALT);
  db.prepare(
    "INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES ('alice', ?, ?, 'angel', 'A1', 0)",
  ).run(fernet.encrypt(token), fernet.encrypt(token));
}

/** @param ageDays of the list */
export function storeList(db: DatabaseSync, rows: number, ageDays: number): void {
  db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO symtoken (symbol, brsymbol, exchange, brexchange, token)
      SELECT 'S' || i, 'S' || i || '-EQ', 'NSE', 'NSE', i FROM n;
    INSERT INTO master_contract_status (broker, status, last_updated, is_ready)
      VALUES ('angel', 'success', datetime('now', 'localtime', '-${ageDays} days'), 1)`,
  );
}
