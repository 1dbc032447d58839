/**
 * What is attacked, and who must not notice: each in a process of its own, all on the clock of one machine.
 *
 *   load generator ──1 WebSocket──▶ engine, as users start it ══▶ 2 healthy clients, all instruments
 *   (10,000 quotes/s)                  ▲
 *                                      ╚══ attackers, from other addresses of the loopback
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AskingClient } from '../../bench/end-to-end/asking-client.ts';
import { prepareDatabase } from '../../bench/end-to-end/bench-database.ts';
import { benchSymbols, EXCHANGE } from '../../bench/end-to-end/bench-instruments.ts';
import { EngineProcess } from '../../bench/end-to-end/engine-process.ts';
import type { LoadGenerator } from '../../bench/end-to-end/load-generator.ts';
import { ChildProgram } from '../../bench/harness/child-program.ts';
import type { Cleanup } from '../../bench/harness/cleanup.ts';
import { monotonicUs } from '../../bench/harness/monotonic-clock.ts';
import { makeTlsFlags } from '../../bench/harness/tls-flags.ts';
import { until } from '../../bench/harness/until.ts';
import { EMBEDDED_DATABASE_PATH } from '../../src/main/database/database-url.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import type { Attack } from './attack.ts';
import type { Attackers, AttackersResult } from './attackers.ts';
import type { HealthyClients } from './healthy-clients.ts';
import { MemoryWatch } from './memory-watch.ts';
import { readTrouble } from './trouble.ts';
import { summarize, type WindowResult } from './window-result.ts';

export const INSTRUMENTS = 1000;
export const PER_SECOND = 10_000;
export const LEAD_IN_SECONDS = 0.4;
/** The load goes on for so long when the attackers leave: that they do is part of the attack. */
const TAIL_SECONDS = 0.3;
/** From the decision to begin to the first burst: all programs know of it by then. */
const HEAD_START_US = 50_000;
/** Ticks that have not come after so long without any are lost. */
const QUIET_MS = 3000;
const TIMEOUT_MS = 20_000;
/** Handles that the engine may hold more than before: a database that it opened meanwhile, a worker's first socket. */
const SPARE_HANDLES = 16;

const program = (directory: string, name: string) => join(import.meta.dirname, directory, name);

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

export class Scene {
  readonly #generator: ChildProgram<LoadGenerator>;
  readonly #healthy: ChildProgram<HealthyClients>;
  readonly #attackers: ChildProgram<Attackers>;
  readonly #engine: EngineProcess;
  readonly #url: string;
  readonly #apiKey: string;
  readonly #isTls: boolean;
  readonly #symbols = benchSymbols(INSTRUMENTS);
  #outputRead = 0;

  private constructor(
    programs: {
      generator: ChildProgram<LoadGenerator>;
      healthy: ChildProgram<HealthyClients>;
      attackers: ChildProgram<Attackers>;
      engine: EngineProcess;
    },
    address: { url: string; apiKey: string; isTls: boolean },
  ) {
    this.#generator = programs.generator;
    this.#healthy = programs.healthy;
    this.#attackers = programs.attackers;
    this.#engine = programs.engine;
    this.#url = address.url;
    this.#apiKey = address.apiKey;
    this.#isTls = address.isTls;
  }

  /** Starts everything; the healthy clients hold all instruments. Everything ends with `cleanup`. */
  static async open(cleanup: Cleanup, isTls: boolean): Promise<Scene> {
    const generator = new ChildProgram<LoadGenerator>(program('../../bench/end-to-end', 'load-generator.ts'));
    cleanup.add(() => generator.stop());
    const healthy = new ChildProgram<HealthyClients>(program('.', 'healthy-clients.ts'));
    cleanup.add(() => healthy.stop());
    const attackers = new ChildProgram<Attackers>(program('.', 'attackers.ts'));
    cleanup.add(() => attackers.stop());
    await generator.call('listen', 0);
    const directory = cleanup.temporaryDirectory();
    prepareDatabase(directory, INSTRUMENTS);
    addForeignKey(directory);
    const flags = [
      '--log-level=info',
      '--websocket-port=0',
      `--bus-endpoint=ipc://${directory}/bus`,
      `--angel-ws-url=${await generator.call('url', null)}`,
      '--broker-api-key=bench',
      // Attackers come from other addresses, and say that they come from still others.
      '--trusted-proxies=none',
      ...(isTls ? await makeTlsFlags(directory) : []),
    ];
    const engine = new EngineProcess({ command: 'start', directory, flags });
    cleanup.add(() => engine.stop());
    const address = { url: await engine.url(), apiKey: await engine.apiKey(), isTls };
    const scene = new Scene({ generator, healthy, attackers, engine }, address);
    await scene.#connect();
    return scene;
  }

