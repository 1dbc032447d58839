/** A piscina task: refreshes a broker's instruments, with a connection of its own to the embedded database. */
import { dirname, join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { BROKERS } from '../brokers/broker-registry.ts';
import { DatabaseSync } from '../database/sqlite.ts';
import { type ErrorCode, TickwireError } from '../errors.ts';
import { DOWNLOAD_LIMITS } from './list-download.ts';
import { LIST_FOLDER, ListFiles } from './list-files.ts';
import { type RefreshOutcome, type RefreshProgress, refreshList } from './list-refresh.ts';

/** Address of this file, with the extension of the running program. */
export const REFRESH_WORKER = new URL(import.meta.url);

const BUSY_TIMEOUT_MS = 15_000;
const RETRY_WAITS_MS = [2000, 10_000, 30_000];
const PROGRESS_INTERVAL_MS = 200;

export interface RefreshRequest {
  readonly databasePath: string;
  readonly broker: string;
  /** Addresses or paths in place of the broker's own; empty for those. */
  readonly from: readonly string[];
  readonly session: { readonly authToken: string | null; readonly apiKey: string | null };
  readonly allowShrunken: boolean;
}

/** Errors lose their code on the way to another thread, so they are told as what they are. */
export type RefreshResult =
  | RefreshOutcome
  | { readonly status: 'failed'; readonly code: ErrorCode; readonly message: string };

export default async function refresh({
  request,
  port,
}: {
  readonly request: RefreshRequest;
  /** Where `RefreshProgress` goes. */
  readonly port: MessagePort;
}): Promise<RefreshResult> {
  const { databasePath, broker, from, session, allowShrunken } = request;
  const source = BROKERS.get(broker)?.instruments;
  if (source === null || source === undefined) throw new Error(`${broker} has no instrument source`);
  // A list that is not verified, or a token that goes to anybody, is not what an environment may ask for.
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  const db = new DatabaseSync(databasePath, { timeout: BUSY_TIMEOUT_MS });
  try {
    return await refreshList(db, new ListFiles(join(dirname(databasePath), LIST_FOLDER), broker), {
      broker,
      source,
      from: from.length > 0 ? from : source.urls,
      // Credentials go to the broker's own addresses only.
      headers: from.length > 0 ? {} : (source.headers?.(session) ?? {}),
      allowShrunken,
      retryWaitsMs: RETRY_WAITS_MS,
      limits: DOWNLOAD_LIMITS,
      onProgress: rarely((progress) => port.postMessage(progress)),
    });
  } catch (error) {
    if (error instanceof TickwireError) return { status: 'failed', code: error.code, message: error.message };
    if (!isOfSqlite(error)) throw error;
    const message = `The instruments cannot be written to ${databasePath}: ${error.message}. Those before stay.`;
    return { status: 'failed', code: 'DATABASE_UNWRITABLE', message };
  } finally {
    db.close();
    port.close();
  }
}

/** A full disk, say, or a lock that nobody gives back. */
function isOfSqlite(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

/** Passes on the first and the last of a phase, and between them one per interval. */
function rarely(post: (progress: RefreshProgress) => void): (progress: RefreshProgress) => void {
  let nextAt = 0;
  let phase = '';
  return (progress) => {
    const now = performance.now();
    const isWhole = progress.phase !== 'retry' && progress.bytes === progress.total;
    if (progress.phase === phase && now < nextAt && !isWhole) return;
    phase = progress.phase;
    nextAt = now + PROGRESS_INTERVAL_MS;
    post(progress);
  };
}
