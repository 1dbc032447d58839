import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertScrip } from '../../src/codec/angel/scrip-master.ts';
import type { ListedInstrument } from '../../src/codec/instrument-list.ts';
import { CASH, type Scrip } from '../support/scrip-list.ts';

const TODAY = 20260801;

function convert(row: Partial<Scrip>) {
  return convertScrip({ ...CASH, ...row }, TODAY);
}

function listed(row: Partial<Scrip>): ListedInstrument {
  const converted = convert(row);
  assert.ok(typeof converted !== 'string', `left out as ${String(converted)}`);
  return converted;
}

const OPTION: Partial<Scrip> = {
  token: '54786',
  symbol: 'NIFTY28AUG2625000CE',
  name: 'NIFTY',
  expiry: '28AUG2026',
  strike: '2500000.000000',
  lotsize: '75',
  instrumenttype: 'OPTIDX',
  exch_seg: 'NFO',
  tick_size: '5.000000',
};

const index = (symbol: string, exch_seg: string, token: string, name: string): Partial<Scrip> => ({
  symbol,
  token,
  name,
  exch_seg,
  instrumenttype: 'AMXIDX',
  strike: '0.000000',
  tick_size: '0.000000',
});

/** Angel's row; then OpenAlgo's symbol, exchange, expiry, strike, lot size, type and tick size. */
const EXAMPLES: readonly (readonly [
  Partial<Scrip>,
  readonly [string, string, string, number, number, string, number],
])[] = [
  [{}, ['RELIANCE', 'NSE', '', -0.01, 1, '', 0.1]],
  [{ symbol: 'M&M-EQ', name: 'M&M', token: '2031' }, ['M&M', 'NSE', '', -0.01, 1, '', 0.1]],
  [
    { symbol: 'RELIANCE', exch_seg: 'BSE', token: '500325', tick_size: '5.000000' },
    ['RELIANCE', 'BSE', '', -0.01, 1, '', 0.05],
  ],
  [index('Nifty 50', 'NSE', '99926000', 'NIFTY'), ['NIFTY', 'NSE_INDEX', '', 0, 1, 'AMXIDX', 0]],
  [index('Nifty Bank', 'NSE', '99926009', 'BANKNIFTY'), ['BANKNIFTY', 'NSE_INDEX', '', 0, 1, 'AMXIDX', 0]],
  [index('SENSEX', 'BSE', '99919000', 'SENSEX'), ['SENSEX', 'BSE_INDEX', '', 0, 1, 'AMXIDX', 0]],
  [OPTION, ['NIFTY28AUG2625000CE', 'NFO', '28-AUG-26', 25_000, 75, 'CE', 0.05]],
  [
    {
      ...OPTION,
      symbol: 'SENSEX26AUG80000PE',
      name: 'SENSEX',
      token: '812345',
      expiry: '27AUG2026',
      strike: '8000000.000000',
      lotsize: '20',
      exch_seg: 'BFO',
    },
    ['SENSEX27AUG2680000PE', 'BFO', '27-AUG-26', 80_000, 20, 'PE', 0.05],
  ],
  [
    {
      ...CASH,
      symbol: 'GOLDPETAL31AUG26',
      name: 'GOLDPETAL',
      token: '445678',
      expiry: '31AUG2026',
      instrumenttype: 'FUTCOM',
      exch_seg: 'MCX',
      tick_size: '100.000000',
    },
    ['GOLDPETAL31AUG26FUT', 'MCX', '31-AUG-26', -0.01, 1, 'FUT', 1],
  ],
  [
    {
      ...CASH,
      symbol: 'USDINR26AUGFUT',
      name: 'USDINR',
      token: '1234',
      expiry: '28AUG2026',
      lotsize: '1000',
      instrumenttype: 'FUTCUR',
      exch_seg: 'CDS',
      tick_size: '25000.000000',
    },
    ['USDINR28AUG26FUT', 'CDS', '28-AUG-26', -0.01, 1000, 'FUT', 250],
  ],
];

for (const [row, [symbol, exchange, expiry, strike, lotSize, instrumentType, tickSize]] of EXAMPLES) {
  const { symbol: brsymbol, exch_seg: brexchange, token, name } = { ...CASH, ...row };
  test(`Angel's ${brsymbol} on ${brexchange} is ${symbol} on ${exchange}, as strategies written for OpenAlgo name it`, () => {
    assert.deepEqual(listed(row), {
      symbol,
      brsymbol,
      name,
      exchange,
      brexchange,
      token,
      expiry,
      strike,
      lotSize,
      instrumentType,
      tickSize,
    });
  });
}

