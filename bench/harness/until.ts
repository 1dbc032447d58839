import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 20;

/**
 * Looks until something is there.
 *
 * @throws Error naming `what` when it is not there in time
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  timeoutMs = 60_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`still not after ${timeoutMs} ms: ${what}`);
    await delay(LOOK_MS);
  }
}
