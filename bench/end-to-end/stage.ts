/**
 * Load, engine and clients, each in processes of its own, and the runs that they make together. All processes read the
 * same monotonic clock, so the time of a tick at one end compares to that at the other.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ChildProgram } from '../harness/child-program.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import { until } from '../harness/until.ts';
import { benchSymbols, EXCHANGE } from './bench-instruments.ts';
import type { Contender, ServerProcess } from './contender.ts';
import { startEngine } from './engine-contender.ts';
import { readHosts, useSince } from './host-use.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { MeasuringClients } from './measuring-clients.ts';
import { copiesOf, type RunOptions, type RunResult, summarize } from './run-result.ts';

/** Clients of one proxy: a process. */
interface Front {
  readonly url: string;
  readonly clients: ChildProgram<MeasuringClients>;
}

/** In the lead-in ticks are counted, and neither their latencies nor their CPU are. */
const LEAD_IN_SECONDS = 0.5;
/** An instrument's first tick after a subscription costs many times the second one: no run measures it. */
const TICKS_BEFORE = 1.2;
const SMOKE_LEAD_IN_SECONDS = 0.1;
/** From the decision to begin to the first burst: all programs know of it by then. */
const HEAD_START_US = 50_000;
const QUIET_MS = 2000;
const TIMEOUT_MS = 20_000;
/** A server that has waited for the load generator for long tries only now and then. */
const FOREIGN_TIMEOUT_MS = 90_000;
/** What a foreign server still has subscribed after so long it keeps. */
const LINGER_MS = 2000;

const program = (name: string) => join(import.meta.dirname, name);

/**
 * The load, for one stage or for several that take turns.
 *
 * @param port where it listens; 0 is any that is free
 */
export async function startGenerator(
  { cleanup }: ScenarioContext,
  port = 0,
): Promise<ChildProgram<LoadGenerator>> {
  const generator = new ChildProgram<LoadGenerator>(program('load-generator.ts'));
  cleanup.add(() => generator.stop());
  await generator.call('listen', port);
  return generator;
}

function startClients({ cleanup }: ScenarioContext): ChildProgram<MeasuringClients> {
  const clients = new ChildProgram<MeasuringClients>(program('measuring-clients.ts'));
  cleanup.add(() => clients.stop());
  return clients;
}

export class Stage {
  readonly #generator: ChildProgram<LoadGenerator>;
  readonly #contender: Contender;
  readonly #allFronts: readonly Front[];
  readonly #isSmoke: boolean;

  /** @param generator its upstream; stages that take turns may share one */
  constructor(context: ScenarioContext, generator: ChildProgram<LoadGenerator>, contender: Contender) {
    this.#generator = generator;
    this.#contender = contender;
    this.#allFronts = contender.urls.map((url) => ({ url, clients: startClients(context) }));
    this.#isSmoke = context.isSmoke;
  }

  /** A stage of its own for a whole engine. */
  static async ofEngine(
    context: ScenarioContext,
    instruments: number,
    flags: readonly string[] = [],
  ): Promise<Stage> {
    const generator = await startGenerator(context);
    return new Stage(context, generator, await startEngine(context, generator, instruments, flags));
  }

  /** What is to be said of the lead-in where numbers are shown. */
  get leadIn(): string {
    if (this.#isSmoke) return String(SMOKE_LEAD_IN_SECONDS);
    return `${LEAD_IN_SECONDS} or longer, ${TICKS_BEFORE} ticks of each instrument`;
  }

  /** Seconds of load before the measured time of a run. */
  leadInOf({ perSecond, instruments }: Pick<RunOptions, 'perSecond' | 'instruments'>): number {
    if (this.#isSmoke) return SMOKE_LEAD_IN_SECONDS;
    return Math.max(LEAD_IN_SECONDS, (TICKS_BEFORE * instruments) / perSecond);
  }

  /** The process that speaks to the broker. */
  get server(): ServerProcess {
    return this.#contender.processes[0]!;
  }

  #fronts({ proxies = 1 }: RunOptions): readonly Front[] {
    return this.#allFronts.slice(0, proxies);
  }

  /** Connects the clients of a run, and waits until the upstream carries what they want. */
  async connect(options: RunOptions): Promise<void> {
    const { framing, clients, sampled, instruments, instrumentsPerClient = instruments } = options;
    const { apiKey, protocol = 'openalgo', market } = this.#contender;
    const common = {
      apiKey,
      protocol,
      framing,
      mode: options.mode ?? 'quote',
      clients,
      sampled,
      exchange: market?.exchange ?? EXCHANGE,
      symbols: market?.symbols.slice(0, instruments) ?? benchSymbols(instruments),
      instrumentsPerClient,
    };
    for (const front of this.#fronts(options))
      await front.clients.call('connect', { ...common, url: front.url });
    await this.#untilSubscribed(instruments, this.#contender.isForeign ? FOREIGN_TIMEOUT_MS : TIMEOUT_MS);
  }

  /** The next run starts from nothing: no subscription is left over. */
  async disconnect(): Promise<void> {
    for (const { clients } of this.#allFronts) await clients.call('disconnect', null);
    if (this.#contender.isForeign) await this.#untilSubscribed(0, LINGER_MS).catch(() => {});
    else await this.#untilSubscribed(0, TIMEOUT_MS);
  }

  #untilSubscribed(wanted: number, timeoutMs: number): Promise<true> {
    const look = async () => ((await this.#generator.call('subscribed', null)) === wanted ? true : null);
    return until(`${wanted} instruments subscribed upstream`, look, timeoutMs);
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
    const hosts = this.#contender.processes;
    const fronts = this.#fronts(options);
    const leadIn = this.leadInOf(options);
    const seconds = leadIn + options.seconds;
    const startUs = Math.ceil(monotonicUs()) + HEAD_START_US;
    const measureFromUs = startUs + leadIn * 1e6;
    for (const { clients } of fronts) await clients.call('begin', measureFromUs);
    const { perSecond, storms } = options;
    const rate = storms === undefined ? perSecond : { calmPerSecond: perSecond, ...storms };
    const [load, before] = await Promise.all([
      this.#generator.call('run', { rate, startUs, measureFromUs, seconds }),
      delay((measureFromUs - monotonicUs()) / 1000).then(() => readHosts(hosts)),
    ]);
    await this.#untilDelivered(fronts, load.sent * copiesOf(options));
    const uses = useSince(hosts, before);
    const results = await Promise.all(fronts.map(({ clients }) => clients.call('result', null)));
    return summarize(options, seconds, load, results, uses);
  }

  /** Waits for the last delivery of each proxy, or until nothing has come for a while. */
  async #untilDelivered(fronts: readonly Front[], expected: number): Promise<void> {
    let last = -1;
    let lastChange = performance.now();
    while (last < expected * fronts.length && performance.now() - lastChange < QUIET_MS) {
      const counts = await Promise.all(fronts.map(({ clients }) => clients.call('counts', null)));
      const received = counts.reduce((sum, count) => sum + count.received, 0);
      if (received !== last) lastChange = performance.now();
      last = received;
      await delay(10);
    }
  }
}
