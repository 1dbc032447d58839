/**
 * Angel One's instrument list (`OpenAPIScripMaster.json`): an array of flat objects, all values text.
 *
 * | column | meaning | traps |
 * | `token` | token of the wire | text; unique only within its `exch_seg` |
 * | `symbol` | Angel's symbol | cash on NSE has its series behind it (`RELIANCE-EQ`), indices have blanks |
 * | `name` | the underlying, or the company | |
 * | `expiry` | `25AUG2026` | empty for cash; the symbol's own date is not to be trusted |
 * | `strike` | rupees × 100, for currency options × 10^7 | `-1` where there is none, `0` for indices |
 * | `lotsize`, `tick_size` | pieces; paise | the tick size of currencies has another scale, which OpenAlgo overlooks |
 * | `instrumenttype` | empty, `AMXIDX`, `FUT…`, `OPT…` | |
 * | `exch_seg` | `NSE`, `NFO`, … | |
 *
 * What OpenAlgo makes of it is kept to the letter, since strategies name instruments so.
 */
import type { InstrumentSource, LeftOut, ListedInstrument, ListRow } from '../instrument-list.ts';
import { JsonListReader } from '../json-list-reader.ts';

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

const EXCHANGES: ReadonlySet<string> = new Set([
  'NSE',
  'BSE',
  'NFO',
  'BFO',
  'CDS',
  'MCX',
  'NCDEX',
  'NCO',
  'NCX',
]);
const INDEX_EXCHANGES: ReadonlySet<string> = new Set(['NSE', 'BSE', 'MCX']);
const CASH_EXCHANGES: ReadonlySet<string> = new Set(['NSE', 'BSE']);
/** Where OpenAlgo builds the symbol of a derivative itself; elsewhere it is Angel's. */
const BUILT_SYMBOLS: ReadonlySet<string> = new Set(['CDS', 'MCX', 'BFO']);

const INDEX_TYPE = 'AMXIDX';
const CURRENCY_OPTIONS: ReadonlySet<string> = new Set(['OPTCUR', 'OPTIRC']);
/** Series that lose their suffix, wherever it stands. */
const SERIES = /-(?:EQ|BE|MF|SG)/g;
const NSE_INDEX_NAMES: ReadonlyMap<string, string> = new Map([
  ['NIFTY50', 'NIFTY'],
  ['NIFTYBANK', 'BANKNIFTY'],
  ['NIFTYFINSERVICE', 'FINNIFTY'],
  ['NIFTYNEXT50', 'NIFTYNXT50'],
  ['NIFTYMIDSELECT', 'MIDCPNIFTY'],
  ['NIFTYMIDCAPSELECT', 'MIDCPNIFTY'],
]);
const BSE_INDEX_NAMES: ReadonlyMap<string, string> = new Map([['SNSX50', 'SENSEX50']]);

/** Decimal places of prices in the list. */
const PRICE_DECIMALS = 2;
const CURRENCY_STRIKE_DECIMALS = 7;
const CENTURY = 100;

interface Expiry {
  /** YYYYMMDD, which sorts. */
  readonly day: number;
  /** `25`, `AUG`, `26`. */
  readonly parts: readonly [string, string, string];
}

/** @param today the day in India as the number YYYYMMDD; contracts that expire today are kept */
export function convertScrip(row: ListRow, today: number): ListedInstrument | LeftOut {
  const token = text(row.token);
  const brsymbol = text(row.symbol);
  const segment = text(row.exch_seg);
  if (token === '' || brsymbol === '' || segment === '') return 'bad';
  if (!EXCHANGES.has(segment)) return 'foreign';

  const type = text(row.instrumenttype);
  const expiry = readExpiry(text(row.expiry));
  const strike = scaled(
    text(row.strike),
    CURRENCY_OPTIONS.has(type) ? CURRENCY_STRIKE_DECIMALS : PRICE_DECIMALS,
  );
  const lotSize = scaled(text(row.lotsize), 0);
  const tickSize = scaled(text(row.tick_size), PRICE_DECIMALS);
  if (expiry === undefined || strike === undefined || lotSize === undefined || tickSize === undefined)
    return 'bad';
  if (expiry !== null && expiry.day < today) return 'expired';

  const kind = kindOf(type, brsymbol);
  const name = text(row.name);
  const symbol = symbolOf({ kind, type, segment, brsymbol, name, expiry, strike });
  if (kind === undefined || symbol === undefined) return 'bad';
  return {
    symbol,
    brsymbol,
    name,
    exchange: type === INDEX_TYPE && INDEX_EXCHANGES.has(segment) ? `${segment}_INDEX` : segment,
    brexchange: segment,
    token,
    expiry: expiry === null ? '' : expiry.parts.join('-'),
    strike,
    lotSize,
    instrumentType: kind,
    tickSize,
  };
}

