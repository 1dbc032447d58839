import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBrokerSession } from '../../src/main/auth/broker-session.ts';
import { matchesKeyHash } from '../../src/main/auth/key-hash.ts';
import { KeyVerifier } from '../../src/main/auth/key-verifier.ts';
import { DEMO_SESSION } from '../../src/main/database/demo-seed.ts';
import { openDatabase } from '../../src/main/database/open-database.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { DEMO_INSTRUMENTS } from '../../src/main/instruments/demo-instruments.ts';
import { EVERY_BROKER, InstrumentTable } from '../../src/main/instruments/instrument-table.ts';
import {
  createOpenAlgoDatabase,
  FERNET_SALT,
  PEPPER,
  storeInstrument,
  storeKey,
} from '../support/openalgo-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const EMBEDDED = { databaseUrl: null, apiKeyPepper: null, fernetSalt: null };
const OPENALGO = { databaseUrl: 'sqlite:///db/openalgo.db', apiKeyPepper: PEPPER, fernetSalt: FERNET_SALT };

function refusal(config: Parameters<typeof openDatabase>[0], cwd: string): TickwireError {
  let refused: unknown;
  try {
    openDatabase(config, cwd).close();
  } catch (error) {
    refused = error;
  }
  assert.ok(refused instanceof TickwireError, `it should have been refused, got ${refused}`);
  return refused;
}

test('the first start creates a database with a key that works, the second start finds the same key', async (t) => {
  const cwd = temporaryDirectory(t);
  const first = openDatabase(EMBEDDED, cwd);
  const key = first.demoKey!;
  assert.match(key, /^[0-9a-f]{64}$/);
  const verifier = new KeyVerifier(first);
  assert.deepEqual(await verifier.verify(key), { userId: 'demo' });
  await verifier.close();
  first.close();

  const second = openDatabase(EMBEDDED, cwd);
  t.after(() => second.close());
  assert.equal(second.demoKey, key);
  const row = second.db.prepare('SELECT api_key_hash FROM api_keys').get();
  assert.equal(await matchesKeyHash(String(row?.api_key_hash), key, second.pepper), true);
});

test('the embedded database has a broker session and all demo instruments', (t) => {
  const database = openDatabase(EMBEDDED, temporaryDirectory(t));
  t.after(() => database.close());
  assert.deepEqual(readBrokerSession(database.db, database.fernet, 'demo'), {
    status: 'ok',
    ...DEMO_SESSION,
  });
  const table = InstrumentTable.load(database.db).get(DEMO_SESSION.broker)!;
  assert.equal(table.size, DEMO_INSTRUMENTS.length);
  assert.equal(table.find('NSE', 'M&M')?.token, '2031');
  assert.equal(table.find('NSE_INDEX', 'NIFTY')?.brsymbol, 'Nifty 50');
  const reliance = database.db
    .prepare("SELECT tick_size FROM symtoken WHERE symbol = 'RELIANCE' AND exchange = 'NSE'")
    .get();
  assert.equal(reliance?.tick_size, 0.1);
});

test('an embedded database of a version that knew one broker only keeps its instruments, as that one’s', (t) => {
  const cwd = temporaryDirectory(t);
  const { path, close } = openDatabase(EMBEDDED, cwd);
  close();
  const db = new DatabaseSync(path);
  db.exec(`DROP INDEX ix_symtoken_broker; ALTER TABLE symtoken DROP COLUMN broker;
    DROP TABLE tickwire_logins; DROP TABLE tickwire_login_attempts`);
  db.close();
  for (let start = 0; start < 2; start++) {
    const database = openDatabase(EMBEDDED, cwd);
    assert.equal(InstrumentTable.load(database.db).get('angel')?.size, DEMO_INSTRUMENTS.length);
    database.db.exec('SELECT refresh_token FROM tickwire_logins');
    database.close();
  }
});

test('only the owner of the embedded database can read it and its secrets', {
  skip: process.platform === 'win32',
}, (t) => {
  const cwd = temporaryDirectory(t);
  openDatabase(EMBEDDED, cwd).close();
  for (const name of ['tickwire.db', 'tickwire.secrets']) {
    assert.equal(statSync(join(cwd, 'db', name)).mode & 0o777, 0o600, name);
  }
});

test('configured secrets are used for the embedded database and no others are made', (t) => {
  const cwd = temporaryDirectory(t);
  const database = openDatabase({ databaseUrl: null, apiKeyPepper: PEPPER, fernetSalt: null }, cwd);
  t.after(() => database.close());
  assert.equal(database.pepper, PEPPER);
  assert.equal(existsSync(join(cwd, 'db', 'tickwire.secrets')), false);
});

test('a first start that was cut short is made up for by the next one', (t) => {
  const cwd = temporaryDirectory(t);
  openDatabase(EMBEDDED, cwd).close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(cwd, 'db', `tickwire.db${suffix}`), { force: true });
  writeFileSync(join(cwd, 'db', 'tickwire.db'), '');
  const database = openDatabase(EMBEDDED, cwd);
  t.after(() => database.close());
  assert.match(database.demoKey!, /^[0-9a-f]{64}$/);
});

