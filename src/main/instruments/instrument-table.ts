import { type Row, textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';

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

/**
 * OpenAlgo's instrument master in memory, found by exchange and symbol. A map per exchange spares the 150,000 joined
 * keys that one map would need.
 */
export class InstrumentTable {
  readonly #byExchange: ReadonlyMap<string, ReadonlyMap<string, InstrumentRow>>;
  /** Distinct pairs of exchange and symbol. */
  readonly size: number;

  private constructor(byExchange: ReadonlyMap<string, ReadonlyMap<string, InstrumentRow>>) {
    this.#byExchange = byExchange;
    let size = 0;
    for (const rows of byExchange.values()) size += rows.size;
    this.size = size;
  }

  /**
   * Reads the whole table, in one short read transaction of the calling thread. Rows without exchange, segment or token
   * cannot be subscribed and are left out. Of several rows with one name the `-EQ` row wins, else the one with the lowest
   * id. An empty table is a state (OpenAlgo empties it for seconds while it refreshes), not an error.
   */
  static load(db: DatabaseSync): InstrumentTable {
    const byExchange = new Map<string, Map<string, InstrumentRow>>();
    const segments = new Map<string, string>();
    for (const columns of db.prepare(SELECT_INSTRUMENTS).iterate()) {
      const row = readRow(columns, segments);
      if (row.symbol === '' || row.exchange === '' || row.brexchange === '' || row.token === '') continue;
      let rows = byExchange.get(row.exchange);
      if (rows === undefined) {
        rows = new Map();
        byExchange.set(row.exchange, rows);
      }
      const earlier = rows.get(row.symbol);
      if (earlier === undefined || (isEquity(row) && !isEquity(earlier))) rows.set(row.symbol, row);
    }
    return new InstrumentTable(byExchange);
  }

  /** The instrument with exactly these names, or undefined. */
  find(exchange: string, symbol: string): InstrumentRow | undefined {
    return this.#byExchange.get(exchange)?.get(symbol);
  }
}

/** SQLite gives every row its own copy of each text; the few exchanges and the equal names need only one. */
function readRow(columns: Row, segments: Map<string, string>): InstrumentRow {
  const symbol = textColumn(columns, 'symbol');
  const brsymbol = textColumn(columns, 'brsymbol');
  return {
    symbol,
    exchange: shared(textColumn(columns, 'exchange'), segments),
    brexchange: shared(textColumn(columns, 'brexchange'), segments),
    token: textColumn(columns, 'token'),
    brsymbol: brsymbol === symbol ? symbol : brsymbol,
  };
}

function shared(text: string, known: Map<string, string>): string {
  const earlier = known.get(text);
  if (earlier !== undefined) return earlier;
  known.set(text, text);
  return text;
}

function isEquity(row: InstrumentRow): boolean {
  return row.brsymbol.endsWith(EQUITY_SUFFIX);
}
