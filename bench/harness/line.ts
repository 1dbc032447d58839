/** A cost that has a part at any load, since a thread wakes for each burst, and a part for each tick. */

/** Cores that are busy at a rate of ticks. */
export interface Line {
  readonly cores: number;
  /** µs of CPU. */
  readonly perTick: number;
}

/** The line through two points. */
export function lineThrough(a: readonly [rate: number, cores: number], b: typeof a): Line {
  const perTick = ((b[1] - a[1]) / (b[0] - a[0])) * 1e6;
  return { cores: a[1] - (perTick * a[0]) / 1e6, perTick };
}
