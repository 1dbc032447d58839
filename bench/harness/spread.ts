/** One number of several rounds: its median, and the quartiles, between which the middle half of the rounds lie. */
export interface Spread {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

function quantile(sorted: readonly number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

/** @throws RangeError for no values */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no rounds: nothing to take the median of');
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), lower: quantile(sorted, 0.25), upper: quantile(sorted, 0.75) };
}

/** `12.3 (11.9–14.0)`: the median and the quartiles. */
export function formatSpread({ median, lower, upper }: Spread, digits: number): string {
  if (lower === upper) return median.toFixed(digits);
  return `${median.toFixed(digits)} (${lower.toFixed(digits)}–${upper.toFixed(digits)})`;
}
