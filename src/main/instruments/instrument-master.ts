/**
 * Keeps the instruments in memory in step with the database, one table per broker. OpenAlgo's own database has one table
 * for whatever broker is in use, and it refreshes that every day: it deletes all rows, commits, and inserts the new ones,
 * so for seconds the table is empty or half full. Such a moment is never taken for the truth: what was known stays until
 * the whole table is there.
 */
import type { Logger } from 'pino';
import type { DatabaseSync } from '../database/sqlite.ts';
import { EVERY_BROKER, InstrumentTable } from './instrument-table.ts';
import type { LoadedMaster } from './master-reader.ts';
import { type MasterState, readMasterState } from './master-state.ts';
import { packInstruments } from './packed-instruments.ts';

/** A table that lost more than this part of its instruments is taken for one that is being filled. */
const SMALLEST_PART = 0.5;
const RETRY_MS = 1000;

const NO_INSTRUMENTS = new InstrumentTable(packInstruments([]));

export interface InstrumentMasterOptions {
  readonly db: DatabaseSync;
  /** Reads all instruments, away from the main thread. */
  readonly load: () => Promise<LoadedMaster>;
  /** A table has been replaced. */
  readonly onReplaced: () => void;
  readonly log: Logger;
}

export class InstrumentMaster {
  readonly #options: InstrumentMasterOptions;
  readonly #tables = new Map<string, InstrumentTable>();
  /** When what is known was stored, by broker; and the broker that was stored last. */
  readonly #storedAt = new Map<string, string | undefined>();
  #broker: string | null = null;
  /** Of the state that was looked at last, taken over or not. */
  #mark = '';
  #loading: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  /** How often a table was left alone because it was being filled. */
  refused = 0;

  private constructor(options: InstrumentMasterOptions, loaded: LoadedMaster) {
    this.#options = options;
    this.#take(loaded);
  }

  /** Loads the instruments for the first time. An empty table is taken as it is, and followed. */
  static async open(options: InstrumentMasterOptions): Promise<InstrumentMaster> {
    return new InstrumentMaster(options, await options.load());
  }

  /** The instruments of a broker. */
  table(broker: string): InstrumentTable {
    return this.#tables.get(broker) ?? this.#tables.get(EVERY_BROKER) ?? NO_INSTRUMENTS;
  }

  /** Instruments of all brokers. */
  get size(): number {
    return [...this.#tables.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Loads the tables again if they are other ones. To be called when the database has changed.
   * @throws what SQLite throws if the database cannot be read now; the caller tries again
   */
  check(): void {
    if (this.#stopped || this.#loading !== null || readMasterState(this.#options.db).mark === this.#mark)
      return;
    this.#loading = this.#load().finally(() => {
      this.#loading = null;
      // It may have changed again while it was read.
      this.#checkLater();
    });
  }

  /** No table is replaced after this. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#loading;
  }

  #checkLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      try {
        this.check();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'the instruments cannot be read now');
        this.#checkLater();
      }
    }, RETRY_MS);
  }

  /** Never rejects. */
  async #load(): Promise<void> {
    const { load, log, onReplaced } = this.#options;
    try {
      const loaded = await load();
      if (this.#stopped) return;
      if (this.#take(loaded)) onReplaced();
    } catch (error) {
      log.warn({ err: error }, 'the instruments cannot be read now; what was known stays');
    }
  }

  /** @returns whether a table has been replaced */
  #take({ packed, state }: LoadedMaster): boolean {
    const { log } = this.#options;
    this.#mark = state.mark;
    let isReplaced = false;
    // A broker whose rows are all gone has an empty table now.
    for (const broker of new Set([...this.#tables.keys(), ...packed.keys()])) {
      const loaded = packed.get(broker);
      const sizes = { broker, instruments: loaded?.size ?? 0, before: this.#tables.get(broker)?.size ?? 0 };
      if (loaded === undefined || !this.#isWhole(broker, loaded.size, state)) {
        this.refused++;
        log.warn(sizes, 'the instrument table is being filled; the instruments known before stay');
        continue;
      }
      this.#tables.set(broker, new InstrumentTable(loaded));
      this.#storedAt.set(broker, state.storedAt.get(broker));
      isReplaced = true;
      log.info(sizes, 'instruments loaded');
    }
    if (isReplaced) this.#broker = state.broker ?? this.#broker;
    return isReplaced;
  }

  #isWhole(broker: string, size: number, state: MasterState): boolean {
    const before = this.#tables.get(broker)?.size ?? 0;
    if (before === 0) return true;
    if (size === 0) return false;
    const isForEvery = broker === EVERY_BROKER;
    const isRefreshing = isForEvery ? state.refreshing.size > 0 : state.refreshing.has(broker);
    if (isRefreshing) return size >= before;
    const isStoredAnew = isForEvery
      ? state.broker !== null && state.broker !== this.#broker
      : state.storedAt.get(broker) !== this.#storedAt.get(broker);
    return isStoredAnew || size >= before * SMALLEST_PART;
  }
}