  /** Memory in MiB that the engine said at its start it would keep within; null when it did not say. */
  get memoryBoundMiB(): number | null {
    const printed = /"memoryBoundBytes":(\d+)/.exec(this.#engine.output)?.[1];
    return printed === undefined ? null : Number(printed) / 1024 ** 2;
  }

  /** The load for so long, and what the healthy clients see of it; with an attack or without. */
  async window(seconds: number, attack: Attack | null): Promise<WindowResult> {
    const handlesBefore = this.#handles();
    const startUs = Math.ceil(monotonicUs()) + HEAD_START_US;
    const measureFromUs = startUs + LEAD_IN_SECONDS * 1e6;
    const total = LEAD_IN_SECONDS + seconds + TAIL_SECONDS;
    await this.#healthy.call('begin', measureFromUs);
    const memory = new MemoryWatch(() => this.#engine.usage());
    const [load, attackers] = await Promise.all([
      this.#generator.call('run', { rate: PER_SECOND, startUs, measureFromUs, seconds: total }),
      attack === null ? null : this.#attack(attack, seconds, measureFromUs),
    ]);
    await this.#untilDelivered(load.sent);
    const peakMiB = memory.stop();
    const healthy = await this.#healthy.call('result', null);
    const failures = attack === null ? [] : await this.#aftermath(attack, attackers, handlesBefore);
    const result = summarize({ seconds, load, healthy, attackers, peakMiB, failures });
    if (healthy.lost.length > 0) await this.#connect();
    return result;
  }

  async #attack(attack: Attack, seconds: number, fromUs: number): Promise<AttackersResult> {
    await delay((fromUs - monotonicUs()) / 1000);
    const target = {
      url: this.#url,
      apiKey: this.#apiKey,
      exchange: EXCHANGE,
      symbols: this.#symbols,
      isTls: this.#isTls,
    };
    await this.#attackers.call('begin', { name: attack.name, target, seconds });
    return this.#attackers.call('end', null);
  }

  /** What is wrong when the attack is over. */
  async #aftermath(
    attack: Attack,
    attackers: AttackersResult | null,
    handlesBefore: number | null,
  ): Promise<string[]> {
    const failures = [...(attackers?.faults ?? [])];
    const verdict = attackers === null ? null : attack.judge(attackers);
    if (verdict !== null) failures.push(verdict);
    if (!this.#engine.isRunning) return [...failures, `the engine ended: ${this.#engine.output.slice(-500)}`];
    const { output } = this.#engine;
    failures.push(...readTrouble(output.slice(this.#outputRead)));
    this.#outputRead = output.length;
    await this.#serveNewcomer().catch((error: Error) =>
      failures.push(`a new client is not served afterwards: ${error.message}`),
    );
    if (handlesBefore !== null) {
      const freed = () => ((this.#handles() ?? 0) <= handlesBefore + SPARE_HANDLES ? true : null);
      await until('the connections are freed', freed, TIMEOUT_MS).catch(() =>
        failures.push(`${this.#handles()} handles are open, ${handlesBefore} were before the attack`),
      );
    }
    return failures;
  }

  #handles(): number | null {
    return this.#engine.isRunning ? (this.#engine.usage()?.handles ?? null) : null;
  }

  async #serveNewcomer(): Promise<void> {
    const client = new AskingClient(this.#url, { tick: () => undefined, lost: () => undefined });
    try {
      await client.open();
      await client.authenticate(this.#apiKey);
      await client.subscribe(this.#symbols.slice(0, 10));
    } finally {
      client.close();
    }
  }

  /** Waits for the last delivery, or until nothing has come for a while. */
  async #untilDelivered(sent: number): Promise<void> {
    let last = -1;
    let lastChange = performance.now();
    while (last < 2 * sent && performance.now() - lastChange < QUIET_MS) {
      const received = await this.#healthy.call('received', null);
      if (received !== last) lastChange = performance.now();
      last = received;
      await delay(10);
    }
  }

  async #connect(): Promise<void> {
    await this.#healthy.call('connect', {
      url: this.#url,
      apiKey: this.#apiKey,
      exchange: EXCHANGE,
      symbols: this.#symbols,
    });
    const look = async () => ((await this.#generator.call('subscribed', null)) === INSTRUMENTS ? true : null);
    await until('all instruments subscribed upstream', look, TIMEOUT_MS);
  }
}
