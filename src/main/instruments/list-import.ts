/**
 * Turns a broker's instrument list into its rows of the embedded database: all of them, in one transaction, or none. Takes
 * about two seconds of the calling thread, which is a worker's.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  type InstrumentSource,
  type LeftOut,
  type ListedInstrument,
  ListFormatError,
} from '../../codec/instrument-list.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import { type ErrorCode, TickwireError } from '../errors.ts';
import { shownAddress } from './list-download.ts';

const PIECE_BYTES = 256 * 1024;
/** A list with less than this part of the rows before is taken for a part of a list. */
const SMALLEST_PART = 0.8;
/** The same of an exchange that had many rows. Expiries take more of one exchange than of all, but never nearly everything. */
const SMALLEST_PART_OF_EXCHANGE = 0.1;
const MANY_ROWS = 100;
const MAX_BAD_PART = 0.01;
const PROGRESS_BYTES = 4 * 1024 * 1024;

const FORMAT_CODES: Readonly<Record<ListFormatError['kind'], ErrorCode>> = {
  'not-a-list': 'INSTRUMENTS_NOT_A_LIST',
  cut: 'INSTRUMENTS_CUT',
  empty: 'INSTRUMENTS_EMPTY',
};

export interface ImportTask {
  readonly broker: string;
  readonly source: InstrumentSource;
  readonly file: string;
  /** What the file is called in messages: its address. */
  readonly from: string;
  /** The day in India, YYYYMMDD. */
  readonly today: number;
  /** Take a list that has much fewer rows than the one before. */
  readonly allowShrunken: boolean;
  /** Told from time to time how much of the file has been read. */
  readonly onProgress: (progress: { readonly bytes: number; readonly rows: number }) => void;
}

export interface ImportCounts {
  /** Rows in the table. */
  readonly rows: number;
  /** Rows in the list. */
  readonly read: number;
  readonly leftOut: Readonly<Record<LeftOut, number>>;
  /** Rows whose segment and token another row has too; the last one is kept. */
  readonly duplicates: number;
  /** Rows by OpenAlgo's exchange. */
  readonly exchanges: Readonly<Record<string, number>>;
}

/** @throws TickwireError INSTRUMENTS_… when the list is not taken over; the rows before stay */
export function importList(db: DatabaseSync, task: ImportTask): ImportCounts {
  const began = performance.now();
  db.exec('BEGIN IMMEDIATE');
  try {
    const before = storedRows(db, task.broker);
    const indexes = dropIndexes(db);
    db.prepare('DELETE FROM symtoken WHERE broker = ?').run(task.broker);
    const counts = insertRows(db, task);
    checkCounts(counts, before, task);
    for (const sql of indexes) db.exec(sql);
    storeStatus(db, task, counts, Math.round((performance.now() - began) / 1000));
    db.exec('COMMIT');
    return counts;
  } catch (error) {
    // A full disk ends the transaction by itself.
    if (db.isTransaction) db.exec('ROLLBACK');
    if (!(error instanceof ListFormatError)) throw error;
    throw refused(FORMAT_CODES[error.kind], task, error.message);
  }
}

/** Rows of the broker's last good list by exchange, none without one. */
function storedRows(db: DatabaseSync, broker: string): ReadonlyMap<string, number> {
  const count = db.prepare(
    'SELECT exchange, count(*) AS rows FROM symtoken WHERE broker = ? GROUP BY exchange',
  );
  return new Map(count.all(broker).map(({ exchange, rows }) => [String(exchange), Number(rows)]));
}

/** To keep nine indexes in order row by row takes seven times as long as to make them anew. @returns what makes them */
function dropIndexes(db: DatabaseSync): string[] {
  const indexes = db
    .prepare(
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'symtoken' AND sql IS NOT NULL",
    )
    .all();
  for (const { name } of indexes) db.exec(`DROP INDEX "${name}"`);
  return indexes.map(({ sql }) => String(sql));
}

