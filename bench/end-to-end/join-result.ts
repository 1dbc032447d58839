/** What clients that join tell of it. */
import type { LatencySummary } from '../harness/latency-recorder.ts';

/** The steps in their order; `whole` is from the first to the last. */
export const JOIN_STEPS = ['connect', 'authenticate', 'subscribe', 'first tick', 'whole'] as const;
export type JoinStep = (typeof JOIN_STEPS)[number];

export interface JoinResult {
  readonly clients: number;
  readonly steps: Readonly<Record<JoinStep, LatencySummary>>;
  /** Of clients that were refused or lost. */
  readonly failures: readonly string[];
}
