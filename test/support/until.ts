/** Waiting for a condition, never for a fixed time. */

const POLL_MS = 5;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Waits until `condition` gives something other than undefined, null or false, and returns that.
 *
 * @param what is named in the error when the time is over
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
