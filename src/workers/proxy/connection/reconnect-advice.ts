/**
 * When clients that are sent away together should come back. All at once they would wait for one another's keys to be
 * checked and snapshots to be sent; each gets a time of its own, evenly spread. Few clients need not wait for that.
 */

/** What one client's return takes of the engine, with room to spare: its key, its subscriptions, its snapshots. */
const MS_PER_CLIENT = 5;

/** The time over which so many clients come back, in ms; at most `spreadMs`. */
export function reconnectWindow(clients: number, spreadMs: number): number {
  return Math.min(spreadMs, clients * MS_PER_CLIENT);
}

/**
 * Whole ms after which client `index` of `clients` should come back.
 * @param chance 0 to below 1: where in its own part of the window
 */
export function reconnectAdvice(index: number, clients: number, windowMs: number, chance: number): number {
  return Math.floor(((index + chance) / clients) * windowMs);
}
