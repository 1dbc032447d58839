import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/**
 * A statement over rows that others wrote, whose integers come as bigints. As numbers one that is beyond 2^53, in any
 * column that is read, would make the whole read throw.
 */
export function prepareForeign(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}

/** A column as text, empty for NULL. SQLite stores what it is given, so a text column may hold a number. */
export function textColumn(row: Row, name: string): string {
  const value = row[name];
  return value === null || value === undefined ? '' : String(value);
}
