import assert from 'node:assert/strict';
import { test } from 'node:test';
import { angelPriceDecimals } from '../../src/codec/angel/frame-layout.ts';
import { angelSegment } from '../../src/codec/angel/segments.ts';
import { DEMO_INSTRUMENTS } from '../../src/main/instruments/demo-instruments.ts';
import { EVERY_BROKER, InstrumentTable } from '../../src/main/instruments/instrument-table.ts';
import { packInstruments } from '../../src/main/instruments/packed-instruments.ts';
import { createOpenAlgoDatabase, storeInstrument } from '../support/openalgo-database.ts';

type Stored = Parameters<typeof storeInstrument>[1];

function tableOf(...rows: Stored[]): InstrumentTable {
  const db = createOpenAlgoDatabase(':memory:');
  for (const row of rows) storeInstrument(db, row);
  const table = InstrumentTable.load(db).get(EVERY_BROKER);
  db.close();
  return table ?? new InstrumentTable(packInstruments([]));
}

function nse(brsymbol: string, token: string): Stored {
  return { symbol: 'X', exchange: 'NSE', brexchange: 'NSE', token, brsymbol };
}

test('an instrument is found by exchange and symbol, exactly as they are written', () => {
  const table = tableOf(
    { symbol: 'RELIANCE', exchange: 'NSE', brexchange: 'NSE', token: '2885', brsymbol: 'RELIANCE-EQ' },
    { symbol: 'RELIANCE', exchange: 'BSE', brexchange: 'BSE', token: '500325' },
    { symbol: 'NIFTY', exchange: 'NSE_INDEX', brexchange: 'NSE', token: '99926000', brsymbol: 'Nifty 50' },
  );
  assert.deepEqual(table.find('NSE', 'RELIANCE'), {
    symbol: 'RELIANCE',
    exchange: 'NSE',
    brexchange: 'NSE',
    token: '2885',
    brsymbol: 'RELIANCE-EQ',
  });
  assert.equal(table.find('BSE', 'RELIANCE')?.token, '500325');
  assert.equal(table.find('NSE_INDEX', 'NIFTY')?.brexchange, 'NSE');
  assert.equal(table.find('NSE', 'reliance'), undefined);
  assert.equal(table.find('MCX', 'RELIANCE'), undefined);
  assert.equal(table.size, 3);
});

test('of several series of one stock the -EQ row wins, wherever it stands', () => {
  assert.equal(tableOf(nse('X-BE', '1'), nse('X-EQ', '2'), nse('X-SG', '3')).find('NSE', 'X')?.token, '2');
  assert.equal(tableOf(nse('X-EQ', '1'), nse('X-BE', '2')).find('NSE', 'X')?.token, '1');
  assert.equal(tableOf(nse('X-EQ', '1'), nse('X-EQ', '2')).find('NSE', 'X')?.token, '1');
});

test('without an -EQ row the one with the lowest id wins', () => {
  const table = tableOf(nse('X-BE', '7'), nse('X-MF', '3'));
  assert.equal(table.find('NSE', 'X')?.token, '7');
  assert.equal(table.size, 1);
});

test('a token keeps its leading zeros', () => {
  assert.equal(tableOf(nse('X-EQ', '0042')).find('NSE', 'X')?.token, '0042');
});

test('a row without token or segment is not found rather than subscribed wrongly', () => {
  const table = tableOf(nse('X-EQ', ''), { ...nse('Y-EQ', '1'), symbol: 'Y', brexchange: '' });
  assert.equal(table.find('NSE', 'X'), undefined);
  assert.equal(table.find('NSE', 'Y'), undefined);
});

test('the moment in which OpenAlgo has emptied the table is an empty table, not an error', () => {
  assert.equal(tableOf().size, 0);
});

test('where the database tells the brokers apart, each has a table of its own', () => {
  const db = createOpenAlgoDatabase(':memory:');
  db.exec("ALTER TABLE symtoken ADD COLUMN broker VARCHAR NOT NULL DEFAULT 'angel'");
  storeInstrument(db, nse('X-EQ', '1'));
  db.exec(`INSERT INTO symtoken (symbol, brsymbol, exchange, brexchange, token, broker)
    VALUES ('X', 'X', 'NSE', 'NSE', '256265::::1001', 'zerodha')`);
  const tables = InstrumentTable.load(db);
  db.close();
  assert.deepEqual([...tables.keys()], ['angel', 'zerodha']);
  assert.equal(tables.get('angel')!.find('NSE', 'X')?.token, '1');
  assert.equal(tables.get('zerodha')!.find('NSE', 'X')?.token, '256265::::1001');
});

test('each Angel segment has its exchange type, and an unknown one none', () => {
  const types = ['NSE', 'NFO', 'BSE', 'BFO', 'MCX', 'NCX', 'NCDEX', 'NCO', 'CDS'].map(angelSegment);
  assert.deepEqual(types, [1, 2, 3, 4, 5, 7, 7, 7, 13]);
  assert.equal(angelSegment('NSE_INDEX'), null);
  assert.equal(angelSegment(''), null);
});

test('demo instruments are unique by name and by segment and token', () => {
  const names = DEMO_INSTRUMENTS.map(({ exchange, symbol }) => `${exchange}:${symbol}`);
  const tokens = DEMO_INSTRUMENTS.map(({ brexchange, token }) => `${angelSegment(brexchange)}:${token}`);
  assert.equal(new Set(names).size, DEMO_INSTRUMENTS.length);
  assert.equal(new Set(tokens).size, DEMO_INSTRUMENTS.length);
});

test('every demo price is a whole number of steps, in a segment that Angel streams', () => {
  for (const { symbol, brexchange, referencePrice, tickPrice } of DEMO_INSTRUMENTS) {
    assert.notEqual(angelSegment(brexchange), null, symbol);
    assert.ok(Number.isSafeInteger(referencePrice) && referencePrice > 0, symbol);
    assert.equal(referencePrice % tickPrice, 0, `${symbol} at ${referencePrice} steps by ${tickPrice}`);
  }
});

test('the demo currency has seven decimals, everything else two', () => {
  const future = DEMO_INSTRUMENTS.find(({ name }) => name === 'USDINR')!;
  const decimals = angelPriceDecimals(angelSegment(future.brexchange)!);
  assert.equal(future.referencePrice / 10 ** decimals, 84.5125);
  const cash = DEMO_INSTRUMENTS.find(({ token }) => token === '500325')!;
  assert.equal(angelPriceDecimals(angelSegment(cash.brexchange)!), 2);
});
