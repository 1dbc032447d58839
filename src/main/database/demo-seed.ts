/** What the embedded database is filled with on its first start. */
import { angelPriceDecimals } from '../../codec/angel/frame-layout.ts';
import { angelSegment } from '../../codec/angel/segments.ts';
import type { Fernet } from '../auth/fernet.ts';
import { DEMO_INSTRUMENTS, type DemoInstrument } from '../instruments/demo-instruments.ts';
import { insertUser } from './insert-user.ts';
import { OPENALGO_SCHEMA } from './openalgo-schema.ts';
import type { DatabaseSync } from './sqlite.ts';

export const DEMO_USER = 'demo';
/** Tokens of the demo user's broker session. The simulated exchange takes them; the real broker refuses them. */
export const DEMO_SESSION = {
  broker: 'angel',
  authToken: 'DEMO.AUTH.TOKEN',
  feedToken: 'DEMO.FEED.TOKEN',
  clientCode: 'DEMO01',
} as const;

/** Creates the tables and the demo user with a fresh API key. The caller has begun a transaction. */
export function seedDemo(database: DatabaseSync, pepper: string, fernet: Fernet): void {
  database.exec(OPENALGO_SCHEMA);
  insertUser(database, DEMO_USER, pepper, fernet);
  database.exec('INSERT INTO settings (id) VALUES (1)');
  insertSession(database, fernet);
  insertInstruments(database);
}

function insertSession(database: DatabaseSync, fernet: Fernet): void {
  const { broker, authToken, feedToken, clientCode } = DEMO_SESSION;
  database
    .prepare(
      'INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES (?, ?, ?, ?, ?, 0)',
    )
    .run(DEMO_USER, fernet.encrypt(authToken), fernet.encrypt(feedToken), broker, clientCode);
}

function insertInstruments(database: DatabaseSync): void {
  const insert = database.prepare(
    `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token, expiry, strike, lotsize, instrumenttype,
      tick_size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const row of DEMO_INSTRUMENTS) {
    insert.run(
      row.symbol,
      row.brsymbol,
      row.name,
      row.exchange,
      row.brexchange,
      row.token,
      row.expiry,
      row.strike,
      row.lotSize,
      row.instrumentType,
      tickRupees(row),
    );
  }
  database
    .prepare(
      `INSERT INTO master_contract_status (broker, status, message, last_updated, total_symbols, is_ready,
        last_download_time, download_date) VALUES (?, 'success', 'Demo instruments', CURRENT_TIMESTAMP, ?, 1,
        CURRENT_TIMESTAMP, CURRENT_DATE)`,
    )
    .run(DEMO_SESSION.broker, String(DEMO_INSTRUMENTS.length));
}

/** The step of an index is 0 in Angel's list. */
function tickRupees(row: DemoInstrument): number {
  if (row.instrumentType === 'AMXIDX') return 0;
  return row.tickPrice / 10 ** angelPriceDecimals(angelSegment(row.brexchange) ?? 0);
}
