/**
 * The seconds that the charts show. Where the engine was away there is a gap, never a line that was drawn across it.
 *
 * @import { HistoryPoint } from '../src/main/ops/engine-view.ts'
 */

export const WINDOW_MS = 300_000;
/** Points come each second: between two that are farther apart something is missing. */
const GAP_MS = 3000;

export class ChartHistory {
  /** @type {HistoryPoint[]} in order of time */
  #points = [];

  /** @param {HistoryPoint} point */
  add(point) {
    // A clock that was put back: what lies ahead of it now would stand still for as long.
    const ahead = this.#points.findIndex(({ at }) => at >= point.at);
    if (ahead >= 0) this.#points.splice(ahead);
    this.#points.push(point);
    const first = this.#points.findIndex(({ at }) => at > point.at - WINDOW_MS);
    this.#points.splice(0, first);
  }

  /** What the engine remembers itself replaces what this page has seen of the same time. @param {readonly HistoryPoint[]} points */
  join(points) {
    for (const point of points) this.add(point);
  }

  /**
   * Columns for the charts: seconds since 1970, then one for each figure, null within gaps.
   *
   * @returns {{ at: number[], ticks: (number | null)[], deliveries: (number | null)[], p50: (number | null)[], p99: (number | null)[] }}
   */
  columns() {
    /** @type {ReturnType<ChartHistory['columns']>} */
    const columns = { at: [], ticks: [], deliveries: [], p50: [], p99: [] };
    let before = Number.POSITIVE_INFINITY;
    for (const { at, ticksPerSecond, deliveriesPerSecond, p50, p99 } of this.#points) {
      if (at - before > GAP_MS) push(columns, before + 1, null, null, null, null);
      push(columns, at, ticksPerSecond, deliveriesPerSecond, p50, p99);
      before = at;
    }
    return columns;
  }
}

/**
 * @param {ReturnType<ChartHistory['columns']>} columns
 * @param {number} at ms
 * @param {number | null} ticks
 * @param {number | null} deliveries
 * @param {number | null} p50
 * @param {number | null} p99
 */
function push(columns, at, ticks, deliveries, p50, p99) {
  columns.at.push(at / 1000);
  columns.ticks.push(ticks);
  columns.deliveries.push(deliveries);
  columns.p50.push(p50);
  columns.p99.push(p99);
}
