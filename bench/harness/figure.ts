/** One number that a scenario is about, with its unit: `1.32 (1.28–1.41) ×`. */
import { formatSpread, type Spread, spreadOf } from './spread.ts';

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

export function formatFigure(figure: Figure): string {
  return `${formatSpread(figure, digitsFor(figure.median))} ${figure.unit}`;
}
