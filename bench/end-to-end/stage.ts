/**
 * Load, engine and clients, each a process of its own, and the runs that they make together. All processes read the
 * same monotonic clock, so the time of a tick at one end compares to that at the other.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ChildProgram } from '../harness/child-program.ts';
import type { LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import { until } from '../harness/until.ts';
import { benchSymbols, EngineProcess, EXCHANGE } from './engine-process.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { ClientCounts, MeasuringClients } from './measuring-clients.ts';
import type { Framing } from './raw-client.ts';

export interface RunOptions {
  readonly perSecond: number;
  readonly seconds: number;
  readonly clients: number;
  readonly sampled: number;
  readonly framing: Framing;
  readonly instruments: number;
}

export interface RunResult extends RunOptions {
  readonly sent: number;
  readonly received: number;
  /** Deliveries that are missing; negative when there are too many. */
  readonly lost: number;
  /** From the instant at which a tick was due to the read of its bytes by a client. */
  readonly latency: LatencySummary;
  /** From that instant to its last byte in the kernel on its way to the engine: a part of `latency`. */
  readonly generatorLag: LatencySummary;
  readonly generatorCpuShare: number;
  readonly clientCpuShare: number;
  /** Cores that the engine kept busy; null where the system does not tell. */
  readonly engineCpuShare: number | null;
  readonly engineCpuSecondsPerMillion: number | null;
  readonly engineRssMiB: number | null;
  readonly failures: readonly string[];
}

/** In the lead-in ticks are counted, and their latencies are not recorded. */
const LEAD_IN_SECONDS = 0.5;
const SMOKE_LEAD_IN_SECONDS = 0.1;
/** From the decision to begin to the first burst: both programs know of it by then. */
const HEAD_START_US = 50_000;
const QUIET_MS = 2000;

export class Stage {
  readonly generator: ChildProgram<LoadGenerator>;
  readonly clients: ChildProgram<MeasuringClients>;
  readonly engine: EngineProcess;
  readonly #apiKey: string;
  readonly #url: string;
  /** Seconds of load before the measured time of each run. */
  readonly leadIn: number;

  private constructor(
    parts: Pick<Stage, 'generator' | 'clients' | 'engine'>,
    address: { readonly url: string; readonly apiKey: string },
    leadIn: number,
  ) {
    this.generator = parts.generator;
    this.clients = parts.clients;
    this.engine = parts.engine;
    this.#url = address.url;
    this.#apiKey = address.apiKey;
    this.leadIn = leadIn;
  }

  /** @param instruments instruments that the engine's database has for runs to subscribe to */
  static async open(
    context: ScenarioContext,
    instruments: number,
    flags: readonly string[] = [],
  ): Promise<Stage> {
    const { cleanup } = context;
    const program = (name: string) => join(import.meta.dirname, name);
    const generator = new ChildProgram<LoadGenerator>(program('load-generator.ts'));
    cleanup.add(() => generator.stop());
    const clients = new ChildProgram<MeasuringClients>(program('measuring-clients.ts'));
    cleanup.add(() => clients.stop());
    const upstreamUrl = await generator.call('listen', null);
    const directory = cleanup.temporaryDirectory();
    const engine = new EngineProcess({ directory, upstreamUrl, instruments, flags });
    cleanup.add(() => engine.stop());
    const leadIn = context.isSmoke ? SMOKE_LEAD_IN_SECONDS : LEAD_IN_SECONDS;
    return new Stage({ generator, clients, engine }, await engine.started(), leadIn);
  }

  /** Connects the clients of a run, and waits until the upstream carries what they want. */
  async connect(options: RunOptions): Promise<void> {
    const { framing, clients, sampled, instruments } = options;
    await this.clients.call('connect', {
      url: this.#url,
      apiKey: this.#apiKey,
      framing,
      clients,
      sampled,
      exchange: EXCHANGE,
      symbols: benchSymbols(instruments),
    });
    await this.#untilSubscribed(instruments);
  }

  /** The next run starts from nothing: no subscription is left over. */
  async disconnect(): Promise<void> {
    await this.clients.call('disconnect', null);
    await this.#untilSubscribed(0);
  }

  #untilSubscribed(wanted: number): Promise<true> {
    return until(`${wanted} instruments subscribed upstream`, async () =>
      (await this.generator.call('subscribed', null)) === wanted ? true : null,
    );
  }

  /** Connects, runs, disconnects. */
  async run(options: RunOptions): Promise<RunResult> {
    await this.connect(options);
    const result = await this.load(options);
    await this.disconnect();
    return result;
  }

  /** One run on clients that are connected. */
  async load(options: RunOptions): Promise<RunResult> {
    const seconds = this.leadIn + options.seconds;
    const startUs = Math.ceil(monotonicUs()) + HEAD_START_US;
    const measureFromUs = startUs + this.leadIn * 1e6;
    await this.clients.call('begin', measureFromUs);
    const before = this.engine.usage();
    const load = await this.generator.call('run', {
      perSecond: options.perSecond,
      startUs,
      measureFromUs,
      seconds,
    });
    await this.#untilDelivered(load.sent, options.clients);
    const after = this.engine.usage();
    const result = await this.clients.call('result', null);
    const lost = load.sent * options.clients - result.received;
    const failures = result.lost.map((reason) => `a client was disconnected: ${reason}`);
    if (lost !== 0) failures.push(`${lost} of ${load.sent * options.clients} deliveries are missing`);
    else if (result.checksums.some((checksum) => checksum !== load.checksum)) {
      failures.push('as many ticks as sent were delivered, but not the same ones');
    }
    const cpuSeconds = before === null || after === null ? null : after.cpuSeconds - before.cpuSeconds;
    return {
      ...options,
      sent: load.sent,
      received: result.received,
      lost,
      latency: result.latency,
      generatorLag: load.lag,
      generatorCpuShare: load.cpuShare,
      clientCpuShare: result.cpuSeconds / seconds,
      engineCpuShare: cpuSeconds === null ? null : cpuSeconds / seconds,
      engineCpuSecondsPerMillion: cpuSeconds === null ? null : (cpuSeconds * 1e6) / result.received,
      engineRssMiB: after?.rssMiB ?? null,
      failures,
    };
  }

  /** Waits for the last delivery, or until nothing has come for a while. */
  async #untilDelivered(sent: number, clients: number): Promise<void> {
    let last: ClientCounts = { received: -1, least: -1, lost: [] };
    let lastChange = performance.now();
    while (last.received < sent * clients && performance.now() - lastChange < QUIET_MS) {
      const counts = await this.clients.call('counts', null);
      if (counts.received !== last.received) lastChange = performance.now();
      last = counts;
      await delay(10);
    }
  }
}
