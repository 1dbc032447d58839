import type { FeedOptions } from '../../src/workers/worker-messages.ts';

/** A connection that heeds nothing for long, for tests of what it does. */
export const QUICK_FEED_OPTIONS: FeedOptions = {
  chunkTokens: 50,
  maxPairs: null,
  pingIntervalMs: 1000,
  deadAfterMs: 10_000,
  handshakeTimeoutMs: 5000,
  backoffInitialMs: 10,
  backoffFactor: 2,
  backoffMaxMs: 20,
  backoffJitter: 0.5,
  stableAfterMs: 10_000,
  slotWaitMinMs: 10,
  slotWaitMaxMs: 20,
};
