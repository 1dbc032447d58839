/**
 * Keeps the instruments in memory in step with the database. OpenAlgo refreshes its table every day: it deletes all rows,
 * commits, and inserts the new ones, so for seconds the table is empty or half full. Such a moment is never taken for the
 * truth: what was known stays until the whole table is there.
 */
import type { Logger } from 'pino';
import type { DatabaseSync } from '../database/sqlite.ts';
import { InstrumentTable } from './instrument-table.ts';
import type { LoadedMaster } from './master-reader.ts';
import { type MasterState, readMasterState } from './master-state.ts';

/** A table that lost more than this part of its instruments is taken for one that is being filled. */
const SMALLEST_PART = 0.5;
const RETRY_MS = 1000;

export interface InstrumentMasterOptions {
  readonly db: DatabaseSync;
  /** Reads the whole master, away from the main thread. */
  readonly load: () => Promise<LoadedMaster>;
  /** The table has been replaced. */
  readonly onReplaced: () => void;
  readonly log: Logger;
}

export class InstrumentMaster {
  readonly #options: InstrumentMasterOptions;
  #table: InstrumentTable;
  #broker: string | null;
  /** Of the state that was looked at last, taken over or not. */
  #mark: string;
  #loading: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  /** How often a table was left alone because it was being filled. */
  refused = 0;

  private constructor(options: InstrumentMasterOptions, { packed, state }: LoadedMaster) {
    this.#options = options;
    this.#table = new InstrumentTable(packed);
    this.#broker = state.broker;
    this.#mark = state.mark;
  }

  /** Loads the instruments for the first time. An empty table is taken as it is, and followed. */
  static async open(options: InstrumentMasterOptions): Promise<InstrumentMaster> {
    return new InstrumentMaster(options, await options.load());
  }

  get table(): InstrumentTable {
    return this.#table;
  }

  /**
   * Loads the table again if it is another one. To be called when the database has changed.
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
      const { packed, state } = await load();
      if (this.#stopped) return;
      this.#mark = state.mark;
      const sizes = { instruments: packed.size, before: this.#table.size };
      if (!this.#isWhole(packed.size, state)) {
        this.refused++;
        log.warn(sizes, 'the instrument table is being filled; the instruments known before stay');
        return;
      }
      this.#table = new InstrumentTable(packed);
      this.#broker = state.broker ?? this.#broker;
      log.info(sizes, 'instruments loaded again');
      onReplaced();
    } catch (error) {
      log.warn({ err: error }, 'the instruments cannot be read now; what was known stays');
    }
  }

  #isWhole(size: number, { broker, isRefreshing }: MasterState): boolean {
    const before = this.#table.size;
    if (before === 0) return true;
    if (size === 0) return false;
    if (isRefreshing) return size >= before;
    return (broker !== null && broker !== this.#broker) || size >= before * SMALLEST_PART;
  }
}
