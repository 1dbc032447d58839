import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ListRow } from '../../src/codec/instrument-list.ts';
import { convertKiteRow, KITE_INSTRUMENTS } from '../../src/codec/zerodha/instrument-list.ts';

const TODAY = 20260101;
const HEADER =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange';
const ROWS = [
  '408065,1594,INFY,"INFOSYS, LIMITED",0,,0,0.05,1,EQ,NSE,NSE',
  '256265,1001,NIFTY 50,NIFTY 50,0,,0,0,1,EQ,INDICES,NSE',
  '13693186,53489,NIFTY26JAN26000CE,NIFTY,0,2026-01-27,26000.0,0.05,75,CE,NFO-OPT,NFO',
];

/** Reads a text in pieces of `size` bytes. */
function rowsOf(text: string, size = 1000): ListRow[] {
  const rows: ListRow[] = [];
  const reader = KITE_INSTRUMENTS.createReader((row) => rows.push(row));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  return rows;
}

function convert(columns: Readonly<Record<string, string>>) {
  const row = {
    instrument_token: '408065',
    exchange_token: '1594',
    tradingsymbol: 'INFY',
    name: 'INFOSYS',
    expiry: '',
    strike: '0.0',
    tick_size: '0.05',
    lot_size: '1',
    instrument_type: 'EQ',
    segment: 'NSE',
    exchange: 'NSE',
  };
  return convertKiteRow({ ...row, ...columns }, TODAY);
}

function symbolOf(columns: Readonly<Record<string, string>>): string {
  const converted = convert(columns);
  assert.ok(typeof converted === 'object', String(converted));
  return `${converted.exchange}:${converted.symbol}`;
}

describe('the list of instruments', () => {
  test('is read in pieces of any size, with commas, quotes and line ends inside of quotes', () => {
    const odd = '1,0,"A ""B"", C","two\nlines",0,,0,0,1,EQ,NSE,NSE';
    const inch = '2,0,PIPE,5" PIPE,0,,0,0,1,EQ,NSE,NSE';
    const text = `\ufeff${HEADER}\r\n${[...ROWS, odd, inch].join('\r\n')}\r\n`;
    const whole = rowsOf(text);
    assert.equal(whole.length, 5);
    assert.equal(whole[0]?.name, 'INFOSYS, LIMITED');
    assert.deepEqual(
      [whole[3]?.tradingsymbol, whole[3]?.name, whole[3]?.exchange],
      ['A "B", C', 'two\nlines', 'NSE'],
    );
    assert.deepEqual([whole[4]?.name, whole[4]?.exchange], ['5" PIPE', 'NSE']);
    for (let size = 1; size < 40; size++) assert.deepEqual(rowsOf(text, size), whole);
    assert.deepEqual(rowsOf(text.trimEnd()), whole, 'the last line end may be missing');
  });

  test('that is cut, empty or something else is refused', () => {
    assert.throws(() => rowsOf(''), { kind: 'empty' });
    assert.throws(() => rowsOf(`${HEADER}\n`), { kind: 'empty' });
    assert.throws(() => rowsOf(`${HEADER}\n${ROWS[0]}\n408065,15`), { kind: 'cut' });
    assert.throws(() => rowsOf(`${HEADER}\n408065,1594,INFY,"INFO`), { kind: 'cut' });
    assert.throws(() => rowsOf('<html>\nno\n'), { kind: 'not-a-list' });
    assert.throws(() => rowsOf('[{"token":"1"}]'), { kind: 'not-a-list' });
    assert.throws(() => rowsOf(`${HEADER}\n"${'x'.repeat(20_000)}`), { kind: 'not-a-list' });
  });

  test('is asked for with the session that OpenAlgo stored', () => {
    const { headers } = KITE_INSTRUMENTS;
    assert.deepEqual(headers?.({ authToken: 'key:token', apiKey: null }), {
      'X-Kite-Version': '3',
      Authorization: 'token key:token',
    });
    assert.equal(headers?.({ authToken: 'token', apiKey: 'key' }).Authorization, 'token key:token');
    assert.deepEqual(headers?.({ authToken: null, apiKey: 'key' }), { 'X-Kite-Version': '3' });
  });
});

