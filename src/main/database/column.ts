import type { SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A column as text, empty for NULL. SQLite stores what it is given, so a text column may hold a number. */
export function textColumn(row: Row, name: string): string {
  const value = row[name];
  return value === null || value === undefined ? '' : String(value);
}
