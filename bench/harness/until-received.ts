import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 20;

/**
 * Waits for the last of what was sent, or until nothing has come for a while: then the rest is lost.
 *
 * @param quietMs long enough that a machine which stands still for a moment loses nothing by it
 */
export async function untilReceived<T extends { readonly received: number }>(
  look: () => Promise<T>,
  expected: number,
  quietMs: number,
): Promise<T> {
  let last = -1;
  let changedAt = performance.now();
  for (;;) {
    const counts = await look();
    if (counts.received >= expected) return counts;
    if (counts.received !== last) changedAt = performance.now();
    else if (performance.now() - changedAt > quietMs) return counts;
    last = counts.received;
    await delay(LOOK_MS);
  }
}
