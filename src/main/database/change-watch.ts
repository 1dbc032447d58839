import type { Logger } from 'pino';
import type { DatabaseSync } from './sqlite.ts';

export interface ChangeWatchOptions {
  readonly db: DatabaseSync;
  readonly intervalMs: number;
  /** Called when another connection has committed since the last call that did not throw. */
  readonly onChange: () => void;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Notices that somebody has written to the database. SQLite keeps count of that, so a look without news costs some
 * microseconds. A database that cannot be read now (its writer holds it, or is replacing it) is looked at again.
 */
export class ChangeWatch {
  readonly #options: ChangeWatchOptions;
  #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #seen: unknown;
  #isFailing = false;

  constructor(options: ChangeWatchOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs;
    this.#seen = this.#dataVersion();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#look(), this.#intervalMs);
  }

  /** Looks at other times from now on. */
  setInterval(intervalMs: number): void {
    if (this.#timer === undefined || intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.stop();
    this.start();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { onChange, log } = this.#options;
    try {
      const version = this.#dataVersion();
      if (version !== this.#seen) onChange();
      this.#seen = version;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.warn({ err: error }, 'the database cannot be read now; it is tried again');
      this.#isFailing = true;
    }
  }

  #dataVersion(): unknown {
    return this.#options.db.prepare('PRAGMA data_version').get()?.data_version;
  }
}
