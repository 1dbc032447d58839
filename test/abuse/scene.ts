/**
 * What is attacked, and who must not notice: each in a process of its own, all on the clock of one machine.
 *
 *   load generator ──1 WebSocket──▶ engine, as users start it ══▶ 2 healthy clients, all instruments
 *   (10,000 quotes/s)                  ▲
 *                                      ╠══ attackers, from other addresses of the loopback
 *                                      ▼
 *                                   neighbour: another engine, without load
 *
 * They share the machine's cores. What that alone costs the healthy clients shows when the same attackers attack the
 * neighbour: what they notice more when their own engine is attacked is what the engine lets through.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { benchSymbols, EXCHANGE } from '../../bench/end-to-end/bench-instruments.ts';
import type { LoadGenerator } from '../../bench/end-to-end/load-generator.ts';
import { ChildProgram } from '../../bench/harness/child-program.ts';
import type { Cleanup } from '../../bench/harness/cleanup.ts';
import { monotonicUs } from '../../bench/harness/monotonic-clock.ts';
import { until } from '../../bench/harness/until.ts';
import type { Attack } from './attack.ts';
import { AttackedEngine } from './attacked-engine.ts';
import type { Attackers, AttackersResult } from './attackers.ts';
import type { HealthyClients } from './healthy-clients.ts';
import { MemoryWatch } from './memory-watch.ts';
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
const program = (directory: string, name: string) => join(import.meta.dirname, directory, name);

/** Who is attacked: the engine that serves the healthy clients, or the one beside it. */
export type Victim = 'engine' | 'neighbour';

interface Programs {
  readonly generator: ChildProgram<LoadGenerator>;
  readonly healthy: ChildProgram<HealthyClients>;
  readonly attackers: ChildProgram<Attackers>;
  readonly victims: { readonly [victim in Victim]: AttackedEngine };
}

export class Scene {
  readonly #generator: Programs['generator'];
  readonly #healthy: Programs['healthy'];
  readonly #attackers: Programs['attackers'];
  readonly #victims: Programs['victims'];
  readonly #isTls: boolean;
  readonly #symbols = benchSymbols(INSTRUMENTS);

  private constructor({ generator, healthy, attackers, victims }: Programs, isTls: boolean) {
    this.#generator = generator;
    this.#healthy = healthy;
    this.#attackers = attackers;
    this.#victims = victims;
    this.#isTls = isTls;
  }

  /** Starts everything; the healthy clients hold all instruments. Everything ends with `cleanup`. */
  static async open(cleanup: Cleanup, isTls: boolean): Promise<Scene> {
    const start = <Handlers extends Record<string, (argument: never) => unknown>>(
      directory: string,
      name: string,
    ) => {
      const child = new ChildProgram<Handlers>(program(directory, name));
      cleanup.add(() => child.stop());
      return child;
    };
    const generator = start<LoadGenerator>('../../bench/end-to-end', 'load-generator.ts');
    const silent = start<LoadGenerator>('../../bench/end-to-end', 'load-generator.ts');
    const healthy = start<HealthyClients>('.', 'healthy-clients.ts');
    const attackers = start<Attackers>('.', 'attackers.ts');
    const open = async (upstream: ChildProgram<LoadGenerator>) => {
      await upstream.call('listen', 0);
      const upstreamUrl = await upstream.call('url', null);
      return AttackedEngine.open(cleanup, { upstreamUrl, isTls, instruments: INSTRUMENTS });
    };
    const victims = { engine: await open(generator), neighbour: await open(silent) };
    const scene = new Scene({ generator, healthy, attackers, victims }, isTls);
    await scene.#connect();
    return scene;
  }

  /** Memory in MiB that the engine said at its start it would keep within; null when it did not say. */
  get memoryBoundMiB(): number | null {
    return this.#victims.engine.memoryBoundMiB;
  }

  /** The load for so long, and what the healthy clients see of it; with an attack or without. */
  async window(seconds: number, attack: Attack | null, victim: Victim = 'engine'): Promise<WindowResult> {
    const attacked = this.#victims[victim];
    const handlesBefore = attacked.handles;
    const startUs = Math.ceil(monotonicUs()) + HEAD_START_US;
    const measureFromUs = startUs + LEAD_IN_SECONDS * 1e6;
    const total = LEAD_IN_SECONDS + seconds + TAIL_SECONDS;
    await this.#healthy.call('begin', measureFromUs);
    const memory = new MemoryWatch(() => attacked.usage());
    const [load, attackers] = await Promise.all([
      this.#generator.call('run', { rate: PER_SECOND, startUs, measureFromUs, seconds: total }),
      attack === null ? null : this.#attack(attack, attacked, seconds, measureFromUs),
    ]);
    await this.#untilDelivered(load.sent);
    const peakMiB = memory.stop();
    const healthy = await this.#healthy.call('result', null);
    const failures = attack === null ? [] : await this.#aftermath(attack, attackers, attacked, handlesBefore);
    const result = summarize({ seconds, load, healthy, attackers, peakMiB, failures });
    if (healthy.lost.length > 0) await this.#connect();
    return result;
  }

  async #attack(
    attack: Attack,
    { url, apiKey }: AttackedEngine,
    seconds: number,
    fromUs: number,
  ): Promise<AttackersResult> {
    await delay((fromUs - monotonicUs()) / 1000);
    const target = {
      url,
      apiKey,
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
    attacked: AttackedEngine,
    handlesBefore: number | null,
  ): Promise<string[]> {
    const verdict = attackers === null ? null : attack.judge(attackers);
    const ofAttackers = [...(attackers?.faults ?? []), ...(verdict === null ? [] : [verdict])];
    return [...ofAttackers, ...(await attacked.aftermath(handlesBefore, this.#symbols.slice(0, 10)))];
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
      url: this.#victims.engine.url,
      apiKey: this.#victims.engine.apiKey,
      exchange: EXCHANGE,
      symbols: this.#symbols,
    });
    const look = async () => ((await this.#generator.call('subscribed', null)) === INSTRUMENTS ? true : null);
    await until('all instruments subscribed upstream', look, TIMEOUT_MS);
  }
}
