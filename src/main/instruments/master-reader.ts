/** Reads the instrument master in a thread of its own: a piscina task with its own read-only connection. */
import { DatabaseSync } from '../database/sqlite.ts';
import { InstrumentTable } from './instrument-table.ts';
import { type MasterState, readMasterState } from './master-state.ts';
import type { PackedInstruments } from './packed-instruments.ts';

/** Address of this file, with the extension of the running program. */
export const MASTER_READER = new URL(import.meta.url);

const BUSY_TIMEOUT_MS = 5000;

export interface LoadedMaster {
  /** By broker, or under `EVERY_BROKER`. */
  readonly packed: ReadonlyMap<string, PackedInstruments>;
  /** Of the same moment as the instruments. */
  readonly state: MasterState;
}

export default function readMaster({ path }: { readonly path: string }): LoadedMaster {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    db.exec('BEGIN');
    const state = readMasterState(db);
    const tables = InstrumentTable.load(db);
    db.exec('COMMIT');
    return { packed: new Map([...tables].map(([broker, { packed }]) => [broker, packed])), state };
  } finally {
    db.close();
  }
}
