/**
 * Kite's instrument list: CSV with a header line, made once a day.
 *
 * | column | meaning | traps |
 * | `instrument_token` | token of the wire | |
 * | `exchange_token` | the exchange's own number | |
 * | `tradingsymbol` | Kite's symbol | |
 * | `name` | the underlying, or the company | may be empty; may hold commas, in quotes |
 * | `expiry` | `2026-08-25` | empty for cash |
 * | `strike`, `tick_size` | rupees | |
 * | `lot_size` | pieces | |
 * | `instrument_type` | `EQ`, `FUT`, `CE`, `PE` | indices are `EQ` too |
 * | `segment` | `NSE`, `NFO-OPT`, `INDICES`, … | |
 * | `exchange` | `NSE`, `NFO`, … | |
 *
 * What OpenAlgo makes of it is kept to the letter, since strategies name instruments so.
 */
import { CsvListReader } from '../csv-list-reader.ts';
import type { InstrumentSource, LeftOut, ListedInstrument, ListRow } from '../instrument-list.ts';
import { readKiteSession, VERSION_HEADER } from './handshake.ts';
import { renamedSymbol } from './index-names.ts';
import { parseToken } from './token.ts';

const COLUMNS = [
  'instrument_token',
  'exchange_token',
  'tradingsymbol',
  'name',
  'expiry',
  'strike',
  'tick_size',
  'lot_size',
  'instrument_type',
  'segment',
  'exchange',
] as const;
type Column = (typeof COLUMNS)[number];

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const EXCHANGES: ReadonlySet<string> = new Set([
  'NSE',
  'NFO',
  'BSE',
  'BFO',
  'CDS',
  'BCD',
  'MCX',
  'NCO',
  'GLOBAL',
  'NSEIX',
]);
const INDEX_SEGMENT = 'INDICES';
const INDEX_EXCHANGES: ReadonlyMap<string, string> = new Map([
  ['NSE', 'NSE_INDEX'],
  ['BSE', 'BSE_INDEX'],
  ['MCX', 'MCX_INDEX'],
  ['CDS', 'CDS_INDEX'],
  ['GLOBAL', 'GLOBAL_INDEX'],
  ['NSEIX', 'GLOBAL_INDEX'],
]);
/** There is nothing but indices on these. */
const INDEX_ONLY: ReadonlySet<string> = new Set(['GLOBAL', 'NSEIX']);

interface Expiry {
  /** YYYYMMDD, which sorts. */
  readonly day: number;
  /** `25`, `AUG`, `26`. */
  readonly parts: readonly [string, string, string];
}

/** @param today the day in India as the number YYYYMMDD; contracts that expire today are kept */
export function convertKiteRow(row: ListRow, today: number): ListedInstrument | LeftOut {
  const text = (column: Column): string => textOf(row[column]);
  const token = text('instrument_token');
  const exchangeToken = text('exchange_token');
  const brsymbol = text('tradingsymbol');
  const brexchange = text('exchange');
  if (parseToken(token) === null || exchangeToken === '' || brsymbol === '') return 'bad';
  const exchange = exchangeOf(brexchange, text('segment'));
  if (exchange === undefined) return 'foreign';

  const expiry = readExpiry(text('expiry'));
  const strike = readNumber(text('strike'));
  const tickSize = readNumber(text('tick_size'));
  const lotSize = readNumber(text('lot_size'));
  if (expiry === undefined || strike === undefined || tickSize === undefined || lotSize === undefined) {
    return 'bad';
  }
  if (expiry !== null && expiry.day < today) return 'expired';

  const name = text('name');
  const instrumentType = text('instrument_type');
  return {
    symbol: symbolOf({ instrumentType, brsymbol, name, exchange, expiry, strike }),
    brsymbol,
    name,
    exchange,
    brexchange,
    token: `${token}::::${exchangeToken}`,
    expiry: expiry === null ? '' : expiry.parts.join('-'),
    strike,
    lotSize,
    instrumentType,
    tickSize,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' && !value.includes('\0') ? value.trim() : '';
}

/** Undefined where OpenAlgo has no name for it. */
function exchangeOf(brexchange: string, segment: string): string | undefined {
  if (segment === INDEX_SEGMENT || INDEX_ONLY.has(brexchange)) return INDEX_EXCHANGES.get(brexchange);
  return EXCHANGES.has(brexchange) ? brexchange : undefined;
}

/** Null for none, undefined for one that is no date. */
function readExpiry(value: string): Expiry | null | undefined {
  if (value === '') return null;
  const [, year, monthText, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? [];
  const month = MONTHS[Number(monthText) - 1];
  if (year === undefined || day === undefined || month === undefined) return undefined;
  if (Number(day) < 1 || Number(day) > 31) return undefined;
  return { day: Number(`${year}${monthText}${day}`), parts: [day, month, year.slice(2)] };
}

/** Undefined for what is no decimal number; the empty text counts as 0. */
function readNumber(value: string): number | undefined {
  if (value === '') return 0;
  return /^-?\d+(?:\.\d*)?$/.test(value) ? Number(value) : undefined;
}

interface SymbolParts {
  readonly instrumentType: string;
  readonly brsymbol: string;
  readonly name: string;
  readonly exchange: string;
  readonly expiry: Expiry | null;
  readonly strike: number;
}

/** A derivative that lacks what its symbol is made of keeps Kite's: OpenAlgo would give it none. */
function symbolOf({ instrumentType, brsymbol, name, exchange, expiry, strike }: SymbolParts): string {
  const isOption = instrumentType === 'CE' || instrumentType === 'PE';
  if (!isOption && instrumentType !== 'FUT') return renamedSymbol(brsymbol, exchange);
  if (name === '' || expiry === null) return brsymbol;
  const contract = name + expiry.parts.join('');
  return isOption ? `${contract}${strike}${instrumentType}` : `${contract}FUT`;
}

export const KITE_INSTRUMENTS: InstrumentSource = {
  urls: ['https://api.kite.trade/instruments'],
  headers: ({ authToken, apiKey }) => {
    if (authToken === null) return VERSION_HEADER;
    const session = readKiteSession(authToken, apiKey ?? '');
    return { ...VERSION_HEADER, Authorization: `token ${session.apiKey}:${session.authToken}` };
  },
  createReader: (onRow) => new CsvListReader(COLUMNS, onRow),
  convert: convertKiteRow,
  exchanges: ['NSE', 'BSE', 'NFO'],
  builtIn: [],
};
