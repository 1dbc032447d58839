/** What a keeper of sessions is made with that finds nobody idle, slow or silent, but for those who do not read. */
import type { SlowLadder } from '../../src/workers/proxy/slow/slow-ladder.ts';

export const KEEPER_LIMITS = {
  authGraceMs: 60_000,
  pingIntervalMs: 60_000,
  pingTimeoutMs: 60_000,
  designPingIntervalMs: 60_000,
  designPingTimeoutMs: 60_000,
  maxBackpressureBytes: 1000,
};

/** None of them is met. */
export const BUDGETS = {
  outbound: { excess: () => 0, furthestBehind: () => [] },
  limits: { idleTimeoutMs: 0 },
  getsOrders: () => true,
};

/** Nobody is slow before the outbound limit. */
export const NO_LADDER: Pick<SlowLadder, 'look' | 'act'> = { look: () => 'well', act: () => 'done' };
