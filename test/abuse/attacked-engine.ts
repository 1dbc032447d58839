/** An engine that is attacked, as users start it, and what is to be wrong with it afterwards: nothing. */
import { join } from 'node:path';
import { AskingClient } from '../../bench/end-to-end/asking-client.ts';
import { prepareDatabase } from '../../bench/end-to-end/bench-database.ts';
import { EngineProcess } from '../../bench/end-to-end/engine-process.ts';
import type { Cleanup } from '../../bench/harness/cleanup.ts';
import type { ProcessUsage } from '../../bench/harness/process-usage.ts';
import { makeTlsFlags } from '../../bench/harness/tls-flags.ts';
import { until } from '../../bench/harness/until.ts';
import { EMBEDDED_DATABASE_PATH } from '../../src/main/database/database-url.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { readTrouble } from './trouble.ts';

const FREED_TIMEOUT_MS = 20_000;
/** Handles that it may hold more than before: a database that it opened meanwhile, a worker's first socket. */
const SPARE_HANDLES = 16;

export interface AttackedEngineOptions {
  /** Of the exchange. */
  readonly upstreamUrl: string;
  readonly isTls: boolean;
  /** Instruments that it knows. */
  readonly instruments: number;
}

/**
 * Adds a key whose encrypted copy nobody can read here, as in a database that was restored with another salt: whether a
 * key is that one can only be told with Argon2, and an attacker makes the engine do so with every guess.
 */
function addForeignKey(directory: string): void {
  const database = new DatabaseSync(join(directory, EMBEDDED_DATABASE_PATH));
  const row = database.prepare('SELECT api_key_hash FROM api_keys').get();
  database
    .prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)')
    .run('foreign', String(row?.api_key_hash), 'of another salt');
  database.close();
}

export class AttackedEngine {
  readonly #process: EngineProcess;
  readonly url: string;
  /** A good one. */
  readonly apiKey: string;
  #outputRead = 0;

  private constructor(process: EngineProcess, url: string, apiKey: string) {
    this.#process = process;
    this.url = url;
    this.apiKey = apiKey;
  }

  /** Starts one; it ends with `cleanup`. @throws Error with what it printed when it does not come up */
  static async open(
    cleanup: Cleanup,
    { upstreamUrl, isTls, instruments }: AttackedEngineOptions,
  ): Promise<AttackedEngine> {
    const directory = cleanup.temporaryDirectory();
    prepareDatabase(directory, instruments);
    addForeignKey(directory);
    const flags = [
      '--log-level=info',
      '--websocket-port=0',
      `--bus-endpoint=ipc://${directory}/bus`,
      `--angel-ws-url=${upstreamUrl}`,
      '--broker-api-key=bench',
      // Attackers come from other addresses, and say that they come from still others.
      '--trusted-proxies=none',
      ...(isTls ? await makeTlsFlags(directory) : []),
    ];
    const process = new EngineProcess({ command: 'start', directory, flags });
    cleanup.add(() => process.stop());
    return new AttackedEngine(process, await process.url(), await process.apiKey());
  }

  /** Memory in MiB that it said at its start it would keep within; null when it did not say. */
  get memoryBoundMiB(): number | null {
    const printed = /"memoryBoundBytes":(\d+)/.exec(this.#process.output)?.[1];
    return printed === undefined ? null : Number(printed) / 1024 ** 2;
  }

  /** Open handles; null when it has ended, or where the system does not tell. */
  get handles(): number | null {
    return this.#process.isRunning ? (this.usage()?.handles ?? null) : null;
  }

  usage(): ProcessUsage | null {
    return this.#process.usage();
  }

  /**
   * What is wrong with it when an attack is over.
   *
   * @param handlesBefore the attack
   * @param symbols that a new client asks for
   */
  async aftermath(handlesBefore: number | null, symbols: readonly string[]): Promise<string[]> {
    const { output } = this.#process;
    if (!this.#process.isRunning) return [`the engine ended: ${output.slice(-500)}`];
    const failures = readTrouble(output.slice(this.#outputRead));
    this.#outputRead = output.length;
    await this.#serveNewcomer(symbols).catch((error: Error) =>
      failures.push(`a new client is not served afterwards: ${error.message}`),
    );
    if (handlesBefore !== null) {
      const freed = () => ((this.handles ?? 0) <= handlesBefore + SPARE_HANDLES ? true : null);
      await until('the connections are freed', freed, FREED_TIMEOUT_MS).catch(() =>
        failures.push(`${this.handles} handles are open, ${handlesBefore} were before the attack`),
      );
    }
    return failures;
  }

  async #serveNewcomer(symbols: readonly string[]): Promise<void> {
    const client = new AskingClient(this.url, { tick: () => undefined, lost: () => undefined });
    try {
      await client.open();
      await client.authenticate(this.apiKey);
      await client.subscribe(symbols);
    } finally {
      client.close();
    }
  }
}
