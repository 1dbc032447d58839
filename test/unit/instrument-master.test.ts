/** The instruments in memory beside a database that changes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { InstrumentMaster } from '../../src/main/instruments/instrument-master.ts';
import readMaster from '../../src/main/instruments/master-reader.ts';
import { createOpenAlgoDatabase, storeInstrument } from '../support/openalgo-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

interface Scene {
  readonly db: DatabaseSync;
  readonly master: InstrumentMaster;
  /** Checks, and waits until the database was read. */
  check(): Promise<void>;
}

async function startScene(t: TestContext, prepare: (db: DatabaseSync) => void): Promise<Scene> {
  const path = join(temporaryDirectory(t), 'openalgo.db');
  const db = createOpenAlgoDatabase(path);
  prepare(db);
  let loads = 0;
  const load = async () => {
    loads++;
    return readMaster({ path });
  };
  const log = pino({ level: 'silent' });
  const master = await InstrumentMaster.open({ db, load, onReplaced: () => {}, log });
  t.after(async () => {
    await master.stop();
    db.close();
  });
  const check = async () => {
    const before = loads;
    await until('the end of the loading before', () => {
      master.check();
      return loads > before;
    });
    // What was loaded is taken over in the same turn or the next.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { db, master, check };
}

function store(db: DatabaseSync, symbols: readonly string[], broker?: string): void {
  for (const symbol of symbols) {
    storeInstrument(db, { symbol, exchange: 'NSE', brexchange: 'NSE', token: symbol });
    if (broker !== undefined)
      db.prepare('UPDATE symtoken SET broker = ? WHERE symbol = ?').run(broker, symbol);
  }
}

function storeStatus(db: DatabaseSync, broker: string, time: string): void {
  db.prepare(
    "INSERT OR REPLACE INTO master_contract_status (broker, status, last_updated) VALUES (?, 'success', ?)",
  ).run(broker, time);
}

test('OpenAlgo’s own table serves every broker', async (t) => {
  const { master } = await startScene(t, (db) => store(db, ['A']));
  assert.equal(master.table('angel').size, 1);
  assert.equal(master.table('zerodha').find('NSE', 'A')?.token, 'A');
});

test('OpenAlgo’s table after a change of the broker is taken over however small it is', async (t) => {
  const { db, master, check } = await startScene(t, (db) => {
    store(db, ['A', 'B', 'C', 'D']);
    storeStatus(db, 'angel', '2026-11-20 08:00:00');
  });
  db.exec('DELETE FROM symtoken');
  store(db, ['K']);
  await check();
  assert.equal(master.refused, 1);
  assert.equal(master.table('angel').size, 4);
  storeStatus(db, 'zerodha', '2026-11-21 08:00:00');
  await check();
  assert.deepEqual([master.table('zerodha').size, master.table('zerodha').find('NSE', 'K')?.token], [1, 'K']);
});

test('the table of one broker stays what it is while that of another is replaced or broken', async (t) => {
  const { db, master, check } = await startScene(t, (db) => {
    db.exec("ALTER TABLE symtoken ADD COLUMN broker VARCHAR NOT NULL DEFAULT 'angel'");
    store(db, ['A', 'B', 'C', 'D']);
    store(db, ['K', 'L', 'M'], 'zerodha');
  });
  assert.deepEqual([master.table('angel').size, master.table('zerodha').size, master.size], [4, 3, 7]);
  db.exec("DELETE FROM symtoken WHERE symbol IN ('L', 'M')");
  store(db, ['E']);
  await check();
  assert.deepEqual([master.table('angel').size, master.table('zerodha').size], [5, 3]);
  db.exec("DELETE FROM symtoken WHERE broker = 'zerodha'");
  await check();
  assert.deepEqual([master.table('angel').size, master.table('zerodha').size], [5, 3]);
  assert.equal(master.table('upstox').size, 0);
});
