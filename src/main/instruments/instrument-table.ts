import { prepareForeign, type Row, textColumn } from '../database/column.ts';
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

const COLUMNS = 'symbol, exchange, brexchange, token, brsymbol';

/** Under this name stand the instruments of a table that serves whatever broker is in use. */
export const EVERY_BROKER = '';

/** Series that trades all day; the other series lose their suffix too and then share its symbol. */
const EQUITY_SUFFIX = '-EQ';

/** A broker's instruments in memory, found by exchange and symbol. Costs nothing to hand to another thread. */
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
   * Reads the instruments of all brokers, in one short read transaction of the calling thread: a table by broker, or one
   * under `EVERY_BROKER` where the database has no column for the broker, as OpenAlgo's. Rows without exchange, segment or
   * token cannot be subscribed and are left out. Of several rows with one name the `-EQ` row wins, else the one with the
   * lowest id. No rows at all are a state (OpenAlgo empties its table for seconds while it refreshes), not an error.
   */
  static load(db: DatabaseSync): Map<string, InstrumentTable> {
    const byBroker = new Map<string, Map<string, InstrumentRow>>();
    const brokerColumn = hasBrokerColumn(db) ? 'broker' : `'${EVERY_BROKER}' AS broker`;
    const select = `SELECT ${COLUMNS}, ${brokerColumn} FROM symtoken ORDER BY id`;
    for (const columns of prepareForeign(db, select).iterate()) {
      const row = readRow(columns);
      if (row === null) continue;
      const broker = textColumn(columns, 'broker');
      const rows = byBroker.get(broker) ?? new Map<string, InstrumentRow>();
      byBroker.set(broker, rows);
      const name = `${row.exchange}\0${row.symbol}`;
      const earlier = rows.get(name);
      if (earlier === undefined || (isEquity(row) && !isEquity(earlier))) rows.set(name, row);
    }
    return new Map(
      [...byBroker].map(([broker, rows]) => [
        broker,
        new InstrumentTable(packInstruments([...rows.values()])),
      ]),
    );
  }

  /** The instrument with exactly these names, or undefined. */
  find(exchange: string, symbol: string): InstrumentRow | undefined {
    return findPacked(this.packed, exchange, symbol);
  }
}

function hasBrokerColumn(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM pragma_table_info('symtoken') WHERE name = 'broker'").get() !== undefined;
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
