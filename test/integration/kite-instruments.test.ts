/** Kite's instrument list on its way into the embedded database, and instruments of it found by clients' names. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { BROKERS } from '../../src/main/brokers/broker-registry.ts';
import { openDatabase } from '../../src/main/database/open-database.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { InstrumentTable } from '../../src/main/instruments/instrument-table.ts';
import { DOWNLOAD_LIMITS } from '../../src/main/instruments/list-download.ts';
import { ListFiles } from '../../src/main/instruments/list-files.ts';
import { refreshList } from '../../src/main/instruments/list-refresh.ts';
import { packed, startListServer } from '../support/list-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const HEADER =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange';

function listText(): string {
  const rows = [
    '408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE',
    '256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE',
    '265,1,SENSEX,SENSEX,0,,0,0,0,EQ,INDICES,BSE',
    '128083204,500325,RELIANCE,"RELIANCE INDUSTRIES, LTD",0,,0,0.05,1,EQ,BSE,BSE',
    '13693186,53489,NIFTY99JAN26000CE,NIFTY,0,2099-01-27,26000,0.05,75,CE,NFO-OPT,NFO',
    '315907,1234,USDINR99JANFUT,USDINR,0,2099-01-27,0,0.0025,1,FUT,CDS-FUT,CDS',
    '513,2,OVER,OVER,0,2001-01-01,0,0.05,1,FUT,NFO-FUT,NFO',
    ...Array.from(
      { length: 1000 },
      (_, i) => `${(i + 5000) * 256 + 1},${i + 5000},SHARE${i},SHARE,0,,0,0.05,1,EQ,NSE,NSE`,
    ),
  ];
  return `${HEADER}\n${rows.join('\n')}\n`;
}

test("a user's list is downloaded with the session's tokens, and its instruments are found beside Angel's", async (t) => {
  const cwd = temporaryDirectory(t);
  const opened = openDatabase({ databaseUrl: null, apiKeyPepper: null, fernetSalt: null }, cwd);
  opened.close();
  const server = await startListServer(t, packed(listText(), true));
  const db = new DatabaseSync(opened.path);
  t.after(() => db.close());
  const source = BROKERS.get('zerodha')?.instruments;
  assert.ok(source);
  const outcome = await refreshList(db, new ListFiles(join(cwd, 'lists'), 'zerodha'), {
    broker: 'zerodha',
    source,
    from: [server.url],
    headers: source.headers?.({ authToken: 'key:token', apiKey: null }) ?? {},
    allowShrunken: false,
    retryWaitsMs: [],
    limits: DOWNLOAD_LIMITS,
    onProgress: () => {},
  });
  assert.equal(server.requests[0]?.headers.authorization, 'token key:token');
  assert.equal(server.requests[0]?.headers['x-kite-version'], '3');
  assert.ok(outcome.status === 'stored');
  assert.deepEqual([outcome.rows, outcome.leftOut], [1006, { expired: 1, foreign: 0, bad: 0 }]);

  const tables = InstrumentTable.load(db);
  assert.equal(tables.get('angel')?.find('NSE', 'INFY')?.token, '1594');
  const addressOf = (exchange: string, symbol: string) => {
    const row = tables.get('zerodha')?.find(exchange, symbol);
    return row === undefined ? undefined : BROKERS.get('zerodha')?.resolve(row);
  };
  assert.deepEqual(addressOf('NSE', 'INFY'), { segment: 1, token: '408065' });
  assert.deepEqual(addressOf('NSE_INDEX', 'NIFTY'), { segment: 9, token: '256265' });
  assert.deepEqual(addressOf('BSE', 'RELIANCE'), { segment: 4, token: '128083204' });
  assert.deepEqual(addressOf('NFO', 'NIFTY27JAN9926000CE'), { segment: 2, token: '13693186' });
  assert.deepEqual(addressOf('CDS', 'USDINR27JAN99FUT'), { segment: 3, token: '315907' });
});
