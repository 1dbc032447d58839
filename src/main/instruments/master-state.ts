import { textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';

/** What the database says of its instrument master without reading it: takes a few milliseconds. */
export interface MasterState {
  /** Changes with every refresh. */
  readonly mark: string;
  /** The broker whose instruments were stored last; null when that is not known. */
  readonly broker: string | null;
  /** A refresh runs: the table may be empty, or half full. */
  readonly isRefreshing: boolean;
}

const REFRESHING: ReadonlySet<string> = new Set(['pending', 'downloading']);

/** Reads the state of `symtoken` and of `master_contract_status`, which older installations do not have. */
export function readMasterState(db: DatabaseSync): MasterState {
  const counts = db.prepare('SELECT count(*) AS rows, max(id) AS latest FROM symtoken').get();
  const hasStatus =
    db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'master_contract_status'").get() !== undefined;
  const rows = hasStatus ? db.prepare('SELECT * FROM master_contract_status ORDER BY broker').all() : [];
  const latestFirst = rows.toSorted((a, b) =>
    textColumn(b, 'last_updated').localeCompare(textColumn(a, 'last_updated')),
  );
  const done = latestFirst.find((row) => textColumn(row, 'status') === 'success');
  return {
    mark: JSON.stringify([counts, rows]),
    broker: done === undefined ? null : textColumn(done, 'broker'),
    isRefreshing: latestFirst.some((row) => REFRESHING.has(textColumn(row, 'status'))),
  };
}
