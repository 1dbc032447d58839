import { type Row, textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import { findPacked, type PackedInstruments, packInstruments } from './packed-instruments.ts';

export interface InstrumentRow {
  readonly symbol: string;
  readonly exchange: string;
  /** The broker's segment, for example `NSE` where `exchange` is `NSE_INDEX`. */
  readonly brexchange: string;
  readonly token: string;
  readonly brsymbol: string;
}

const SELECT_INSTRUMENTS = 'SELECT symbol, exchange, brexchange, token, brsymbol FROM symtoken ORDER BY id';

/** Series that trades all day; the other series lose their suffix too and then share its symbol. */
const EQUITY_SUFFIX = '-EQ';

/** OpenAlgo's instrument master in memory, found by exchange and symbol. Costs nothing to hand to another thread. */
export class InstrumentTable {
  readonly packed: PackedInstruments;

  constructor(packed: PackedInstruments) {
    this.packed = packed;
  }

  /** Distinct pairs of exchange and symbol. */
  get size(): number {
    return this.packed.size;
  }

  /**
   * Reads the whole table, in one short read transaction of the calling thread. Rows without exchange, segment or token
   * cannot be subscribed and are left out. Of several rows with one name the `-EQ` row wins, else the one with the lowest
   * id. An empty table is a state (OpenAlgo empties it for seconds while it refreshes), not an error.
   */
  static load(db: DatabaseSync): InstrumentTable {
    const rows = new Map<string, InstrumentRow>();
    for (const columns of db.prepare(SELECT_INSTRUMENTS).iterate()) {
      const row = readRow(columns);
      if (row === null) continue;
      const name = `${row.exchange}\0${row.symbol}`;
      const earlier = rows.get(name);
      if (earlier === undefined || (isEquity(row) && !isEquity(earlier))) rows.set(name, row);
    }
    return new InstrumentTable(packInstruments([...rows.values()]));
  }

  /** The instrument with exactly these names, or undefined. */
  find(exchange: string, symbol: string): InstrumentRow | undefined {
    return findPacked(this.packed, exchange, symbol);
  }
}

function readRow(columns: Row): InstrumentRow | null {
  const row = {
    symbol: textColumn(columns, 'symbol'),
    exchange: textColumn(columns, 'exchange'),
    brexchange: textColumn(columns, 'brexchange'),
    token: textColumn(columns, 'token'),
    brsymbol: textColumn(columns, 'brsymbol'),
  };
  if (row.symbol === '' || row.exchange === '' || row.brexchange === '' || row.token === '') return null;
  return Object.values(row).some((text) => text.includes('\0')) ? null : row;
}

function isEquity(row: InstrumentRow): boolean {
  return row.brsymbol.endsWith(EQUITY_SUFFIX);
}