test('an embedded database whose secrets were lost is named, instead of a key that does not work', (t) => {
  const cwd = temporaryDirectory(t);
  openDatabase(EMBEDDED, cwd).close();
  rmSync(join(cwd, 'db', 'tickwire.secrets'));
  const error = refusal(EMBEDDED, cwd);
  assert.equal(error.code, 'DATABASE_UNREADABLE');
  assert.match(error.message, /other secrets/);
});

test('a directory that cannot be written is named with what to do', (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  const error = refusal(EMBEDDED, file);
  assert.equal(error.code, 'DATABASE_UNWRITABLE');
  assert.equal(error.exitCode, 78);
  assert.ok(
    error.message.includes(join(file, 'db', 'tickwire.db')) && error.message.includes('DATABASE_URL'),
  );
  assert.ok(error.cause instanceof Error);
});

test("OpenAlgo's own database is read while OpenAlgo has it open, and its changes are seen", async (t) => {
  const cwd = temporaryDirectory(t);
  const writer = createOpenAlgoDatabase(join(cwd, 'db', 'openalgo.db'));
  storeKey(writer, 'alice', 'k'.repeat(64));
  const database = openDatabase(OPENALGO, cwd);
  const verifier = new KeyVerifier(database);
  t.after(async () => {
    await verifier.close();
    database.close();
    writer.close();
  });
  assert.equal(database.demoKey, null);
  assert.deepEqual(await verifier.verify('k'.repeat(64)), { userId: 'alice' });
  const size = () => InstrumentTable.load(database.db).get(EVERY_BROKER)?.size ?? 0;
  assert.equal(size(), 0);
  writer.exec('BEGIN IMMEDIATE');
  storeInstrument(writer, { symbol: 'X', exchange: 'NSE', brexchange: 'NSE', token: '1' });
  assert.equal(size(), 0, 'a writer in a transaction does not hold us up');
  writer.exec('COMMIT');
  assert.equal(size(), 1);
});

test('a given database is never written', (t) => {
  const cwd = temporaryDirectory(t);
  createOpenAlgoDatabase(join(cwd, 'db', 'openalgo.db')).close();
  const database = openDatabase(OPENALGO, cwd);
  t.after(() => database.close());
  assert.throws(() => database.db.exec('INSERT INTO settings (id) VALUES (1)'), /readonly/);
});

test('an absolute DATABASE_URL is read from anywhere', (t) => {
  const path = join(temporaryDirectory(t), 'openalgo.db');
  createOpenAlgoDatabase(path).close();
  const database = openDatabase({ ...OPENALGO, databaseUrl: `sqlite:///${path}` }, '/nonexistent');
  t.after(() => database.close());
  assert.equal(database.path, path);
});

test('a typo in DATABASE_URL is refused and creates no file', (t) => {
  const cwd = temporaryDirectory(t);
  const error = refusal({ ...OPENALGO, databaseUrl: 'sqlite:///db/openalgoo.db' }, cwd);
  assert.equal(error.code, 'DATABASE_NOT_FOUND');
  assert.equal(error.exitCode, 78);
  assert.ok(error.message.includes(join(cwd, 'db', 'openalgoo.db')), error.message);
  assert.equal(existsSync(join(cwd, 'db')), false);
});

test('other databases are refused by name, without their password', (t) => {
  const cwd = temporaryDirectory(t);
  const url = (databaseUrl: string) => refusal({ ...OPENALGO, databaseUrl }, cwd);
  assert.match(url('postgresql+psycopg2://u:hunter2@h/openalgo').message, /PostgreSQL.*not supported yet/);
  for (const databaseUrl of [
    'mysql://u:hunter2@h/x',
    'db/openalgo.db',
    'sqlite://openalgo.db',
    'sqlite:///',
  ]) {
    const error = url(databaseUrl);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.message, /must be sqlite:\/\/\/path/);
    assert.doesNotMatch(error.message, /hunter2/);
  }
});

test('a database without its pepper is refused, since no key could be checked', (t) => {
  const cwd = temporaryDirectory(t);
  createOpenAlgoDatabase(join(cwd, 'db', 'openalgo.db')).close();
  const error = refusal({ ...OPENALGO, apiKeyPepper: null }, cwd);
  assert.equal(error.code, 'CONFIG_INVALID');
  assert.match(error.message, /API_KEY_PEPPER is not set/);
});

test('a file that is no OpenAlgo database is refused with the reason', (t) => {
  const cwd = temporaryDirectory(t);
  const databaseUrl = 'sqlite:///other.db';
  writeFileSync(
    join(cwd, 'other.db'),
    'certainly not a database, and long enough to be taken for one by size'.repeat(20),
  );
  assert.match(refusal({ ...OPENALGO, databaseUrl }, cwd).message, /not a database/);
  writeFileSync(join(cwd, 'other.db'), '');
  const empty = refusal({ ...OPENALGO, databaseUrl }, cwd);
  assert.equal(empty.code, 'DATABASE_UNREADABLE');
  assert.match(empty.message, /no table auth, api_keys, symtoken/);
});
