import { Doorbell } from '../../src/workers/ring/doorbell.ts';
import { RingReader } from '../../src/workers/ring/ring-reader.ts';
import { DrainLoop } from '../../src/workers/ring/wait-strategy.ts';
import type { WaitStrategyName } from '../../src/workers/worker-messages.ts';

export interface RingOptions {
  readonly ring: SharedArrayBuffer;
  /** The reader has the first of them. */
  readonly doorbells: SharedArrayBuffer;
  readonly strategy: WaitStrategyName;
  readonly spinUs: number;
}

export interface DrainedRing {
  readonly reader: RingReader;
  stop(): Promise<void>;
}

/** As a proxy worker has it. */
const DRAIN_LIMIT = 512;

/** Drains a ring as a proxy worker does. @param onRecord gets each record, in memory that the next one overwrites */
export function drainRing(options: RingOptions, onRecord: (words: Int32Array) => void): DrainedRing {
  const { ring, doorbells, strategy, spinUs } = options;
  const reader = new RingReader(ring);
  const handle = () => onRecord(reader.words);
  const loop = new DrainLoop({
    drain: () => reader.drain(handle, DRAIN_LIMIT),
    hasWork: () => reader.hasRecords(),
    doorbell: new Doorbell(doorbells, 0),
    strategy,
    spinUs,
    onError: (error) => {
      throw error;
    },
  });
  loop.start();
  return { reader, stop: () => loop.stop() };
}
