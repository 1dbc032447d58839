/** The engine as its users start it, in a process of its own, on a directory that is thrown away. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { EMBEDDED_DATABASE_PATH } from '../../src/main/database/database-url.ts';
import { prepareEmbeddedDatabase } from '../../src/main/database/embedded-database.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { type ProcessUsage, readProcessUsage } from '../harness/process-usage.ts';
import { until } from '../harness/until.ts';

export const EXCHANGE = 'NSE';

const ENTRY = resolve(import.meta.dirname, '../../src/main/index.ts');
const KILL_AFTER_MS = 8000;
const FIRST_TOKEN = 900_000;

/** Symbols of the instruments that `prepareDatabase` makes. */
export function benchSymbols(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `BENCH${String(i).padStart(4, '0')}`);
}

/** The embedded database, with instruments of ours beside those of the demo. */
function prepareDatabase(directory: string, instruments: number): void {
  const path = join(directory, EMBEDDED_DATABASE_PATH);
  prepareEmbeddedDatabase(path, null);
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token, expiry, strike, lotsize, instrumenttype,
      tick_size) VALUES (?, ?, ?, ?, ?, ?, '', -1, 1, '', 0.05)`,
  );
  database.exec('BEGIN');
  for (const [i, symbol] of benchSymbols(instruments).entries()) {
    insert.run(symbol, `${symbol}-EQ`, symbol, EXCHANGE, EXCHANGE, String(FIRST_TOKEN + i));
  }
  database.exec('COMMIT');
  database.close();
}

export interface EngineProcessOptions {
  readonly directory: string;
  readonly upstreamUrl: string;
  readonly instruments: number;
  readonly flags: readonly string[];
}

export class EngineProcess {
  readonly #child: ChildProcess;
  #output = '';

  constructor({ directory, upstreamUrl, instruments, flags }: EngineProcessOptions) {
    prepareDatabase(directory, instruments);
    const args = [
      'start',
      '--no-supervise',
      '--websocket-port=0',
      `--bus-endpoint=ipc://${directory}/bus`,
      `--angel-ws-url=${upstreamUrl}`,
      '--broker-api-key=bench',
      '--log-level=warn',
      '--log-format=json',
      ...flags,
    ];
    // No environment of the caller's: its settings would be the engine's. With the channel it ends when this process does.
    this.#child = spawn(process.execPath, [...process.execArgv, ENTRY, ...args], {
      cwd: directory,
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Everything that it printed. */
  get output(): string {
    return this.#output;
  }

  /** @throws Error with what it printed when it does not come up */
  async started(): Promise<{ readonly url: string; readonly apiKey: string }> {
    return until('the engine to come up', () => {
      if (this.#child.exitCode !== null) throw new Error(`the engine ended at its start:\n${this.#output}`);
      const url = /Open (http:\S+)/.exec(this.#output)?.[1];
      const apiKey = /Demo key: (\S+)/.exec(this.#output)?.[1];
      return url === undefined || apiKey === undefined ? null : { url, apiKey };
    });
  }

  usage(): ProcessUsage | null {
    return readProcessUsage(this.#child.pid ?? 0);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    this.#child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
}
