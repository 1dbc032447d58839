/**
 * The instruments of the embedded database, which are also those of the simulated exchange. Cash and index tokens are
 * Angel's own, so that a strategy tried here finds the same instruments at the broker; those of derivatives are made up,
 * since the real ones change with every contract.
 */
import type { ListedInstrument } from '../../codec/instrument-list.ts';

/** `strike` is -0.01 where there is none, 0 for indices, as Angel's instrument list has it. */
export interface DemoInstrument extends Omit<ListedInstrument, 'tickSize'> {
  /** Smallest step of the price in units of the wire: paise, for currencies 10^-7 rupees. Indices move by a paisa. */
  readonly tickPrice: number;
  /** Where the simulated price starts and what it wanders around, in units of the wire. */
  readonly referencePrice: number;
}

const NO_STRIKE = -0.01;

/** Symbol, token and reference price in paise of the NIFTY 50 stocks on NSE. */
const NSE_STOCKS: readonly (readonly [string, string, number])[] = [
  ['ADANIENT', '25', 242350],
  ['ADANIPORTS', '15083', 145020],
  ['APOLLOHOSP', '157', 742450],
  ['ASIANPAINT', '236', 251740],
  ['AXISBANK', '5900', 117390],
  ['BAJAJ-AUTO', '16669', 891250],
  ['BAJAJFINSV', '16675', 204180],
  ['BAJFINANCE', '317', 102130],
  ['BEL', '383', 40235],
  ['BHARTIARTL', '10604', 194560],
  ['CIPLA', '694', 155870],
  ['COALINDIA', '20374', 38965],
  ['DRREDDY', '881', 125640],
  ['EICHERMOT', '910', 692150],
  ['ETERNAL', '5097', 33245],
  ['GRASIM', '1232', 284610],
  ['HCLTECH', '7229', 149830],
  ['HDFCBANK', '1333', 98975],
  ['HDFCLIFE', '467', 75630],
  ['HINDALCO', '1363', 77855],
  ['HINDUNILVR', '1394', 250940],
  ['ICICIBANK', '4963', 137280],
  ['INDIGO', '11195', 574950],
  ['INFY', '1594', 147610],
  ['ITC', '1660', 40780],
  ['JIOFIN', '18143', 30615],
  ['JSWSTEEL', '11723', 114570],
  ['KOTAKBANK', '1922', 210350],
  ['LT', '11483', 388920],
  ['M&M', '2031', 357840],
  ['MARUTI', '10999', 1587400],
  ['MAXHEALTH', '22377', 114260],
  ['NESTLEIND', '17963', 118720],
  ['NTPC', '11630', 33490],
  ['ONGC', '2475', 24736],
  ['POWERGRID', '14977', 28715],
  ['RELIANCE', '2885', 141860],
  ['SBILIFE', '21808', 184270],
  ['SBIN', '3045', 88235],
  ['SHRIRAMFIN', '4306', 67540],
  ['SUNPHARMA', '3351', 166190],
  ['TATACONSUM', '3432', 113480],
  ['TATASTEEL', '3499', 17248],
  ['TCS', '11536', 302580],
  ['TECHM', '13538', 144890],
  ['TITAN', '3506', 370150],
  ['TRENT', '1964', 472360],
  ['ULTRACEMCO', '11532', 1224800],
  ['WIPRO', '3787', 24182],
  ['TMPV', '3456', 39840],
];

/** Symbol, Angel's name, exchange, token and level in paise. Angel lists indices under the segment of their exchange. */
const INDICES: readonly (readonly [string, string, 'NSE' | 'BSE', string, number])[] = [
  ['NIFTY', 'Nifty 50', 'NSE', '99926000', 2587590],
  ['BANKNIFTY', 'Nifty Bank', 'NSE', '99926009', 5851735],
  ['FINNIFTY', 'Nifty Fin Service', 'NSE', '99926037', 2741285],
  ['INDIAVIX', 'India VIX', 'NSE', '99926017', 1214],
  ['SENSEX', 'SENSEX', 'BSE', '99919000', 8456230],
];

/** Step of a price on NSE's cash market, by price band; both in paise. */
function nseTickPrice(price: number): number {
  if (price < 250_00) return 1;
  if (price < 1000_00) return 5;
  if (price < 5000_00) return 10;
  if (price < 10_000_00) return 50;
  return price < 20_000_00 ? 100 : 500;
}

