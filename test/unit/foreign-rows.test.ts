/** Rows that others wrote, and that no program of ours would write: one of them must not take the others along. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readBrokerSession } from '../../src/main/auth/broker-session.ts';
import { Fernet } from '../../src/main/auth/fernet.ts';
import { KeyTable } from '../../src/main/auth/key-table.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { InstrumentTable } from '../../src/main/instruments/instrument-table.ts';
import { readMasterState } from '../../src/main/instruments/master-state.ts';
import {
  createOpenAlgoDatabase,
  FERNET_SALT,
  PEPPER,
  storeInstrument,
} from '../support/openalgo-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A JavaScript number does not hold it. */
const LARGE = 2n ** 60n;
const TEXT = String(LARGE);

function databaseWith(t: TestContext, write: (db: DatabaseSync) => void): DatabaseSync {
  const path = join(temporaryDirectory(t), 'openalgo.db');
  const writer = createOpenAlgoDatabase(path);
  write(writer);
  writer.close();
  const db = new DatabaseSync(path, { readOnly: true });
  t.after(() => db.close());
  return db;
}

test('an integer beyond what JavaScript counts exactly, in a row of one user, shuts out no other user', (t) => {
  const fernet = new Fernet(PEPPER, FERNET_SALT);
  const db = databaseWith(t, (writer) => {
    const insertKey = writer.prepare(
      'INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)',
    );
    insertKey.run('steady', 'hash', fernet.encrypt('key'));
    insertKey.run(Buffer.from('odd'), LARGE, LARGE);
    const insertSession = writer.prepare(
      'INSERT INTO auth (name, auth, broker, user_id, is_revoked) VALUES (?, ?, ?, ?, ?)',
    );
    insertSession.run('odd', fernet.encrypt('token'), 'angel', LARGE, 0);
    insertSession.run('left', fernet.encrypt('token'), 'angel', 'A1', 1);
  });
  assert.deepEqual(
    new KeyTable(db, fernet).read().keys.map(({ userId, hash }) => [userId, hash]),
    [
      ['steady', 'hash'],
      ['111,100,100', TEXT],
    ],
  );
  const session = readBrokerSession(db, fernet, 'odd');
  assert.equal(session.status === 'ok' && session.clientCode, TEXT);
  assert.equal(readBrokerSession(db, fernet, 'left').status, 'none');
});

test('an integer beyond what JavaScript counts exactly, in one instrument or in the status of one broker, hides no other', (t) => {
  const db = databaseWith(t, (writer) => {
    storeInstrument(writer, { symbol: 'INFY', exchange: 'NSE', brexchange: 'NSE', token: '1594' });
    writer
      .prepare('INSERT INTO symtoken (symbol, brsymbol, exchange, brexchange, token) VALUES (?, ?, ?, ?, ?)')
      .run('BIG', Buffer.from('BIG'), 'NSE', 'NSE', Buffer.from([1]));
    writer
      .prepare(
        "INSERT INTO symtoken (id, symbol, brsymbol, exchange, brexchange, token) VALUES (?, 'LAST', '', 'NSE', 'NSE', '7')",
      )
      .run(LARGE);
    writer
      .prepare(
        "INSERT INTO master_contract_status (broker, status, total_symbols, last_updated) VALUES ('angel', 'success', ?, '2026')",
      )
      .run(Buffer.from([0]));
    writer.prepare('UPDATE master_contract_status SET is_ready = ?').run(LARGE);
  });
  const table = [...InstrumentTable.load(db).values()][0]!;
  for (const symbol of ['INFY', 'BIG', 'LAST']) assert.ok(table.find('NSE', symbol), symbol);
  const state = readMasterState(db);
  assert.equal(state.broker, 'angel');
  assert.ok(state.mark.includes(TEXT));
});
