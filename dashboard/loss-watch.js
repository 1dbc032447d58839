/** When the counts of losses rose last, as far as this page has seen it: old losses must not look like new ones. */

/** For so long a loss counts as happening now, as for the alert TickwireLost. */
const RECENT_MS = 300_000;

export class LossWatch {
  /** @type {Readonly<Record<string, number>> | null} */
  #counts = null;
  #startedAt = 0;
  /** @type {number | null} by the engine's clock, ms since 1970 */
  #roseAt = null;
  #now = 0;

  /** @param {{ readonly at: number, readonly lost: Readonly<Record<string, number>>, readonly host: { readonly startedAt: number } }} view */
  take({ at, lost, host }) {
    this.#now = at;
    // Another life of the engine counts from zero: what it has lost is new, however little it is.
    const before = this.#startedAt === host.startedAt ? this.#counts : this.#startedAt === 0 ? lost : {};
    for (const [where, number] of Object.entries(lost)) {
      if (number > (before?.[where] ?? 0)) this.#roseAt = at;
    }
    this.#counts = lost;
    this.#startedAt = host.startedAt;
  }

  /** ms, null where none came since the page looks. */
  sinceLast() {
    return this.#roseAt === null ? null : Math.max(0, this.#now - this.#roseAt);
  }

  isRecent() {
    const since = this.sinceLast();
    return since !== null && since < RECENT_MS;
  }
}