test('cash loses the suffix of its series, wherever it stands, and no other', () => {
  const symbols = ['X-EQ', 'X-BE', 'X-MF', 'X-SG', 'X-BL', 'BAJAJ-AUTO-EQ', 'X-EQ-N1', 'X'];
  assert.deepEqual(
    symbols.map((symbol) => listed({ symbol }).symbol),
    ['X', 'X', 'X', 'X', 'X-BL', 'BAJAJ-AUTO', 'X-N1', 'X'],
  );
});

test('indices have the names of OpenAlgo', () => {
  const name = (symbol: string, segment: string) => listed(index(symbol, segment, '1', '')).symbol;
  const nse = ['Nifty Fin Service', 'Nifty Next 50', 'NIFTY MID SELECT', 'NIFTY MIDCAP SELECT', 'India VIX'];
  assert.deepEqual(
    nse.map((symbol) => name(symbol, 'NSE')),
    ['FINNIFTY', 'NIFTYNXT50', 'MIDCPNIFTY', 'MIDCPNIFTY', 'INDIAVIX'],
  );
  assert.equal(name('Nifty GS 10Yr-Cln', 'NSE'), 'NIFTYGS10YRCLN');
  assert.deepEqual(
    ['SNSX50', 'S&P BSE Bharat 22', 'BANKEX'].map((symbol) => name(symbol, 'BSE')),
    ['SENSEX50', 'BSEBHARAT22', 'BANKEX'],
  );
  assert.deepEqual(
    [listed(index('MCXBULLDEX', 'MCX', '1', '')).exchange, name('MCXBULLDEX', 'MCX')],
    ['MCX_INDEX', 'MCXBULLDEX'],
  );
});

test('strikes are exact: currencies have seven places, others two, and a half is written out', () => {
  const currency = { ...OPTION, symbol: 'USDINR28AUG2684.5CE', name: 'USDINR', exch_seg: 'CDS' };
  const usd = listed({ ...currency, instrumenttype: 'OPTCUR', strike: '845000000.000000' });
  assert.deepEqual([usd.strike, usd.symbol], [84.5, 'USDINR28AUG2684.5CE']);
  const rate = listed({ ...currency, instrumenttype: 'OPTIRC', strike: '842500000.000000' });
  assert.equal(rate.strike, 84.25);
  const commodity = {
    ...OPTION,
    symbol: 'X25AUG187.5PE',
    name: 'X',
    exch_seg: 'MCX',
    instrumenttype: 'OPTFUT',
  };
  assert.equal(listed({ ...commodity, strike: '18750.000000' }).symbol, 'X28AUG26187.5PE');
  assert.equal(listed({ ...commodity, strike: '11010.000000' }).strike, 110.1);
});

test('a contract is kept on the day it expires and left out on the next', () => {
  assert.equal(typeof convert({ ...OPTION, expiry: '01AUG2026' }), 'object');
  assert.equal(convert({ ...OPTION, expiry: '31JUL2026' }), 'expired');
  assert.equal(convert({ ...OPTION, expiry: '30DEC2025' }), 'expired');
});

test('blanks around a text and numbers in place of texts are understood', () => {
  const row = { ...CASH, token: 2885, symbol: ' RELIANCE-EQ ', lotsize: 1, strike: -1, tick_size: 10 };
  assert.deepEqual(convertScrip(row, TODAY), listed({}));
});

test('a token keeps its leading zeros', () => {
  assert.equal(listed({ token: '0042' }).token, '0042');
});

test('what cannot be understood is left out, never guessed', () => {
  const bad: readonly Partial<Record<keyof Scrip, unknown>>[] = [
    { token: '' },
    { symbol: ' ' },
    { exch_seg: '' },
    { symbol: '-EQ' },
    { token: 'a\0b' },
    { strike: 'high' },
    { lotsize: '1e3' },
    { tick_size: null, strike: '0x1' },
    { ...OPTION, expiry: '' },
    { ...OPTION, expiry: '28AUGUST2026' },
    { ...OPTION, expiry: '28XXX2026' },
    { ...OPTION, expiry: '99AUG2026' },
    { ...OPTION, strike: '-1.000000' },
    { ...OPTION, symbol: 'NIFTY28AUG2625000' },
    { ...OPTION, exch_seg: 'BFO', name: '' },
  ];
  for (const row of bad) assert.equal(convertScrip({ ...CASH, ...row }, TODAY), 'bad', JSON.stringify(row));
  assert.equal(convert({ exch_seg: 'NYSE' }), 'foreign');
});