function insertRows(db: DatabaseSync, task: ImportTask): ImportCounts {
  const { broker, source, today } = task;
  const insert = db.prepare(
    `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token, expiry, strike, lotsize, instrumenttype,
      tick_size, broker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = db.prepare('DELETE FROM symtoken WHERE id = ?');
  const leftOut: Record<LeftOut, number> = { expired: 0, foreign: 0, bad: 0 };
  const exchanges: Record<string, number> = {};
  const ids = new Map<string, { readonly id: number | bigint; readonly exchange: string }>();
  let duplicates = 0;
  let read = 0;

  const take = (row: ListedInstrument) => {
    const key = keyOf(row);
    const earlier = ids.get(key);
    if (earlier !== undefined) {
      duplicates++;
      exchanges[earlier.exchange]!--;
      remove.run(earlier.id);
    }
    const { lastInsertRowid: id } = insert.run(
      row.symbol,
      row.brsymbol,
      row.name,
      row.exchange,
      row.brexchange,
      row.token,
      row.expiry,
      row.strike,
      row.lotSize,
      row.instrumentType,
      row.tickSize,
      broker,
    );
    ids.set(key, { id, exchange: row.exchange });
    exchanges[row.exchange] = (exchanges[row.exchange] ?? 0) + 1;
  };

  const reader = source.createReader((row) => {
    read++;
    const converted = source.convert(row, today);
    if (typeof converted === 'string') leftOut[converted]++;
    else take(converted);
  });
  readPieces(
    task,
    (piece) => reader.push(piece),
    () => ids.size,
  );
  reader.end();
  if (ids.size > 0) for (const row of source.builtIn) if (!ids.has(keyOf(row))) take(row);
  return { rows: ids.size, read, leftOut, duplicates, exchanges };
}

/** A token is unique within its segment only. */
function keyOf({ brexchange, token }: ListedInstrument): string {
  return `${brexchange}\0${token}`;
}

function readPieces(
  { file, onProgress }: ImportTask,
  push: (piece: Uint8Array) => void,
  rows: () => number,
): void {
  const descriptor = openSync(file, 'r');
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const total = fstatSync(descriptor).size;
    let bytes = 0;
    let told = 0;
    for (;;) {
      const read = readSync(descriptor, piece, 0, PIECE_BYTES, null);
      if (read === 0) return;
      push(piece.subarray(0, read));
      bytes += read;
      if (bytes - told < PROGRESS_BYTES && bytes < total) continue;
      told = bytes;
      onProgress({ bytes, rows: rows() });
    }
  } finally {
    closeSync(descriptor);
  }
}

function checkCounts(counts: ImportCounts, before: ReadonlyMap<string, number>, task: ImportTask): void {
  const { rows, read, leftOut, exchanges } = counts;
  if (leftOut.bad > read * MAX_BAD_PART) {
    throw refused('INSTRUMENTS_BAD_ROWS', task, `${leftOut.bad} of its ${read} rows cannot be understood`);
  }
  if (rows === 0) {
    const { expired, foreign } = leftOut;
    throw refused(
      'INSTRUMENTS_EMPTY',
      task,
      `of its ${read} rows ${expired} are expired and ${foreign} unknown`,
    );
  }
  const missing = task.source.exchanges.filter((exchange) => !(exchanges[exchange]! > 0));
  if (missing.length > 0) {
    throw refused('INSTRUMENTS_EXCHANGE_MISSING', task, `it has no instrument of ${missing.join(', ')}`);
  }
  if (task.allowShrunken) return;
  const shrunken = [...before].filter(
    ([exchange, had]) => had >= MANY_ROWS && (exchanges[exchange] ?? 0) < had * SMALLEST_PART_OF_EXCHANGE,
  );
  const all = [...before.values()].reduce((sum, had) => sum + had, 0);
  const losses = shrunken.map(([exchange, had]) => `${exchanges[exchange] ?? 0} of ${had} on ${exchange}`);
  if (rows < all * SMALLEST_PART) losses.unshift(`${rows} of ${all}`);
  if (losses.length === 0) return;
  const advice = 'If that is right, run tickwire instruments with --allow-shrunken';
  throw refused(
    'INSTRUMENTS_SHRUNKEN',
    task,
    `of the instruments of the one before it has only ${losses.join(', ')}. ${advice}`,
  );
}

function refused(code: ErrorCode, { from }: ImportTask, reason: string): TickwireError {
  return new TickwireError(
    code,
    `The instrument list from ${shownAddress(from)} is not taken over, the one before stays: ${reason}.`,
  );
}

/** Times as OpenAlgo writes them, in milliseconds so that two imports of one second differ. */
function storeStatus(
  db: DatabaseSync,
  { broker, from }: ImportTask,
  counts: ImportCounts,
  seconds: number,
): void {
  db.prepare(
    `INSERT OR REPLACE INTO master_contract_status (broker, status, message, last_updated, total_symbols, is_ready,
      last_download_time, download_date, exchange_stats, download_duration_seconds)
      VALUES (?, 'success', ?, strftime('%Y-%m-%d %H:%M:%f', 'now'), ?, 1, strftime('%Y-%m-%d %H:%M:%f', 'now'),
      CURRENT_DATE, ?, ?)`,
  ).run(
    broker,
    `Instruments from ${shownAddress(from)}`,
    String(counts.rows),
    JSON.stringify(counts.exchanges),
    seconds,
  );
}
