import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 50;
/** Several times what an import of instruments holds the database for. */
const GIVE_UP_AFTER_MS = 30_000;
const SQLITE_BUSY = 5;

/**
 * Writes as soon as no other connection holds the database, and leaves the thread to others until then: SQLite's own wait
 * would stop it. The connection should have a short timeout.
 *
 * @param write one statement or one whole transaction
 * @param signal ends the wait
 * @throws what `write` throws, or SQLite's "database is locked" after half a minute or when the signal comes
 */
export async function whenWritable<T>(write: () => T, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    try {
      return write();
    } catch (error) {
      if (!isBusy(error) || signal?.aborted || performance.now() > deadline) throw error;
    }
    // One more attempt when the signal comes.
    await sleep(RETRY_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** The low byte says what it is, the others which kind of it. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error)) return false;
  return (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
