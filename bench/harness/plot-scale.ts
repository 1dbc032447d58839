/**
 * Where a latency stands in a percentile plot: to the right by the logarithm of 1 / (1 - p), so that each nine more takes
 * the same width, and upwards by the logarithm of its µs.
 */
import { PLOT_PERCENTILES } from './latency-recorder.ts';
import type { Plot } from './scenario.ts';

export const PLOT_WIDTH = 860;
export const PLOT_HEIGHT = 400;
/** Room for the labels, px. */
export const PLOT_MARGIN = { left: 76, right: 24, top: 14, bottom: 52 } as const;

const INNER_WIDTH = PLOT_WIDTH - PLOT_MARGIN.left - PLOT_MARGIN.right;
const INNER_HEIGHT = PLOT_HEIGHT - PLOT_MARGIN.top - PLOT_MARGIN.bottom;
const LABELLED = [0, 50, 90, 99, 99.9, 99.99, 99.999] as const;
/** In each power of ten. */
const STEPS = [1, 2, 5] as const;
/** µs: the least that is drawn, since nothing has no logarithm. */
const LEAST_US = 0.1;
/** Powers of ten beyond which only they have labels. */
const MANY_DECADES = 3.5;

export interface Tick {
  /** px. */
  readonly at: number;
  readonly label: string;
  readonly isMajor: boolean;
}

export interface PlotScale {
  /** px of a percentile and of µs. */
  x(percentile: number): number;
  y(us: number): number;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

/** Nines: 90 is 1, 99 is 2. */
function ninesOf(percentile: number): number {
  return Math.log10(100 / (100 - percentile));
}

/** 1, 2, 5, 10, 20 … from the last one that is not above the least value to the first that is not below the largest. */
function stepsAround(least: number, largest: number): number[] {
  const steps: number[] = [];
  const last = Math.ceil(Math.log10(largest));
  for (let power = Math.floor(Math.log10(least)); power <= last; power++) {
    for (const step of STEPS) steps.push(Number((step * 10 ** power).toPrecision(1)));
  }
  const first = steps.findLastIndex((step) => step <= least);
  const end = steps.findIndex((step, i) => i > first && step >= largest);
  return steps.slice(Math.max(0, first), end < 0 ? undefined : end + 1);
}

const isPowerOfTen = (value: number) => Number.isInteger(Number(Math.log10(value).toFixed(9)));

export function plotScale({ series }: Plot): PlotScale {
  const points = Math.max(0, ...series.map(({ curve }) => curve.length));
  const end = Math.max(2, ninesOf(PLOT_PERCENTILES[points - 1] ?? 0));
  const values = series.flatMap(({ curve }) => curve).map((us) => Math.max(LEAST_US, us));
  const steps = values.length === 0 ? [1, 10] : stepsAround(Math.min(...values), Math.max(...values));
  const bottom = Math.log10(steps[0]!);
  const top = Math.log10(steps.at(-1)!);
  const x = (percentile: number) => PLOT_MARGIN.left + (ninesOf(percentile) / end) * INNER_WIDTH;
  const y = (us: number) => {
    const height = (Math.log10(Math.max(LEAST_US, us)) - bottom) / (top - bottom);
    return PLOT_MARGIN.top + (1 - height) * INNER_HEIGHT;
  };
  const isWide = top - bottom > MANY_DECADES;
  return {
    x,
    y,
    xTicks: LABELLED.filter((percentile) => ninesOf(percentile) <= end + 1e-9).map((percentile) => ({
      at: x(percentile),
      label: `${percentile} %`,
      isMajor: true,
    })),
    yTicks: steps.map((step) => {
      const isMajor = isPowerOfTen(step);
      return { at: y(step), label: isMajor || !isWide ? step.toLocaleString('en-US') : '', isMajor };
    }),
  };
}
