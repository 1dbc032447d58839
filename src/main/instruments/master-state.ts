import { prepareForeign, textColumn } from '../database/column.ts';
import type { DatabaseSync } from '../database/sqlite.ts';

/** What the database says of its instruments without reading them: takes a few milliseconds. */
export interface MasterState {
  /** Changes with every refresh. */
  readonly mark: string;
  /** The broker whose instruments were stored last; null when that is not known. */
  readonly broker: string | null;
  /** Brokers of whom a refresh runs: their instruments may be missing, or half there. */
  readonly refreshing: ReadonlySet<string>;
  /** Of each broker whose instruments were stored as a whole, when that was. */
  readonly storedAt: ReadonlyMap<string, string>;
}

const REFRESHING: ReadonlySet<string> = new Set(['pending', 'downloading']);

/** Reads the state of `symtoken` and of `master_contract_status`, which older installations do not have. */
export function readMasterState(db: DatabaseSync): MasterState {
  const counts = prepareForeign(db, 'SELECT count(*) AS rows, max(id) AS latest FROM symtoken').get();
  const hasStatus =
    db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'master_contract_status'").get() !== undefined;
  const rows = hasStatus
    ? prepareForeign(db, 'SELECT * FROM master_contract_status ORDER BY broker').all()
    : [];
  const latestFirst = rows.toSorted((a, b) =>
    textColumn(b, 'last_updated').localeCompare(textColumn(a, 'last_updated')),
  );
  const stored = latestFirst.filter((row) => textColumn(row, 'status') === 'success');
  const refreshing = latestFirst.filter((row) => REFRESHING.has(textColumn(row, 'status')));
  return {
    mark: JSON.stringify([counts, rows], (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    broker: stored[0] === undefined ? null : textColumn(stored[0], 'broker'),
    refreshing: new Set(refreshing.map((row) => textColumn(row, 'broker'))),
    storedAt: new Map(stored.map((row) => [textColumn(row, 'broker'), textColumn(row, 'last_updated')])),
  };
}
