/**
 * What a broker can give: the depth levels of its exchanges. The rows are the control plane's registry; which of them
 * serves a request is decided here. Proxy worker thread, at the pace of subscriptions.
 */
import type { CapabilityRow } from '../reader-tasks.ts';

/** Row that holds for every exchange of a broker without a row of its own. */
const ANY_EXCHANGE = '*';

export class Capabilities {
  readonly #levels: ReadonlyMap<string, readonly number[]>;

  constructor(rows: readonly CapabilityRow[]) {
    this.#levels = new Map(rows.map((row) => [`${row.broker}/${row.exchange}`, row.depthLevels]));
  }

  /** Levels per side that a broker gives on an exchange, ascending; empty for a broker that is not known. */
  depthLevels(broker: string, exchange: string): readonly number[] {
    const own = this.#levels.get(`${broker}/${exchange}`);
    return own ?? this.#levels.get(`${broker}/${ANY_EXCHANGE}`) ?? [];
  }
}

/** The highest of `levels` that is not above what was asked for; null when there is none. */
export function highestLevel(levels: readonly number[], requested: number): number | null {
  return levels.findLast((level) => level <= requested) ?? null;
}
