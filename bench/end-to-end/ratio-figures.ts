/** The figures of a scenario that are ratios of two lanes, formed within each round. */
import { type Figure, figureOf } from '../harness/figure.ts';
import { type RatioColumn, ratiosOf } from './ratio-table.ts';
import type { RunResult } from './run-result.ts';

export interface NamedRatio {
  readonly name: string;
  readonly lane: string;
  readonly base: string;
  readonly of: RatioColumn['of'];
}

/** Leaves out what was not measured: a lane that did not run, a number that the system does not tell. */
export function ratioFigures(
  cells: ReadonlyMap<string, readonly RunResult[]>,
  ratios: readonly NamedRatio[],
): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  for (const { name, lane, base, of } of ratios) {
    const values = ratiosOf(cells.get(lane) ?? [], cells.get(base) ?? [], of);
    if (values.length > 0) figures[name] = figureOf(values, '×');
  }
  return figures;
}
