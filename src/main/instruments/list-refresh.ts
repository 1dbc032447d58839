/**
 * Fetches a broker's instrument list, checks it, and puts it into the embedded database. Whatever goes wrong, the
 * instruments that are there stay. Runs in a worker thread: see `refresh-worker.ts`.
 */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstrumentSource } from '../../codec/instrument-list.ts';
import type { DatabaseSync } from '../database/sqlite.ts';
import { type ErrorCode, TickwireError } from '../errors.ts';
import { indianDay } from './indian-day.ts';
import { type DownloadLimits, downloadList, isAddress, type Validators } from './list-download.ts';
import type { ListFiles } from './list-files.ts';
import { type ImportCounts, importList } from './list-import.ts';

export interface RefreshTask {
  readonly broker: string;
  readonly source: InstrumentSource;
  /** Addresses, or one path, in the order in which they are tried. */
  readonly from: readonly string[];
  /** Headers of the download beside the usual ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly allowShrunken: boolean;
  /** Waits between rounds over all addresses, ms. */
  readonly retryWaitsMs: readonly number[];
  readonly limits: DownloadLimits;
  readonly onProgress: (progress: RefreshProgress) => void;
}

export type RefreshProgress =
  | { readonly phase: 'download'; readonly bytes: number; readonly total: number | null }
  | { readonly phase: 'import'; readonly bytes: number; readonly total: number; readonly rows: number }
  /** An address has failed; what comes next. */
  | { readonly phase: 'retry'; readonly message: string; readonly waitMs: number };

export type RefreshOutcome =
  | ({
      readonly status: 'stored';
      readonly from: string;
      readonly bytes: number;
      /** The very list of an earlier day: the broker has not made today's yet. */
      readonly isOfEarlierDay: boolean;
    } & ImportCounts)
  /** The list is the one that is in the database. */
  | { readonly status: 'unchanged'; readonly from: string; readonly rows: number };

/** What another attempt or another address may cure. */
const WORTH_ANOTHER_ATTEMPT: ReadonlySet<ErrorCode> = new Set([
  'INSTRUMENTS_UNAVAILABLE',
  'INSTRUMENTS_CUT',
  'INSTRUMENTS_NOT_A_LIST',
  'INSTRUMENTS_EMPTY',
]);

/** @throws TickwireError INSTRUMENTS_…: what went wrong with the last address */
export async function refreshList(
  db: DatabaseSync,
  files: ListFiles,
  task: RefreshTask,
): Promise<RefreshOutcome> {
  let last: unknown;
  // A file does not get better by reading it again.
  const waits = task.from.every(isAddress) ? task.retryWaitsMs : [];
  for (const [round, waitMs] of [0, ...waits].entries()) {
    if (waitMs > 0) await sleep(waitMs);
    for (const [i, from] of task.from.entries()) {
      try {
        return await refreshFrom(db, files, task, from);
      } catch (error) {
        if (!(error instanceof TickwireError && WORTH_ANOTHER_ATTEMPT.has(error.code))) throw error;
        last = error;
        const isLastAddress = i === task.from.length - 1;
        const nextWaitMs = isLastAddress ? waits[round] : 0;
        if (nextWaitMs !== undefined)
          task.onProgress({ phase: 'retry', message: error.message, waitMs: nextWaitMs });
      }
    }
  }
  throw last;
}

async function refreshFrom(
  db: DatabaseSync,
  files: ListFiles,
  task: RefreshTask,
  from: string,
): Promise<RefreshOutcome> {
  const { broker, source, headers, allowShrunken, limits, onProgress } = task;
  const current = currentList(db, files, broker, from);
  const file = files.temporary();
  try {
    const download = await downloadList({
      from,
      headers,
      known: current,
      to: file,
      limits,
      onProgress: (progress) => onProgress({ phase: 'download', ...progress }),
    });
    if (download.status === 'unchanged' || download.sha256 === current?.sha256) {
      return { status: 'unchanged', from, rows: current?.rows ?? 0 };
    }
    const { bytes, sha256, etag, lastModified } = download;
    const counts = importList(db, {
      broker,
      source,
      file,
      from,
      today: indianDay(Date.now()),
      allowShrunken,
      onProgress: (progress) => onProgress({ phase: 'import', total: bytes, ...progress }),
    });
    const { rows } = counts;
    const isOfEarlierDay = files.lists()[0]?.sha256 === sha256;
    files.keep(file, { date: new Date().toISOString(), sha256, rows, from, etag, lastModified });
    return { status: 'stored', from, bytes, isOfEarlierDay, ...counts };
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * The list that the instruments in the database came from, if it was converted today: tomorrow the same list has fewer
 * contracts, since some have expired.
 */
function currentList(
  db: DatabaseSync,
  files: ListFiles,
  broker: string,
  from: string,
): (Validators & { readonly sha256: string; readonly rows: number }) | null {
  const [newest] = files.lists();
  if (newest === undefined || newest.from !== from) return null;
  if (indianDay(Date.parse(newest.date)) !== indianDay(Date.now())) return null;
  const stored = db.prepare('SELECT count(*) AS rows FROM symtoken WHERE broker = ?').get(broker);
  return stored?.rows === newest.rows ? newest : null;
}