describe('a row', () => {
  test('becomes the row that OpenAlgo makes of it', () => {
    assert.deepEqual(convertKiteRow(rowsOf(`${HEADER}\n${ROWS[2]}\n`)[0]!, TODAY), {
      symbol: 'NIFTY27JAN2626000CE',
      brsymbol: 'NIFTY26JAN26000CE',
      name: 'NIFTY',
      exchange: 'NFO',
      brexchange: 'NFO',
      token: '13693186::::53489',
      expiry: '27-JAN-26',
      strike: 26000,
      lotSize: 75,
      instrumentType: 'CE',
      tickSize: 0.05,
    });
  });

  test('has the symbol that strategies know it by', () => {
    const option = { instrument_type: 'PE', exchange: 'NFO', segment: 'NFO-OPT', expiry: '2026-03-28' };
    assert.equal(symbolOf({ tradingsymbol: 'MARUTI-BE' }), 'NSE:MARUTI-BE');
    assert.equal(symbolOf({ ...option, name: 'ITC', strike: '187.5' }), 'NFO:ITC28MAR26187.5PE');
    assert.equal(symbolOf({ ...option, name: 'NIFTY', instrument_type: 'FUT' }), 'NFO:NIFTY28MAR26FUT');
    const index = (tradingsymbol: string, exchange: string) =>
      symbolOf({ tradingsymbol, exchange, segment: 'INDICES' });
    assert.equal(index('NIFTY BANK', 'NSE'), 'NSE_INDEX:BANKNIFTY');
    assert.equal(index('NIFTY GS 11 15YR', 'NSE'), 'NSE_INDEX:NIFTYGS1115YR');
    assert.equal(index('NIFTY UNKNOWN 7', 'NSE'), 'NSE_INDEX:NIFTY UNKNOWN 7');
    assert.equal(index('SNSX50', 'BSE'), 'BSE_INDEX:SENSEX50');
    assert.equal(index('AUTO', 'BSE'), 'BSE_INDEX:BSEAUTO');
    assert.equal(index('AUTO', 'NSE'), 'NSE_INDEX:AUTO');
    assert.equal(index('BSEPSU', 'BSE'), 'BSE_INDEX:BSEPSU');
    assert.equal(index('OILGAS', 'BSE'), 'BSE_INDEX:BSEOIL&GAS');
    assert.equal(index('MCXBULLDEX', 'MCX'), 'MCX_INDEX:MCXBULLDEX');
    assert.equal(index('GIFT NIFTY', 'NSEIX'), 'GLOBAL_INDEX:GIFTNIFTY');
    assert.equal(
      symbolOf({ tradingsymbol: 'S&P 500', exchange: 'GLOBAL', segment: 'GLOBAL' }),
      'GLOBAL_INDEX:S&P 500',
    );
  });

  test('of a derivative without a name keeps the symbol of Kite', () => {
    const row = { name: '', instrument_type: 'CE', expiry: '2026-03-28', tradingsymbol: 'X26MAR1CE' };
    assert.equal(symbolOf(row), 'NSE:X26MAR1CE');
  });

  test('that is over, foreign or beyond understanding is left out', () => {
    assert.equal(convert({ expiry: '2025-12-31' }), 'expired');
    assert.equal(typeof convert({ expiry: '2026-01-01' }), 'object');
    assert.equal(convert({ exchange: 'MOON' }), 'foreign');
    assert.equal(convert({ exchange: 'NCO', segment: 'INDICES' }), 'foreign');
    for (const columns of [
      { instrument_token: '' },
      { instrument_token: '4294967296' },
      { exchange_token: '' },
      { tradingsymbol: '\0' },
      { expiry: 'soon' },
      { expiry: '2026-13-01' },
      { strike: 'high' },
      { lot_size: '1e3' },
    ]) {
      assert.equal(convert(columns), 'bad', JSON.stringify(columns));
    }
    assert.equal(convertKiteRow({}, TODAY), 'bad');
  });
});
