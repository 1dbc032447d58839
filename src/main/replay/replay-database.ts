/** The database of a replay: a demo user with a key, logged in at the recording's broker, and its instruments. */
import type { RecordedInstrument } from '../../codec/recording/recorded-wishes.ts';
import { hashKey } from '../auth/key-hash.ts';
import type { BrokerRow } from '../brokers/broker-registry.ts';
import { openOwnDatabase } from '../database/own-database.ts';

/** What a replay takes of the configuration's database: nothing. */
export const NO_DATABASE = { databaseUrl: null, apiKeyPepper: null } as const;

/**
 * Makes the embedded database in `directory`.
 * @param fernetSalt of the configuration, which the embedded database is encrypted with
 * @param key that clients authenticate with, null for a random one
 */
export function createReplayDatabase(
  directory: string,
  fernetSalt: string | null,
  broker: string,
  instruments: readonly RecordedInstrument[],
  key: string | null,
): void {
  const { db, pepper, fernet } = openOwnDatabase({ ...NO_DATABASE, fernetSalt }, directory, 'a replay is');
  try {
    db.exec('BEGIN');
    db.exec('DELETE FROM symtoken');
    db.prepare('UPDATE auth SET broker = ?').run(broker);
    db.prepare('UPDATE master_contract_status SET broker = ?').run(broker);
    const insert = db.prepare(
      `INSERT INTO symtoken (broker, symbol, brsymbol, name, exchange, brexchange, token, expiry, strike, lotsize,
        instrumenttype, tick_size) VALUES (?, ?, ?, ?, ?, ?, ?, '', -1, 1, '', 0)`,
    );
    for (const { exchange, symbol, segment, token } of instruments) {
      insert.run(broker, symbol, symbol, symbol, exchange, String(segment), token);
    }
    if (key !== null) {
      db.prepare('UPDATE api_keys SET api_key_hash = ?, api_key_encrypted = ?').run(
        hashKey(key, pepper),
        fernet.encrypt(key),
      );
    }
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

/** The broker's row for a recording: its instruments are addressed as its feed did, and its quotas bind nobody. */
export function replayedBroker(row: BrokerRow): BrokerRow {
  const unlimited = Number.MAX_SAFE_INTEGER;
  return {
    ...row,
    quota: { maxConnections: 1, maxPairs: unlimited, maxDeepPairs: unlimited },
    resolve: ({ brexchange, token }) => ({ segment: Number(brexchange), token }),
    credentials: () => ({ authToken: 'replay', feedToken: 'replay', apiKey: 'replay', clientCode: 'replay' }),
  };
}
