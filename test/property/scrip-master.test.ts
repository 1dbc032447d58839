import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { convertScrip } from '../../src/codec/angel/scrip-master.ts';
import { CASH } from '../support/scrip-list.ts';

const TODAY = 20260801;
const COLUMNS = Object.keys(CASH);

const anyRow = fc.dictionary(
  fc.constantFrom(...COLUMNS, 'extra'),
  fc.oneof(
    fc.string(),
    fc.anything(),
    fc.constantFrom('NFO', 'CDS', 'AMXIDX', 'OPTCUR', '28AUG2026', '100.5', 'XCE'),
  ),
);

test('whatever a row holds, it becomes an instrument with all its names or is left out with a reason', () => {
  fc.assert(
    fc.property(anyRow, (row) => {
      const converted = convertScrip(row, TODAY);
      if (typeof converted === 'string') return ['expired', 'foreign', 'bad'].includes(converted);
      const { symbol, brsymbol, exchange, brexchange, token, strike, lotSize, tickSize } = converted;
      const texts = [symbol, brsymbol, exchange, brexchange, token];
      const isNamed = texts.every((text) => text !== '' && !text.includes('\0'));
      return isNamed && [strike, lotSize, tickSize].every(Number.isFinite);
    }),
    { numRuns: 2000 },
  );
});

test('a strike of any number of places is read exactly, and the symbol holds the same number', () => {
  fc.assert(
    fc.property(
      // From a hundredth of a rupee upwards.
      fc.integer({ min: 100_000, max: 999_999_999 }),
      fc.constantFrom(['MCX', 'OPTFUT', 2], ['CDS', 'OPTCUR', 7] as const),
      (digits, [exch_seg, instrumenttype, places]) => {
        const row = { ...CASH, exch_seg, instrumenttype, symbol: 'XCE', name: 'X', expiry: '28AUG2026' };
        const converted = convertScrip({ ...row, strike: `${digits}.000000` }, TODAY);
        assert.ok(typeof converted !== 'string');
        // Scaled back by decimal text, where nothing is rounded.
        assert.equal(Number(`${converted.strike}e${places}`), digits);
        assert.equal(converted.symbol, `X28AUG26${converted.strike}CE`);
      },
    ),
  );
});

test('an instrument never depends on the day unless it has expired', () => {
  fc.assert(
    fc.property(anyRow, fc.integer({ min: 20200101, max: 20991231 }), (row, day) => {
      const today = convertScrip(row, TODAY);
      const other = convertScrip(row, day);
      if (today !== 'expired' && other !== 'expired') assert.deepEqual(other, today);
    }),
  );
});
