/** The generator, and the processes that take turns at receiving from it. */
import { join } from 'node:path';
import type { LoadGenerator } from '../end-to-end/load-generator.ts';
import { startGenerator } from '../end-to-end/stage.ts';
import type { StreamMode } from '../end-to-end/tick-format.ts';
import { ChildProgram } from '../harness/child-program.ts';
import type { LatencySummary } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import { until } from '../harness/until.ts';
import { untilReceived } from '../harness/until-received.ts';
import type { FrameCpu, FrameHost } from './frame-host.ts';

/** Who receives: see the drawing in frame-hop.ts. */
export const FRAME_WAYS = ['socket', 'ws', 'feed worker'] as const;
export type FrameWay = (typeof FRAME_WAYS)[number];

/** What one connection of the broker carries. */
export const INSTRUMENTS = 1000;
/** From the decision to begin to the first burst. */
const HEAD_START_US = 30_000;
const QUIET_MS = 5000;

export interface FrameRun {
  readonly sent: number;
  readonly received: number;
  readonly latency: LatencySummary;
  readonly generatorLag: LatencySummary;
  /** µs of CPU per frame. */
  readonly cpu: FrameCpu | null;
}

export interface FrameLoad {
  readonly way: FrameWay;
  readonly mode: StreamMode;
  readonly perSecond: number;
}

export class FrameStage {
  readonly #generator: ChildProgram<LoadGenerator>;
  readonly #hosts: ReadonlyMap<FrameWay, ChildProgram<FrameHost>>;

  private constructor(
    generator: ChildProgram<LoadGenerator>,
    hosts: ReadonlyMap<FrameWay, ChildProgram<FrameHost>>,
  ) {
    this.#generator = generator;
    this.#hosts = hosts;
  }

  static async open(context: ScenarioContext): Promise<FrameStage> {
    const generator = await startGenerator(context);
    const url = await generator.call('url', null);
    const hosts = new Map<FrameWay, ChildProgram<FrameHost>>();
    const start = async (way: FrameWay) => {
      const host = new ChildProgram<FrameHost>(join(import.meta.dirname, 'frame-host.ts'));
      context.cleanup.add(() => host.stop());
      hosts.set(way, host);
      await host.call('open', { way, url, instruments: INSTRUMENTS });
    };
    await Promise.all(FRAME_WAYS.map(start));
    return new FrameStage(generator, hosts);
  }

  async run({ way, mode, perSecond }: FrameLoad, leadIn: number, seconds: number): Promise<FrameRun> {
    const host = this.#hosts.get(way)!;
    await host.call('subscribe', mode);
    await this.#untilSubscribed(INSTRUMENTS);
    const startUs = Math.ceil(monotonicUs()) + HEAD_START_US;
    const measureFromUs = startUs + leadIn * 1e6;
    const whole = leadIn + seconds;
    await host.call('begin', { measureFromUs, endUs: startUs + whole * 1e6 });
    const load = await this.#generator.call('run', {
      rate: perSecond,
      startUs,
      measureFromUs,
      seconds: whole,
    });
    const { received, latency } = await untilReceived(() => host.call('counts', null), load.sent, QUIET_MS);
    const cpu = await host.call('cpu', null);
    await host.call('unsubscribe', null);
    await this.#untilSubscribed(0);
    const perFrame = cpu && { socket: cpu.socket / received, reader: cpu.reader / received };
    return { sent: load.sent, received, latency, generatorLag: load.lag, cpu: perFrame };
  }

  #untilSubscribed(wanted: number): Promise<true> {
    return until(`${wanted} instruments subscribed at the generator`, async () =>
      (await this.#generator.call('subscribed', null)) === wanted ? true : null,
    );
  }
}
