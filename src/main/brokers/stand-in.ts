import type { InstrumentName } from '../../workers/worker-messages.ts';
import type { BrokerRow } from './broker-registry.ts';

/** What takes the place of the brokers for the life of an engine, for example a recording that is replayed. */
export interface StandIn {
  /** The rows that count, by name. */
  readonly brokers: ReadonlyMap<string, BrokerRow>;
  /** Instruments for the page, most worth seeing first. */
  readonly watch: readonly InstrumentName[];
  /**
   * Starts what the feed workers connect to.
   * @param doorbells of the engine's readers
   * @returns its addresses by broker
   */
  start(doorbells: SharedArrayBuffer): Promise<ReadonlyMap<string, string>>;
  stop(): Promise<void>;
}
