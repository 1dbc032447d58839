/** Instrument lists in Angel's form, of any length. */
import { DEMO_INSTRUMENTS } from '../../src/main/instruments/demo-instruments.ts';

export interface Scrip {
  token: string;
  symbol: string;
  name: string;
  expiry: string;
  strike: string;
  lotsize: string;
  instrumenttype: string;
  exch_seg: string;
  tick_size: string;
}

export const CASH: Scrip = {
  token: '2885',
  symbol: 'RELIANCE-EQ',
  name: 'RELIANCE',
  expiry: '',
  strike: '-1.000000',
  lotsize: '1',
  instrumenttype: '',
  exch_seg: 'NSE',
  tick_size: '10.000000',
};

/** A contract that does not expire in the life of this program. */
const FAR_EXPIRY = '28AUG2098';

function option(i: number): Scrip {
  const strike = 10_000 + i;
  const side = i % 2 === 0 ? 'CE' : 'PE';
  return {
    token: String(1_000_000 + i),
    symbol: `NIFTY28AUG98${strike}${side}`,
    name: 'NIFTY',
    expiry: FAR_EXPIRY,
    strike: `${strike}00.000000`,
    lotsize: '75',
    instrumenttype: 'OPTIDX',
    exch_seg: 'NFO',
    tick_size: '5.000000',
  };
}

/** The cash instruments of the demo, so that what is subscribed in a test is in every list. */
const DEMO_CASH = DEMO_INSTRUMENTS.filter(({ instrumentType }) => instrumentType === '').map(
  ({ token, brsymbol, name, brexchange }): Scrip => ({
    ...CASH,
    token,
    symbol: brsymbol,
    name,
    exch_seg: brexchange,
  }),
);

/** Rows of a good list: every wanted exchange, filled up with options. @param length not less than 60 */
export function scrips(length: number): Scrip[] {
  return [...DEMO_CASH, ...Array.from({ length: length - DEMO_CASH.length }, (_, i) => option(i))];
}

export function listText(rows: readonly object[]): string {
  return JSON.stringify(rows);
}
