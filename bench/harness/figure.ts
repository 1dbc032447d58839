/** One number that a scenario is about, with its unit: `1.32 × (1.28–1.41)`. */
import { type Spread, spreadOf } from './spread.ts';

export interface Figure extends Spread {
  /** `×` for a ratio formed within each round, else what one of it is: `ns`, `/s`, `MiB`, `% of a core`. */
  readonly unit: string;
}

/**
 * The median of the rounds and its quartiles.
 *
 * @param values one for each round
 * @throws RangeError for no values
 */
export function figureOf(values: readonly number[], unit: string): Figure {
  return { ...spreadOf(values), unit };
}

/** Digits behind the point that leave three significant ones. */
function digitsFor(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return 0;
  return Math.max(0, 2 - Math.floor(Math.log10(size)));
}

function withDigits(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `105,000/s`, `1.5 ×`: a number as it is, with its unit. */
export function withUnit(text: string, unit: string): string {
  return unit.startsWith('/') ? `${text}${unit}` : `${text} ${unit}`;
}

/** `1.32 ×`: three significant digits, whole numbers from 100 on. */
export function formatMedian({ median, unit }: Figure): string {
  return withUnit(withDigits(median, digitsFor(median)), unit);
}

/** `1.32 × (1.28–1.41)`: the median and the quartiles. */
export function formatFigure(figure: Figure): string {
  const { median, lower, upper } = figure;
  if (lower === upper) return formatMedian(figure);
  const digits = digitsFor(median);
  return `${formatMedian(figure)} (${withDigits(lower, digits)}–${withDigits(upper, digits)})`;
}
