/** Presets: values of other options, for whoever wants one thing more than everything else. */
import type { Config } from '../config-options.ts';

export type PresetName = Config['preset'];

/** What each chooses for options that nobody has given; all others keep their own defaults. */
export const PRESETS = {
  default: {},
  // Longer than the pauses between bursts while the market is open; when it is closed the reader sleeps.
  latency: { waitStrategy: 'backoff', spinUs: 3000 },
  throughput: { flushUs: 1000 },
} as const satisfies Readonly<Record<PresetName, Partial<Config>>>;
