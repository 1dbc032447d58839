import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBrokerSession } from '../../src/main/auth/broker-session.ts';
import { Fernet } from '../../src/main/auth/fernet.ts';
import { KeyVerifier } from '../../src/main/auth/key-verifier.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { InstrumentTable } from '../../src/main/instruments/instrument-table.ts';
import { readMasterState } from '../../src/main/instruments/master-state.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import {
  createOpenAlgoDatabase,
  FERNET_SALT,
  PEPPER,
  storeInstrument,
  storeKey,
} from '../support/openalgo-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const KEY = 'a key that is good';
const USER = 'steady';
const INFY = { symbol: 'INFY', exchange: 'NSE', brexchange: 'NSE', token: '1594' };
/** What fuzzing may write rows into, and columns that must not repeat. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  api_keys: ['user_id', 'api_key_hash', 'api_key_encrypted'],
  auth: ['name', 'auth', 'feed_token', 'broker', 'user_id', 'is_revoked'],
  symtoken: ['symbol', 'brsymbol', 'exchange', 'brexchange', 'token', 'name', 'lotsize', 'strike'],
  master_contract_status: ['broker', 'status', 'last_updated', 'total_symbols', 'is_ready'],
};

test('whatever stands in other rows, a good key, its session and its instruments are found', async (t) => {
  const path = join(temporaryDirectory(t), 'openalgo.db');
  const writer = createOpenAlgoDatabase(path);
  const fernet = new Fernet(PEPPER, FERNET_SALT);
  storeKey(writer, USER, KEY);
  storeInstrument(writer, INFY);
  writer
    .prepare(
      'INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES (?, ?, ?, ?, ?, 0)',
    )
    .run(USER, fernet.encrypt('token'), fernet.encrypt('feed'), 'angel', 'A1');
  const db = new DatabaseSync(path, { readOnly: true });
  const verifier = new KeyVerifier({ db, pepper: PEPPER, fernet });
  t.after(async () => {
    await verifier.close();
    db.close();
    writer.close();
  });

  const value = fc.oneof(
    fc.constantFrom(
      null,
      '',
      'angel',
      USER,
      'NSE',
      'INFY',
      'success',
      'downloading',
      '__proto__',
      'x'.repeat(3000),
    ),
    fc.constantFrom(0, 1, -1, 2 ** 53, 1.5, Number.POSITIVE_INFINITY, 1e300),
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 50 }),
    fc.string().map((text) => fernet.encrypt(text)),
    fc.constantFrom(
      '$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAA',
      '$argon2id$',
      'gAAAAA==',
      '$argon2i$v=19$m=99999999999',
    ),
  );
  const row = fc
    .constantFrom(...Object.keys(TABLES))
    .chain((table) => fc.tuple(fc.constant(table), fc.array(value, { minLength: 8, maxLength: 8 })));
  let runs = 0;
  let written = 0;
  await fuzz(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
      runs++;
      const before = Object.keys(TABLES).map((table) => {
        const { latest } = writer.prepare(`SELECT coalesce(max(rowid), 0) AS latest FROM ${table}`).get()!;
        return [table, Number(latest)] as const;
      });
      for (const [table, values] of rows) {
        const columns = TABLES[table]!;
        const marks = columns.map(() => '?').join(', ');
        try {
          writer
            .prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`)
            .run(...values.slice(0, columns.length));
          written++;
        } catch {
          // SQLite itself refuses the row: a NULL where there must be none, a name that is there.
        }
      }
      try {
        assert.deepEqual(await verifier.verify(KEY), { userId: USER });
        assert.equal(await verifier.verify('no key at all'), null);
        assert.equal(readBrokerSession(db, fernet, USER).status, 'ok');
        readMasterState(db);
        const [table] = [...InstrumentTable.load(db).values()];
        assert.equal(table!.find('NSE', 'INFY')?.token !== undefined, true);
      } finally {
        for (const [name, latest] of before)
          writer.prepare(`DELETE FROM ${name} WHERE rowid > ?`).run(latest);
      }
    }),
  );
  t.diagnostic(`${runs} databases, ${written} rows`);
});
