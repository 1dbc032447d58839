import type { TickSource } from '../../src/workers/tick-source.ts';

/** Ticks of which none ever comes. */
export const SILENT_SOURCE: TickSource = {
  drain: () => 0,
  hasTicks: () => false,
  readLast: () => 0,
  isLastValue: false,
  lost: 0,
  takeLoss: () => false,
};
