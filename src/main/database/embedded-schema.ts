/** What the embedded database has beside OpenAlgo's tables. OpenAlgo's own database is never changed. */
import { DEMO_SESSION } from './demo-seed.ts';
import type { DatabaseSync } from './sqlite.ts';

/**
 * `tickwire_logins`: the logins that were made here. Tokens and key are Fernet texts; times are epoch milliseconds.
 * `stopped_with` marks the credentials that the broker has refused, so that no program tries them again.
 * `tickwire_login_attempts`: when a client code was last logged in, by whichever process, for our own limits.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS tickwire_logins (
  name VARCHAR(255) NOT NULL PRIMARY KEY,
  broker VARCHAR(20) NOT NULL,
  client_code VARCHAR(255) NOT NULL,
  api_key TEXT NOT NULL,
  refresh_token TEXT,
  logged_in_at INTEGER NOT NULL,
  stopped_with TEXT
);
CREATE TABLE IF NOT EXISTS tickwire_login_attempts (
  broker VARCHAR(20) NOT NULL,
  client_code VARCHAR(255) NOT NULL,
  began_at INTEGER NOT NULL,
  ended_at INTEGER
);
CREATE INDEX IF NOT EXISTS ix_tickwire_login_attempts ON tickwire_login_attempts (broker, client_code, began_at);
`;

/**
 * Brings an embedded database of any version to this one. Instruments of databases that did not tell the brokers apart
 * are those of the demo session's broker. The caller has begun a transaction.
 */
export function upgradeEmbedded(database: DatabaseSync): void {
  database.exec(TABLES);
  const column = database.prepare("SELECT 1 FROM pragma_table_info('symtoken') WHERE name = 'broker'").get();
  if (column !== undefined) return;
  database.exec(
    `ALTER TABLE symtoken ADD COLUMN broker VARCHAR(20) NOT NULL DEFAULT '${DEMO_SESSION.broker}';
    CREATE INDEX ix_symtoken_broker ON symtoken (broker)`,
  );
}