function nseStock([symbol, token, referencePrice]: (typeof NSE_STOCKS)[number]): DemoInstrument {
  const tickPrice = nseTickPrice(referencePrice);
  return { ...stock(symbol, 'NSE', token, referencePrice), brsymbol: `${symbol}-EQ`, tickPrice };
}

function stock(symbol: string, exchange: string, token: string, referencePrice: number): DemoInstrument {
  return {
    symbol,
    brsymbol: symbol,
    name: symbol,
    exchange,
    brexchange: exchange,
    token,
    expiry: '',
    strike: NO_STRIKE,
    lotSize: 1,
    instrumentType: '',
    tickPrice: 5,
    referencePrice,
  };
}

function index([symbol, brsymbol, segment, token, level]: (typeof INDICES)[number]): DemoInstrument {
  const row = stock(symbol, segment, token, level);
  return {
    ...row,
    brsymbol,
    exchange: `${segment}_INDEX`,
    strike: 0,
    instrumentType: 'AMXIDX',
    tickPrice: 1,
  };
}

type Derivative = Omit<DemoInstrument, 'brexchange' | 'brsymbol'> & { readonly brsymbol?: string };

function derivative(row: Derivative): DemoInstrument {
  return { ...row, brsymbol: row.brsymbol ?? row.symbol, brexchange: row.exchange };
}

const NIFTY_29DEC26 = { name: 'NIFTY', exchange: 'NFO', expiry: '29-DEC-26', lotSize: 75 } as const;
const NIFTY_OPTION = { ...NIFTY_29DEC26, strike: 26000, tickPrice: 5 } as const;
const SENSEX_31DEC26 = { name: 'SENSEX', exchange: 'BFO', expiry: '31-DEC-26', lotSize: 20 } as const;

const DERIVATIVES: readonly DemoInstrument[] = [
  derivative({
    ...NIFTY_29DEC26,
    symbol: 'NIFTY29DEC26FUT',
    token: '58072',
    strike: NO_STRIKE,
    instrumentType: 'FUT',
    tickPrice: 10,
    referencePrice: 2601340,
  }),
  derivative({
    ...NIFTY_OPTION,
    symbol: 'NIFTY29DEC2626000CE',
    token: '54786',
    instrumentType: 'CE',
    referencePrice: 28565,
  }),
  derivative({
    ...NIFTY_OPTION,
    symbol: 'NIFTY29DEC2626000PE',
    token: '54787',
    instrumentType: 'PE',
    referencePrice: 27340,
  }),
  derivative({
    ...SENSEX_31DEC26,
    symbol: 'SENSEX31DEC2684500PE',
    token: '812345',
    strike: 84500,
    instrumentType: 'PE',
    tickPrice: 5,
    referencePrice: 71220,
  }),
  derivative({
    symbol: 'GOLDPETAL31DEC26FUT',
    brsymbol: 'GOLDPETAL31DEC26',
    name: 'GOLDPETAL',
    exchange: 'MCX',
    token: '445678',
    expiry: '31-DEC-26',
    strike: NO_STRIKE,
    lotSize: 1,
    instrumentType: 'FUT',
    tickPrice: 100,
    referencePrice: 1248700,
  }),
  derivative({
    symbol: 'CRUDEOIL18DEC26FUT',
    brsymbol: 'CRUDEOIL18DEC26',
    name: 'CRUDEOIL',
    exchange: 'MCX',
    token: '438921',
    expiry: '18-DEC-26',
    strike: NO_STRIKE,
    lotSize: 100,
    instrumentType: 'FUT',
    tickPrice: 100,
    referencePrice: 531200,
  }),
  derivative({
    symbol: 'USDINR29DEC26FUT',
    brsymbol: 'USDINR26DECFUT',
    name: 'USDINR',
    exchange: 'CDS',
    token: '1234',
    expiry: '29-DEC-26',
    strike: NO_STRIKE,
    lotSize: 1000,
    instrumentType: 'FUT',
    tickPrice: 25_000,
    referencePrice: 845_125_000,
  }),
];

/** All demo instruments, in the order in which the embedded database lists them. */
export const DEMO_INSTRUMENTS: readonly DemoInstrument[] = [
  ...NSE_STOCKS.map(nseStock),
  stock('RELIANCE', 'BSE', '500325', 141_890),
  ...INDICES.map(index),
  ...DERIVATIVES,
];