/** Text of a value without blanks around it; a number where a text is expected is taken too. */
function text(value: unknown): string {
  if (typeof value === 'string') return value.includes('\0') ? '' : value.trim();
  return typeof value === 'number' ? String(value) : '';
}

/** Null for none, undefined for one that is no date. */
function readExpiry(value: string): Expiry | null | undefined {
  if (value === '') return null;
  const [, day, monthName, year] = /^(\d{2})([A-Z]{3})(\d{4})$/.exec(value.toUpperCase()) ?? [];
  const month = MONTHS.indexOf(monthName ?? '') + 1;
  if (day === undefined || year === undefined || month === 0 || Number(day) < 1 || Number(day) > 31)
    return undefined;
  const number = (Number(year) * CENTURY + month) * CENTURY + Number(day);
  return { day: number, parts: [day, MONTHS[month - 1]!, year.slice(2)] };
}

/**
 * A decimal number with its point moved left, exactly rounded: the digits are read as one decimal text, and nothing is
 * divided. Undefined for anything else; the empty text counts as 0.
 */
function scaled(value: string, decimals: number): number | undefined {
  if (value === '') return 0;
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(value) ?? [];
  if (whole === undefined) return undefined;
  return Number(`${sign}${whole}${fraction}e-${decimals + fraction.length}`);
}

/** OpenAlgo's instrument type; undefined for an option that is neither call nor put. */
function kindOf(type: string, brsymbol: string): string | undefined {
  if (type.startsWith('FUT')) return 'FUT';
  if (!type.startsWith('OPT')) return type;
  const side = brsymbol.slice(-2).toUpperCase();
  return side === 'CE' || side === 'PE' ? side : undefined;
}

interface SymbolParts {
  readonly kind: string | undefined;
  readonly type: string;
  readonly segment: string;
  readonly brsymbol: string;
  readonly name: string;
  readonly expiry: Expiry | null;
  readonly strike: number;
}

/** Undefined where the row lacks what the symbol is made of. */
function symbolOf({ kind, type, segment, brsymbol, name, expiry, strike }: SymbolParts): string | undefined {
  if (type === INDEX_TYPE) return indexSymbol(segment, brsymbol);
  if (kind === 'FUT' || kind === 'CE' || kind === 'PE') {
    if (expiry === null || (kind !== 'FUT' && strike <= 0)) return undefined;
    if (!BUILT_SYMBOLS.has(segment)) return brsymbol;
    if (name === '') return undefined;
    return `${name}${expiry.parts.join('')}${kind === 'FUT' ? kind : `${strike}${kind}`}`;
  }
  return CASH_EXCHANGES.has(segment) ? brsymbol.replace(SERIES, '') || undefined : brsymbol;
}

function indexSymbol(segment: string, brsymbol: string): string {
  if (segment === 'MCX') return brsymbol;
  const upper = brsymbol.toUpperCase();
  const bare = (segment === 'BSE' ? upper.replace(/^S&P /, '') : upper).replace(/[ -]/g, '');
  return (segment === 'BSE' ? BSE_INDEX_NAMES : NSE_INDEX_NAMES).get(bare) ?? bare;
}

function builtInIndex(symbol: string, brsymbol: string, segment: string, token: string): ListedInstrument {
  return {
    symbol,
    brsymbol,
    name: symbol,
    exchange: `${segment}_INDEX`,
    brexchange: segment,
    token,
    expiry: '',
    strike: 0,
    lotSize: 1,
    instrumentType: INDEX_TYPE,
    tickSize: 0,
  };
}

const PATH = '/OpenAPI_File/files/OpenAPIScripMaster.json';

export const ANGEL_INSTRUMENTS: InstrumentSource = {
  urls: [`https://margincalculator.angelone.in${PATH}`, `https://margincalculator.angelbroking.com${PATH}`],
  createReader: (onRow) => new JsonListReader(onRow),
  convert: convertScrip,
  exchanges: ['NSE', 'BSE', 'NFO'],
  // Older lists lacked the indices.
  builtIn: [
    builtInIndex('NIFTY', 'Nifty 50', 'NSE', '99926000'),
    builtInIndex('BANKNIFTY', 'Nifty Bank', 'NSE', '99926009'),
    builtInIndex('FINNIFTY', 'Nifty Fin Service', 'NSE', '99926037'),
    builtInIndex('INDIAVIX', 'India VIX', 'NSE', '99926017'),
    builtInIndex('SENSEX', 'SENSEX', 'BSE', '99919000'),
  ],
};
