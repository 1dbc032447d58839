/**
 * What the feed host spends on one more subscriber. The subscribers share a process that only counts, so that many of them
 * fit on a small machine beside what is measured.
 *
 *   writer thread ──▶ ring ──▶ bus worker ──▶ ZeroMQ's thread ══tcp══▶ 1 or 9 sockets of a receiving process
 */
import { type Line, lineThrough } from '../harness/line.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import { HopPair, type HopPairCpu, type HopRun } from './hop-pair.ts';

/** Of the feed host, for each subscriber beyond the first. */
export interface FanOutRound {
  readonly busWorker: Line;
  readonly zeromq: Line;
}

const TOPICS = 3000;
const SMOKE_TOPICS = 100;
const LOW_RATE = 3000;
const HIGH_RATE = 15_000;
const FEW = 1;
const MANY = 9;
const LEAD_IN_SECONDS = 0.3;
const SMOKE_LEAD_IN_SECONDS = 0.1;

/** Takes turns with other measurements, round by round. */
export class FanOut {
  readonly #context: ScenarioContext;
  readonly #few: HopPair;
  readonly #many: HopPair;
  readonly #topics: number;
  readonly failures: string[] = [];

  private constructor(context: ScenarioContext, few: HopPair, many: HopPair, topics: number) {
    this.#context = context;
    this.#few = few;
    this.#many = many;
    this.#topics = topics;
  }

  static async open(context: ScenarioContext): Promise<FanOut> {
    const topics = context.isSmoke ? SMOKE_TOPICS : TOPICS;
    const few = await HopPair.open(context, 'tcp', topics, FEW);
    const many = await HopPair.open(context, 'tcp', topics, MANY);
    const fanOut = new FanOut(context, few, many, topics);
    if (context.isSmoke) return fanOut;
    for (const pair of [few, many]) await fanOut.#run(pair, LOW_RATE);
    return fanOut;
  }

  /** Null where the system does not tell. */
  async measure(): Promise<FanOutRound | null> {
    const low = await this.#perSubscriber(LOW_RATE);
    const high = await this.#perSubscriber(HIGH_RATE);
    if (low === null || high === null) return null;
    const line = (part: keyof typeof low) => lineThrough([LOW_RATE, low[part]], [HIGH_RATE, high[part]]);
    return { busWorker: line('busWorker'), zeromq: line('zeromq') };
  }

  /** Cores. */
  async #perSubscriber(perSecond: number) {
    const few = await this.#run(this.#few, perSecond);
    const many = await this.#run(this.#many, perSecond);
    if (few.cpu === null || many.cpu === null) return null;
    const cores = ({ subscribers }: HopRun, cpuPerArrived: number) =>
      (cpuPerArrived * subscribers * perSecond) / 1e6;
    const { cpu: a } = few;
    const { cpu: b } = many;
    const each = (of: (cpu: HopPairCpu) => number) => (cores(many, of(b)) - cores(few, of(a))) / (MANY - FEW);
    return { busWorker: each(({ sender }) => sender), zeromq: each(({ senderIo }) => senderIo) };
  }

  async #run(pair: HopPair, perSecond: number): Promise<HopRun> {
    const { seconds, isSmoke } = this.#context;
    const leadInSeconds = isSmoke ? SMOKE_LEAD_IN_SECONDS : LEAD_IN_SECONDS;
    const instruments = this.#topics;
    const run = await pair.run({ perSecond, instruments, leadInSeconds, seconds });
    const missing = run.written * run.subscribers - run.received;
    if (missing !== 0) {
      this.failures.push(
        `fan-out: ${missing} of ${run.written} ticks to ${run.subscribers} subscribers are missing`,
      );
    }
    return run;
  }
}
