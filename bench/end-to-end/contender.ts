/** What is measured, ours or a rival: where its clients connect, how they speak to it, and whose CPU counts. */
import type { ProcessUsage } from '../harness/process-usage.ts';
import type { ThreadUsage } from '../harness/thread-usage.ts';
import type { ClientProtocol } from './measuring-clients.ts';

/** A process that takes part in serving ticks. */
export interface ServerProcess {
  /** Null where the system does not tell. */
  usage(): ProcessUsage | null;
  threads(): ReadonlyMap<number, ThreadUsage> | null;
}

export interface Market {
  readonly exchange: string;
  readonly symbols: readonly string[];
}

export interface Contender {
  /** The one that speaks to the broker first. */
  readonly processes: readonly ServerProcess[];
  /** Where clients connect, one for each proxy. */
  readonly urls: readonly string[];
  /** What clients authenticate with; rivals without authentication take anything. */
  readonly apiKey: string;
  /** What its clients speak; without it OpenAlgo's protocol. */
  readonly protocol?: ClientProtocol;
  /** What there is to subscribe to; without it the instruments of the load. */
  readonly market?: Market;
  /** Not started by the suite: it may be slow to find the load generator, and may keep subscriptions of clients gone. */
  readonly isForeign?: boolean;
}
