/**
 * What the engine does for accounts that were logged in by `tickwire login`, where OpenAlgo would do it otherwise: renews
 * their tokens, and fetches their brokers' instruments every day. Nothing of it happens on OpenAlgo's own database, or on
 * the simulated exchange.
 */
import { dirname, join, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { Piscina } from 'piscina';
import type { Config } from '../config-options.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import { DatabaseSync } from '../database/sqlite.ts';
import { DailyRefresh } from '../instruments/daily-refresh.ts';
import { refreshInstruments } from '../instruments/instrument-refresh.ts';
import { isAddress } from '../instruments/list-download.ts';
import { LIST_FOLDER, ListFiles } from '../instruments/list-files.ts';
import { OwnLogins } from './own-logins.ts';
import { SessionRenewal } from './session-renewal.ts';

/** The calling thread serves clients; whoever writes waits in turns of its event loop. */
const BUSY_TIMEOUT_MS = 10;

export interface OwnSessionsOptions {
  readonly config: Config;
  /** Where a relative path of an instrument list starts. */
  readonly cwd: string;
  readonly log: Logger;
}

/** What of the engine they work with. */
export interface OwnSessionsParts {
  readonly database: OpenDatabase;
  /** Runs the refresh of instruments. */
  readonly pool: Piscina;
  /** There are new tokens in the database. */
  readonly onRenewed: (name: string) => void;
  /** Whether the broker refuses the tokens that a user has now. */
  readonly isRefused: (name: string) => boolean;
}

export class OwnSessions {
  readonly #options: OwnSessionsOptions;
  readonly #parts: OwnSessionsParts;
  readonly #logins: OwnLogins;
  readonly #renewal: SessionRenewal | null = null;
  readonly #refresh: DailyRefresh | null = null;

  constructor(options: OwnSessionsOptions, parts: OwnSessionsParts) {
    const { config, log } = options;
    const { database, onRenewed, isRefused } = parts;
    this.#options = options;
    this.#parts = parts;
    const isEmbedded = config.databaseUrl === null;
    this.#logins = new OwnLogins(database.db, database.fernet, isEmbedded);
    if (!isEmbedded || config.broker === 'simulated') return;
    const { path, pepper, fernet } = database;
    this.#renewal = new SessionRenewal({
      config,
      open: () => ({ db: new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }), path, pepper, fernet }),
      hasLogin: (name) => this.#logins.has(name),
      onRenewed,
      isRefused,
      log,
    });
    if (config.instrumentsAt !== 'off') this.#refresh = this.#createRefresh(config.instrumentsAt);
  }

  /** Whether anybody has ever logged in here. */
  get areThere(): boolean {
    return this.#logins.brokers().length > 0;
  }

  start(): void {
    this.#refresh?.start();
  }

  /** See `SessionRenewal.reload`. */
  reload(): void {
    this.#renewal?.reload();
  }

  async stop(): Promise<void> {
    this.#refresh?.stop();
    await this.#renewal?.stop();
  }

  /** The API key that a user's tokens belong to. */
  apiKey(name: string, broker: string): string {
    const { config } = this.#options;
    return this.#logins.apiKey(name, broker) ?? config.brokerApiKey ?? '';
  }

  /** The broker refuses a user's tokens. @returns whether others are on their way */
  onRefused(name: string): boolean {
    return this.#renewal?.onRefused(name) ?? false;
  }

  #createRefresh(time: string): DailyRefresh {
    const { config, cwd, log } = this.#options;
    const { database, pool } = this.#parts;
    const from = config.instrumentsFrom;
    const folder = join(dirname(database.path), LIST_FOLDER);
    return new DailyRefresh({
      time,
      brokers: () => this.#logins.brokers(),
      newest: (broker) => new ListFiles(folder, broker).lists()[0] ?? null,
      refresh: (broker) => {
        const request = {
          databasePath: database.path,
          broker,
          from: from === null ? [] : [isAddress(from) ? from : resolve(cwd, from)],
          session: { authToken: null, apiKey: null },
          allowShrunken: false,
        };
        return refreshInstruments(pool, request, (progress) =>
          log.debug({ broker, progress }, 'instrument list'),
        );
      },
      log,
    });
  }
}
