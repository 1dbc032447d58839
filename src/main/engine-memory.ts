import { createDoorbells } from '../workers/ring/doorbell.ts';
import { LastValueTable } from '../workers/ring/last-value-table.ts';
import { createRing } from '../workers/ring/ring-layout.ts';
import { SlotOwners } from '../workers/ring/slot-owners.ts';
import type { RingHandle, SharedMemory } from '../workers/worker-messages.ts';
import { BROKER_ROWS } from './brokers/broker-registry.ts';
import type { Config } from './config-options.ts';

const CONNECTIONS_OF_ACCOUNT = Math.max(...BROKER_ROWS.map(({ quota }) => quota.maxConnections));

/** The memory that the threads of one engine share. */
export class EngineMemory {
  readonly lastValues: SharedArrayBuffer;
  readonly slotOwners: SharedArrayBuffer;
  readonly doorbells: SharedArrayBuffer;
  readonly #ringBytes: number;
  readonly #rings: RingHandle[] = [];
  #lastEpoch = 0;

  /** @param readers threads that read the rings */
  constructor({ maxInstruments, ringBytes }: Config, readers: number) {
    this.lastValues = LastValueTable.create(maxInstruments);
    this.slotOwners = SlotOwners.create(maxInstruments);
    this.doorbells = createDoorbells(readers);
    this.#ringBytes = ringBytes;
  }

  /** All that it can become with the connections of one account at its broker. */
  get bytes(): number {
    const tables = this.lastValues.byteLength + this.slotOwners.byteLength + this.doorbells.byteLength;
    return tables + CONNECTIONS_OF_ACCOUNT * this.#ringBytes;
  }

  /** What a reader gets at its start. Later rings are sent to it. */
  get shared(): SharedMemory {
    return { rings: [...this.#rings], lastValues: this.lastValues, doorbells: this.doorbells };
  }

  /** A new ring, which every reader must know of before the first tick can be in it. */
  addRing(): RingHandle {
    const ring: RingHandle = { feed: this.#rings.length, ring: createRing(this.#ringBytes) };
    this.#rings.push(ring);
    return ring;
  }

  /** Rises with every call, also when the clock does not, so that two lives of a worker never share an epoch. */
  nextEpoch(): number {
    this.#lastEpoch = Math.max(this.#lastEpoch + 1, Date.now());
    return this.#lastEpoch;
  }
}
