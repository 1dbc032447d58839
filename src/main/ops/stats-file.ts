/**
 * The file from which OpenAlgo's health page, another process, learns how its WebSocket proxy is doing. It ignores a file
 * that is older than a minute, so nothing is left to do when the engine ends.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Logger } from 'pino';
import { pythonFloat } from '../../codec/python-float.ts';

/** As often as OpenAlgo's own proxy does. */
export const STATS_INTERVAL_MS = 10_000;

/** A moment's numbers, under OpenAlgo's names in the file. */
export interface Stats {
  /** `total_connections`: users whose broker session is in use. */
  readonly connections: number;
  /** `total_symbols`: distinct (symbol, exchange, mode) that clients hold. */
  readonly symbols: number;
  /** `clients_connected`, with or without a key. */
  readonly clients: number;
  /** `brokers`: one name per connection. */
  readonly brokers: readonly string[];
}

export interface StatsFileOptions {
  /** Absolute. Its directory is created. */
  readonly path: string;
  readonly intervalMs: number;
  readonly read: () => Stats;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Where `WS_PROXY_STATS_FILE` points to; null for `none`. A relative path starts at `cwd`, OpenAlgo's directory. */
export function statsPath(option: string, cwd: string): string | null {
  return option.toLowerCase() === 'none' ? null : resolve(cwd, option);
}

/** @param epochMs milliseconds since 1970, written as seconds */
export function formatStats(stats: Stats, epochMs: number): string {
  const { connections, symbols, clients, brokers } = stats;
  const names = brokers.map((name) => JSON.stringify(name)).join(', ');
  return (
    `{"timestamp": ${pythonFloat(epochMs / 1000)}, "total_connections": ${connections}, ` +
    `"total_symbols": ${symbols}, "clients_connected": ${clients}, "brokers": [${names}]}`
  );
}

export class StatsFile {
  readonly #options: StatsFileOptions;
  /** One name for every life, so that the next write takes away what a crash left. */
  readonly #temporary: string;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #isFailing = false;

  constructor(options: StatsFileOptions) {
    this.#options = options;
    this.#temporary = `${options.path}.new`;
  }

  /** Writes now and then every interval. A write that takes longer than that is not overtaken by the next. */
  start(): void {
    this.#timer ??= setInterval(() => this.#begin(), this.#options.intervalMs);
    this.#begin();
  }

  /** Resolves when the last write has ended; the file stays. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#writing;
  }

  #begin(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  /** Never rejects: a full disk is no reason to stop the ticks. */
  async #write(): Promise<void> {
    const { path, read, log } = this.#options;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(this.#temporary, formatStats(read(), Date.now()));
      // A reader sees the old file or the new one, never a part.
      await rename(this.#temporary, path);
      if (this.#isFailing) log.info({ path }, 'the stats file can be written again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.warn({ path, err: error }, 'the stats file cannot be written');
      this.#isFailing = true;
      await rm(this.#temporary, { force: true }).catch(() => {});
    }
  }
}
